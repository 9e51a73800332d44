// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.host;

import static io.iovtee.it.host.Hosts.await;
import static io.iovtee.it.host.Hosts.input;
import static io.iovtee.it.host.Hosts.output;
import static io.iovtee.it.host.Hosts.ping;
import static io.iovtee.it.host.Hosts.port;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.api.BufferList;
import io.iovtee.api.DropReason;
import io.iovtee.bench.peer.NetworkNamespace;
import io.iovtee.bench.peer.PeerRequirements;
import io.iovtee.it.peers.Needs;
import io.iovtee.vswitch.assembly.VSwitch;
import io.iovtee.vswitch.config.ConfigException;
import io.iovtee.vswitch.datapath.FrameBatch;
import io.iovtee.vswitch.datapath.NicRxQueue;
import io.iovtee.vswitch.memory.ChunkStack;
import io.iovtee.vswitch.memory.HostPool;
import io.iovtee.vswitch.nic.tap.TapPort;
import io.iovtee.vswitch.nic.tap.TapPortOptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Tap ports: the hosts of two namespaces through the switch, and what becomes of the interface. */
final class TapPortIT {
  @BeforeAll
  static void needsRoot() {
    Needs.present(PeerRequirements.networkNamespaces());
  }

  private static VSwitch start(NetworkNamespace left, NetworkNamespace right) {
    VSwitch vswitch =
        Hosts.start(
            """
            ports:
              left: {type: tap, interface: t0, netns: %s, mac: "02:00:00:00:00:aa", mtu: 1400}
              right: {type: tap, interface: t0, netns: %s, queues: 2}
            """
                .formatted(left.name(), right.name()));
    addresses(left, right);
    return vswitch;
  }

  private static void addresses(NetworkNamespace left, NetworkNamespace right) {
    left.ip("addr", "replace", "10.9.1.1/24", "dev", "t0");
    right.ip("addr", "replace", "10.9.1.2/24", "dev", "t0");
  }

  @Test
  void hostsReachEachOtherAndEveryFrameIsCounted() {
    try (NetworkNamespace left = NetworkNamespace.create();
        NetworkNamespace right = NetworkNamespace.create();
        VSwitch vswitch = start(left, right)) {
      ping(left, "10.9.1.2");
      ping(right, "10.9.1.1");

      assertThat(port(vswitch, "left").linkReason()).isEqualTo("tap interface t0 is up");
      assertThat(port(vswitch, "left").details())
          .containsEntry("mtu", 1400)
          .containsEntry("macAddress", "02:00:00:00:00:aa")
          .containsEntry("persistent", false);
      assertThat(port(vswitch, "right").rxQueues()).isEqualTo(2);
      assertThat(right.ip("-d", "link", "show", "t0")).contains("multi_queue", "mtu 1500");
      var received = input(vswitch, "left");
      assertThat(received.frames()).isPositive().isEqualTo(received.nic().get("rx_packets"));
      assertThat(received.nic()).containsEntry("rx_errors", 0L).containsEntry("rx_too_long", 0L);
      assertThat(output(vswitch, "left").frames()).isPositive();

      assertThat(vswitch.removePort("left")).isTrue();
      assertThat(left.ip("-o", "link")).doesNotContain("t0");
    }
  }

  @Test
  void anInterfaceThatIsDeletedIsMadeAgain() {
    try (NetworkNamespace left = NetworkNamespace.create();
        NetworkNamespace right = NetworkNamespace.create();
        VSwitch vswitch = start(left, right)) {
      ping(left, "10.9.1.2");
      left.ip("link", "del", "t0");
      await("t0 is back", () -> left.ip("-o", "link").contains("t0"));
      await("the port is open", () -> port(vswitch, "left").linkUp());
      addresses(left, right);
      ping(right, "10.9.1.1");

      left.replace(() -> await("the port is closed", () -> port(vswitch, "left").rxQueues() == 0));
      await("the port is open", () -> port(vswitch, "left").linkUp());
      addresses(left, right);
      ping(right, "10.9.1.1");
    }
  }

  @Test
  void framesForAnInterfaceThatIsDownAreDroppedAndLongOnesCounted() {
    try (NetworkNamespace left = NetworkNamespace.create();
        NetworkNamespace right = NetworkNamespace.create();
        VSwitch vswitch = start(left, right)) {
      ping(left, "10.9.1.2");
      right.ip("link", "set", "t0", "mtu", "3000");
      Hosts.send(right, "10.9.1.1", 2000);
      await("too long", () -> tooLong(vswitch) > 0);

      left.ip("link", "set", "t0", "down");
      assertThat(port(vswitch, "left").linkReason()).startsWith("interface is down: ip link set");
      assertThat(port(vswitch, "left").linkUp()).isFalse();
      Hosts.send(right, "10.9.1.1", 100);
      await("down", () -> dropped(vswitch, DropReason.PORT_DOWN) > 0);
      left.ip("link", "set", "t0", "up");
      ping(right, "10.9.1.1");
    }
  }

  private static long tooLong(VSwitch vswitch) {
    return vswitch.stats().inputs().stream()
        .filter(input -> input.port().equals("right"))
        .mapToLong(input -> input.nic().getOrDefault("rx_too_long", 0L))
        .sum();
  }

  private static long dropped(VSwitch vswitch, DropReason reason) {
    return vswitch.stats().inputs().stream()
        .filter(input -> input.port().equals("right"))
        .mapToLong(input -> input.dropReasons().getOrDefault(reason.label(), 0L))
        .sum();
  }

  @Test
  void aPersistentInterfaceIsTakenOverAndStaysWhereItIsMovedTo() {
    try (NetworkNamespace left = NetworkNamespace.create();
        NetworkNamespace right = NetworkNamespace.create()) {
      left.ip("tuntap", "add", "dev", "t0", "mode", "tap");
      try (VSwitch vswitch = start(left, right)) {
        assertThat(port(vswitch, "left").details()).containsEntry("persistent", true);
        ping(left, "10.9.1.2");
        try (NetworkNamespace other = NetworkNamespace.create()) {
          right.ip("link", "set", "t0", "netns", other.name());
          other.ip("link", "set", "t0", "up");
          other.ip("addr", "add", "10.9.1.2/24", "dev", "t0");
          ping(left, "10.9.1.2");
          assertThat(port(vswitch, "right").linkReason()).contains("another network namespace");
        }
      }
      assertThat(left.ip("-o", "link")).contains("t0");
    }
  }

  /** A loop has other queues, too: neither a flood nor an idle interface may take it up. */
  @Test
  void aDutyCycleMakesABoundedNumberOfCalls() {
    try (NetworkNamespace namespace = NetworkNamespace.create();
        HostPool pool = HostPool.create(1024, false);
        TapPort port = TapPort.open(new TapPortOptions("t0", namespace.name(), 1, 0, ""), pool)) {
      namespace.ip("addr", "add", "10.9.1.1/24", "dev", "t0");
      namespace.ip("neigh", "add", "10.9.1.2", "lladdr", "02:00:00:00:00:02", "dev", "t0");
      NicRxQueue queue = port.rxQueue(0);
      post(queue, pool);
      for (int i = 0; i < 100; i++) {
        Hosts.send(namespace, "10.9.1.2", 100);
      }
      FrameBatch batch = new FrameBatch();
      assertThat(queue.poll(batch)).isEqualTo(64);
      assertThat(reads(queue)).isEqualTo(64);
      batch.clear();
      int rest = queue.poll(batch);
      assertThat(rest).isBetween(36, 40); // the host may say something itself
      assertThat(reads(queue)).as("and one that found nothing").isEqualTo(64 + rest + 1);
      for (int i = 0; i < 8; i++) {
        assertThat(queue.poll(batch)).isZero();
        assertThat(reads(queue)).isEqualTo(64 + rest + 1);
      }
      queue.poll(batch);
      assertThat(reads(queue)).isEqualTo(64 + rest + 2);
      queue.disarmInterrupt();
      queue.poll(batch);
      assertThat(reads(queue)).as("who was woken looks").isEqualTo(64 + rest + 3);
    }
  }

  private static void post(NicRxQueue queue, HostPool pool) {
    ChunkStack chunks = pool.slice(256);
    BufferList list = new BufferList();
    while (chunks.available() > 0) {
      int chunk = chunks.take();
      list.add(chunks.frameAddress(chunk), chunk);
      if (list.count == BufferList.CAPACITY) {
        queue.post(list, FrameBatch.HOST_POOL, (byte) 0);
      }
    }
  }

  private static long reads(NicRxQueue queue) {
    return queue.counters().get("rx_reads");
  }

  @Test
  void saysWhyAnInterfaceCanNotBeTaken() {
    try (NetworkNamespace left = NetworkNamespace.create();
        NetworkNamespace right = NetworkNamespace.create();
        VSwitch vswitch = start(left, right)) {
      assertThat(port(vswitch, "left").linkUp()).isTrue();
      left.ip("link", "add", "d0", "type", "bridge");
      left.ip("tuntap", "add", "dev", "p0", "mode", "tap");
      refused(left, "interface: t0", "ports.other: interface t0 is taken: another program");
      refused(left, "interface: d0", "d0 can not be taken", "is no tap interface", "s.yaml:");
      refused(left, "interface: p0, queues: 2", "multi_queue off and queues is above 1");
      refused(left, "interface: t9, netns: nowhere", "netns=nowhere");
      assertThat(left.ip("-o", "link")).doesNotContain("t9");
    }
  }

  private static void refused(NetworkNamespace namespace, String keys, String... words) {
    String netns = keys.contains("netns") ? "" : ", netns: " + namespace.name();
    assertThatThrownBy(
            () -> Hosts.start("ports:\n  other: {type: tap, " + keys + netns + "}").close())
        .isInstanceOf(ConfigException.class)
        .hasMessageContainingAll(words);
  }
}
