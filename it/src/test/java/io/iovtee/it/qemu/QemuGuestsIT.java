// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.bench.peer.NetworkNamespace;
import io.iovtee.bench.peer.PeerProcess;
import io.iovtee.bench.peer.PeerRequirements;
import io.iovtee.bench.peer.Veth;
import io.iovtee.it.peers.Needs;
import io.iovtee.it.peers.TestSwitch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two virtual machines with Linux that boot once: each test is another switch under them, so each
 * begins with their connecting again. The first machine connects to the switch, the second one is
 * connected to; they differ in how they post receive buffers, too. The last test kills one.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class QemuGuestsIT {
  private static final String FIRST = "10.7.0.1";
  private static final String SECOND = "10.7.0.2";
  private static final String FAR = "10.7.0.9";
  private static final String FIRST_MAC = "52:54:00:00:00:01";
  private static final String SECOND_MAC = "52:54:00:00:00:02";

  /** Of the file that travels. */
  private static final int FILE_BYTES = 2 << 20;

  /** Full frames that the file takes at least. */
  private static final long FILE_FRAMES = FILE_BYTES / 1460;

  /** Between two machines and nobody else. */
  private static final String NORMAL = "\"actions=normal\"";

  @TempDir private static Path directory;

  private static QemuGuest first;
  private static QemuGuest second;

  /** Whether the second machine has its files. */
  private static boolean served;

  @BeforeAll
  static void boot() throws IOException {
    Needs.present(
        GuestImage.missing(), PeerRequirements.networkNamespaces(), TestSwitch.pluginMissing());
    Path initramfs = GuestImage.writeInitramfs(directory);
    // The first one's machine starts when it finds a switch.
    first = QemuGuest.start("one", initramfs, FIRST, "reconnect=1,path=" + socket("nf1"), "");
    second =
        QemuGuest.start(
            "two",
            initramfs,
            SECOND,
            "server=on,wait=off,path=" + socket("nf2"),
            ",mrg_rxbuf=off,rx_queue_size=512");
  }

  @AfterAll
  static void end() {
    for (QemuGuest guest : new QemuGuest[] {first, second}) {
      if (guest != null) {
        guest.close();
      }
    }
  }

  private static Path socket(String port) {
    return directory.resolve(port + ".sock");
  }

  /** A switch with both machines' ports, which waits for them. */
  private static TestSwitch start(String morePorts, String flows, String mappings) {
    TestSwitch vswitch =
        TestSwitch.startWithPlugin(
            """
            switch: {warm-up-ms: 0}
            ports:
              nf1: {type: vhost-user, socket: %s}
              nf2: {type: vhost-user, socket: %s, role: client}
              %s
            flows: [%s]
            plugins: {iovtee: {http: {port: 0}, mappings: [%s]}}
            """
                .formatted(socket("nf1"), socket("nf2"), morePorts, flows, mappings));
    try {
      awaitMachines(vswitch);
    } catch (RuntimeException | AssertionError e) {
      vswitch.close();
      throw e;
    }
    return vswitch;
  }

  private static void awaitMachines(TestSwitch vswitch) {
    first.awaitBoot();
    second.awaitBoot();
    vswitch.awaitGuest("nf1");
    vswitch.awaitGuest("nf2");
    if (!served) {
      served = true;
      second.run("dd if=/dev/urandom of=/tmp/file bs=4096 count=" + FILE_BYTES / 4096);
      second.run("dd if=/dev/zero of=/tmp/long bs=1M seek=30 count=0; httpd -h /tmp");
    }
  }

  private static String mapping(String queue, String port, String more) {
    return "{queue: %s, port: %s, mode: \"on\", %s}".formatted(queue, port, more);
  }

  private static long writtenThrough(TestSwitch vswitch, String port) {
    return vswitch.input(port, 0).outcomes().get("written_through");
  }

  /** A file on the second machine gets to the first one as it is, by TCP. */
  private static void assertFileArrives() {
    String sum = second.run("md5sum </tmp/file");
    assertThat(first.run("wget -qO - http://" + SECOND + "/file | md5sum")).isEqualTo(sum);
  }

  @Test
  @Order(1)
  void guestsTalkAndGoOnWhenTheSwitchIsStartedAnew() {
    for (int round = 0; round < 2; round++) {
      try (TestSwitch vswitch = start("", NORMAL, "")) {
        first.run("ping -c 2 -i 0.2 -W 5 -s 1472 " + SECOND);
        assertFileArrives();
        assertThat(vswitch.vswitch().ports())
            .extracting(port -> port.linkReason())
            .containsExactly("vhost-user, 2 rings run", "vhost-user, 2 rings run");
      }
    }
  }

  /** The kernel's AF_XDP between a namespace and the first machine, which restarts meanwhile. */
  @Test
  @Order(2)
  void framesAreWrittenIntoAGuestThroughAfXdpAlsoAfterItsRestart() throws IOException {
    byte[] bytes = new byte[FILE_BYTES];
    new Random(20261124).nextBytes(bytes);
    Files.write(directory.resolve("file"), bytes);
    String flows =
        "\"in_port=uplink,actions=output:nf1\", \"in_port=nf1,actions=output:uplink\","
            + " \"in_port=nf2,actions=drop\"";
    try (NetworkNamespace namespace = NetworkNamespace.create()) {
      Veth veth = Veth.create(namespace, "near0", "far0", 1);
      // The switch sees frames as they are sent: the sender must not leave checksums undone.
      namespace.exec("ethtool", "-K", veth.far(), "tx", "off");
      namespace.ip("address", "add", FAR + "/24", "dev", veth.far());
      // Strict: the guest's frames alone get in, and no broadcast.
      namespace.ip("neigh", "add", FIRST, "lladdr", FIRST_MAC, "dev", veth.far());
      String uplink =
          "uplink: {type: xdp, interface: near0, netns: %s, mode: native}"
              .formatted(namespace.name());
      String strict = "isolation: strict, match: \"dl_dst=" + FIRST_MAC + "\"";
      try (TestSwitch vswitch = start(uplink, flows, mapping("uplink/0", "nf1", strict));
          PeerProcess server = fileServer(namespace)) {
        assertThat(server.alive()).isTrue();
        assertFileIsWrittenThrough(vswitch);
        first.reboot();
        vswitch.awaitGuest("nf1");
        assertFileIsWrittenThrough(vswitch);
        // Buffers that lie side by side, as Linux posts them, are taken all.
        assertThat(vswitch.input("uplink", 0).nic().get("rx_refused_buffers")).isZero();
      }
    }
  }

  private static PeerProcess fileServer(NetworkNamespace namespace) {
    return PeerProcess.start(
        "file server",
        List.of(
            "ip",
            "netns",
            "exec",
            namespace.name(),
            "busybox",
            "httpd",
            "-f",
            "-h",
            directory.toString()));
  }

  private static void assertFileIsWrittenThrough(TestSwitch vswitch) throws IOException {
    vswitch.awaitLending("uplink", 0, 0);
    // Host buffers that the queue still has are used up first.
    first.run("wget -qO /dev/null http://" + FAR + "/file");
    long before = writtenThrough(vswitch, "uplink");
    String sum = first.run("wget -qO - http://" + FAR + "/file | md5sum");
    assertThat(sum).startsWith(md5(Files.readAllBytes(directory.resolve("file"))));
    assertThat(writtenThrough(vswitch, "uplink") - before).isGreaterThan(FILE_FRAMES);
  }

  private static String md5(byte[] bytes) {
    try {
      return java.util.HexFormat.of()
          .formatHex(java.security.MessageDigest.getInstance("MD5").digest(bytes));
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /** Between the machines a cable with an emulated NIC at each end; strict where it is proven. */
  @Test
  @Order(3)
  void framesAreWrittenIntoBothGuestsUntilOneIsKilled() {
    String nic =
        "%s: {type: soft, queues: 2, traffic: {type: none, backpressure: true}, tx: {type: peer,"
            + " peer: %s}}";
    String flows =
        "\"in_port=nf1,actions=output:nic1\", \"in_port=nic1,actions=output:nf1\","
            + " \"in_port=nf2,actions=output:nic2\", \"in_port=nic2,actions=output:nf2\"";
    String mappings =
        mapping("nic1/0", "nf1", "isolation: strict, match: \"dl_dst=" + FIRST_MAC + "\"")
            + ", "
            + mapping("nic2/0", "nf2", "isolation: scrub, match: \"dl_dst=" + SECOND_MAC + "\"");
    String ports = nic.formatted("nic1", "nic2") + "\n  " + nic.formatted("nic2", "nic1");
    try (TestSwitch vswitch = start(ports, flows, mappings)) {
      vswitch.awaitLending("nic1", 0, 64);
      vswitch.awaitLending("nic2", 0, 64);
      first.run("ping -c 2 -i 0.2 -W 5 -s 1472 " + SECOND);
      assertFileArrives();
      assertThat(writtenThrough(vswitch, "nic1")).isGreaterThan(FILE_FRAMES);
      assertThat(writtenThrough(vswitch, "nic2")).isPositive();
      killSecondUnderTraffic(vswitch);
    }
  }

  private static void killSecondUnderTraffic(TestSwitch vswitch) {
    long before = writtenThrough(vswitch, "nic2");
    first.run("(wget -qO /dev/null http://" + SECOND + "/long &)");
    TestSwitch.await(
        () -> writtenThrough(vswitch, "nic2") > before + 20, () -> "the file is not asked for");
    second.close();
    TestSwitch.await(
        () -> vswitch.queue("nic2", 0).attachedGuest().isEmpty(),
        () -> "the NIC still reaches the memory of a machine that is gone");
    assertThat(vswitch.queue("nic2", 0).outstandingGuestBuffers()).isZero();
    assertThat(vswitch.queue("nic1", 0).isLending()).as("the other one's").isTrue();
    assertThat(first.run("cat /sys/class/net/eth0/carrier")).isEqualTo("1");
  }
}
