// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.host;

import static io.iovtee.it.host.Hosts.await;
import static io.iovtee.it.host.Hosts.input;
import static io.iovtee.it.host.Hosts.output;
import static io.iovtee.it.host.Hosts.ping;
import static io.iovtee.it.host.Hosts.port;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.api.DropReason;
import io.iovtee.bench.peer.NetworkNamespace;
import io.iovtee.bench.peer.PeerRequirements;
import io.iovtee.it.peers.Needs;
import io.iovtee.vswitch.assembly.VSwitch;
import io.iovtee.vswitch.config.ConfigException;
import io.iovtee.vswitch.linux.Namespace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * VXLAN ports, with a VXLAN interface of the kernel at the other end of the tunnel: {@code host}
 * has a tap port of the switch, {@code near} the switch's UDP socket, and {@code far}, joined to it
 * by a veth pair, the kernel's interface.
 */
final class VxlanPortIT {
  private NetworkNamespace host;
  private NetworkNamespace near;
  private NetworkNamespace far;

  @BeforeAll
  static void needsRoot() {
    Needs.present(PeerRequirements.networkNamespaces());
  }

  @BeforeEach
  void joins() {
    host = NetworkNamespace.create();
    near = NetworkNamespace.create();
    far = NetworkNamespace.create();
    near.ip("link", "add", "u0", "type", "veth", "peer", "name", "u0", "netns", far.name());
    underlay(near, 1);
    underlay(far, 2);
  }

  private static void underlay(NetworkNamespace namespace, int number) {
    namespace.exec("sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/u0/disable_ipv6");
    namespace.ip("addr", "add", "10.8.0." + number + "/24", "dev", "u0");
    namespace.ip("addr", "add", "fd08::" + number + "/64", "dev", "u0", "nodad");
    namespace.ip("link", "set", "u0", "up");
  }

  @AfterEach
  void leavesNothing() {
    far.close();
    near.close();
    host.close();
  }

  private void kernelEnd(String name, int vni, String local, String remote, String address) {
    String id = Integer.toString(vni);
    far.ip(
        "link", "add", name, "type", "vxlan", "id", id, "local", local, "remote", remote, "dstport",
        "4789");
    far.ip("addr", "add", address + "/24", "dev", name);
    far.ip("link", "set", name, "up");
  }

  private String tap(String name, String device) {
    return "  %s: {type: tap, interface: %s, netns: %s}\n".formatted(name, device, host.name());
  }

  private String tunnel(String name, String keys) {
    return "  %s: {type: vxlan, %s, netns: %s}\n".formatted(name, keys, near.name());
  }

  @ParameterizedTest
  @CsvSource({"10.8.0.1, 10.8.0.2, 1464", "fd08::1, fd08::2, 1444"})
  void hostsReachEachOtherThroughTheKernelsEnd(String local, String remote, int longest) {
    kernelEnd("vx0", 42, remote, local, "10.9.2.2");
    String keys = "local: '%s', remote: '%s', vni: 42".formatted(local, remote);
    try (VSwitch vswitch = Hosts.start("ports:\n" + tap("host", "t0") + tunnel("far", keys))) {
      host.ip("addr", "add", "10.9.2.1/24", "dev", "t0");
      ping(host, "10.9.2.2");
      ping(far, "10.9.2.1");

      assertThat(port(vswitch, "far").linkUp()).isTrue();
      assertThat(port(vswitch, "far").details())
          .containsEntry("vni", 42)
          .containsEntry("mtu", 1500)
          .containsEntry("frameLengthMax", longest)
          .containsEntry("innerMtu", longest - 14)
          .containsEntry("sendErrors", 0L);
      assertThat(input(vswitch, "far").frames())
          .isPositive()
          .isEqualTo(input(vswitch, "far").nic().get("rx_packets"));

      int fits = longest - 14 - 28;
      assertThat(received(fits)).isEqualTo(fits);
      long before = output(vswitch, "far").dropped();
      Hosts.send(host, "10.9.2.2", fits + 1);
      await("too long", () -> output(vswitch, "far").dropped() == before + 1);
      assertThat(input(vswitch, "host").dropReasons())
          .containsEntry(DropReason.TOO_LONG.label(), 1L);
    }
  }

  /** Sends so many bytes of UDP from host to far. */
  private int received(int bytes) {
    try (DatagramSocket to = socket(far, "10.9.2.2", 9)) {
      to.setSoTimeout(60_000);
      DatagramPacket packet = new DatagramPacket(new byte[4096], 4096);
      Hosts.send(host, "10.9.2.2", bytes);
      to.receive(packet);
      return packet.getLength();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static DatagramSocket socket(NetworkNamespace namespace, String address, int port) {
    return Namespace.call(
        namespace.name(),
        () -> {
          try {
            return new DatagramSocket(new InetSocketAddress(InetAddress.ofLiteral(address), port));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  @Test
  void tunnelsShareASocketAndAnotherPortComesAndGoes() {
    kernelEnd("vx0", 42, "10.8.0.2", "10.8.0.1", "10.9.2.2");
    kernelEnd("vx1", 43, "10.8.0.2", "10.8.0.1", "10.9.3.2");
    String ends = "local: 10.8.0.1, remote: 10.8.0.2";
    String ports =
        tap("h0", "t0")
            + tap("h1", "t1")
            + tunnel("f0", ends + ", vni: 42")
            + tunnel("f1", ends + ", vni: 43");
    String rules =
        """
        flows: ["in_port=h0,actions=output:f0", "in_port=f0,actions=output:h0",
                "in_port=h1,actions=output:f1", "in_port=f1,actions=output:h1"]
        """;
    try (VSwitch vswitch = Hosts.start("ports:\n" + ports + rules)) {
      host.ip("addr", "add", "10.9.2.1/24", "dev", "t0");
      host.ip("addr", "add", "10.9.3.1/24", "dev", "t1");
      ping(host, "10.9.2.2");
      ping(host, "10.9.3.2");

      var keys = vswitch.config().ports().get("f1");
      assertThatThrownBy(() -> vswitch.addPort("again", keys))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("another port has the tunnel from 10.8.0.1:4789 to 10.8.0.2");
      assertThat(vswitch.removePort("f1")).isTrue();
      ping(far, "10.9.2.1");
      vswitch.addPort("f1", keys);
      ping(far, "10.9.3.1");
      assertThat(vswitch.removePort("f0")).isTrue();
      assertThat(vswitch.removePort("f1")).isTrue();
      assertThat(near.exec("cat", "/proc/net/udp").lines()).as("sockets").hasSize(1);
      vswitch.addPort("f1", keys);
      ping(host, "10.9.3.2");
    }
  }

  @Test
  void whatIsNoFrameOfTheTunnelIsCountedByName() throws IOException {
    far.ip("addr", "add", "10.8.0.3/24", "dev", "u0");
    String keys = "local: 10.8.0.1, remote: 10.8.0.2, vni: 42";
    try (VSwitch vswitch = Hosts.start("ports:\n" + tunnel("far", keys));
        DatagramSocket right = socket(far, "10.8.0.2", 0);
        DatagramSocket wrong = socket(far, "10.8.0.3", 0)) {
      send(right, header(0x08, 42), 60);
      send(right, header(0xf7, 42), 60);
      send(right, header(0x08, 43), 60);
      send(wrong, header(0x08, 42), 60);
      send(right, new byte[7], 0);
      send(right, header(0x08, 42), 13);
      send(right, header(0x08, 42), 14);
      send(right, header(0x08, 42), 1536);
      send(right, header(0x08, 42), 1537);
      send(right, header(0x08, 42), 9000);
      send(right, header(0xff, 42), 60);
      Map<String, Long> expected =
          Map.of(
              "rx_packets", 4L,
              "rx_bytes", 60L + 14 + 1536 + 60,
              "rx_missed", 0L,
              "rx_runt", 1L,
              "rx_too_long", 2L,
              "socket_truncated", 1L,
              "socket_no_vni_flag", 1L,
              "socket_unknown_vni", 1L,
              "socket_unknown_remote", 1L,
              "socket_errors", 0L);
      await("all " + input(vswitch, "far").nic(), () -> packets(vswitch) == 4);
      assertThat(input(vswitch, "far").nic()).containsExactlyInAnyOrderEntriesOf(expected);
      assertThat(input(vswitch, "far").frames()).isEqualTo(4);
    }
  }

  private static long packets(VSwitch vswitch) {
    return input(vswitch, "far").nic().get("rx_packets");
  }

  private static byte[] header(int flags, int vni) {
    return new byte[] {(byte) flags, 0, 0, 0, 0, 0, (byte) vni, (byte) 0xee};
  }

  private static void send(DatagramSocket from, byte[] header, int inner) throws IOException {
    byte[] datagram = new byte[header.length + inner];
    System.arraycopy(header, 0, datagram, 0, header.length);
    InetAddress to = InetAddress.ofLiteral("10.8.0.1");
    from.send(new DatagramPacket(datagram, datagram.length, to, 4789));
  }

  /** Nothing is cut into pieces on the way: the kernel refuses it, and the frame is counted. */
  @Test
  void framesThatTheKernelRefusesAreCounted() {
    String keys = "local: 10.8.0.1, remote: 10.8.0.2, vni: 42, mtu: 9000";
    try (VSwitch vswitch = Hosts.start("ports:\n" + tap("host", "t0") + tunnel("far", keys))) {
      host.ip("addr", "add", "10.9.2.1/24", "dev", "t0");
      host.ip("neigh", "add", "10.9.2.2", "lladdr", "02:00:00:00:00:02", "dev", "t0");
      assertThat(port(vswitch, "far").details()).containsEntry("frameLengthMax", 1536);
      Hosts.send(host, "10.9.2.2", 1464 - 14 - 28);
      await("sent", () -> output(vswitch, "far").frames() == 1);
      assertThat(output(vswitch, "far").dropped()).isZero();
      Hosts.send(host, "10.9.2.2", 1472);
      await("refused", () -> output(vswitch, "far").dropped() == 1);
      assertThat(port(vswitch, "far").details()).containsEntry("sendErrors", 1L);
    }
  }

  @Test
  void saysWhyASocketCanNotBeHadAndOpensWhenItsNamespaceIsBack() {
    try (DatagramSocket taken = socket(near, "10.8.0.1", 4789)) {
      refused("local: 10.8.0.1, remote: 10.8.0.2", "UDP 10.8.0.1:4789 can not be bound: somebody");
      assertThat(taken.isBound()).isTrue();
    }
    refused("local: 10.8.0.9, remote: 10.8.0.2", "local is no address of this host (namespace");
    String keys = "local: 10.8.0.1, remote: 10.8.0.2, vni: 42";
    try (VSwitch vswitch = Hosts.start("ports:\n" + tunnel("far", keys))) {
      near.replace(() -> await("gone", () -> port(vswitch, "far").rxQueues() == 0));
      assertThat(port(vswitch, "far").linkUp()).isFalse();
      near.ip("link", "add", "u0", "type", "veth", "peer", "name", "u1");
      near.ip("addr", "add", "10.8.0.1/24", "dev", "u0");
      await("open", () -> port(vswitch, "far").linkUp());
    }
  }

  private void refused(String keys, String words) {
    assertThatThrownBy(() -> Hosts.start("ports:\n" + tunnel("far", keys + ", vni: 1")).close())
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("s.yaml:3: ports.far: ")
        .hasMessageContaining(words);
  }
}
