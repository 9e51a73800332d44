// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.peer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TestpmdOptionsTest {
  private static final Path SOCKET = Path.of("/tmp/nf0.sock");

  @Test
  void networkFunction() {
    TestpmdOptions options =
        TestpmdOptions.networkFunction(SOCKET, 1024)
            .onCpu(3)
            .forwarding("rxonly")
            .withDeviceArguments("packed_vq=1")
            .asServer();
    assertThat(options.command("p"))
        .containsSubsequence("--lcores", "0@3,1@3")
        .contains(
            "--in-memory",
            "--single-file-segments",
            "--file-prefix=p",
            "--forward-mode=rxonly",
            "--rxd=1024",
            "--txd=1024",
            "--vdev=net_virtio_user0,path=/tmp/nf0.sock,queues=1,queue_size=1024"
                + ",packed_vq=1,server=1")
        .doesNotContain("--no-huge");
  }

  @Test
  void withoutHugePages() {
    assertThat(TestpmdOptions.networkFunction(SOCKET, 256).withoutHugePages().command("p"))
        .contains("--no-huge")
        .doesNotContain("--in-memory", "--single-file-segments");
  }

  @Test
  void nullToVhostHasTheNicFirst() {
    assertThat(TestpmdOptions.nullToVhost(List.of(SOCKET), 64, false).command("p"))
        .containsSubsequence(
            "--vdev=net_null0,size=64,copy=0", "--vdev=net_vhost0,iface=/tmp/nf0.sock,queues=1");
    assertThat(TestpmdOptions.nullToVhost(List.of(SOCKET), 1514, true).command("p"))
        .contains("--vdev=net_null0,size=1514,copy=1");
  }

  @Test
  void aSilentNicReceivesNothing() {
    assertThat(TestpmdOptions.silentNullToVhost(SOCKET).command("p"))
        .containsSubsequence(
            "--vdev=net_null0,no-rx=1", "--vdev=net_vhost0,iface=/tmp/nf0.sock,queues=1")
        .contains("--forward-mode=io");
  }

  @Test
  void severalFunctionsSendBackWhatEachReceived() {
    List<Path> sockets = List.of(Path.of("/a"), Path.of("/b"));
    assertThat(
            TestpmdOptions.networkFunctions(sockets, 256, 1)
                .withDeviceArguments("in_order=0")
                .command("p"))
        .containsSubsequence(
            "--vdev=net_virtio_user0,path=/a,queues=1,queue_size=256,in_order=0",
            "--vdev=net_virtio_user1,path=/b,queues=1,queue_size=256,in_order=0",
            "--port-topology=loop");
    assertThat(TestpmdOptions.nullToVhost(sockets, 64, false).command("p"))
        .containsSubsequence(
            "--vdev=net_null0,size=64,copy=0",
            "--vdev=net_vhost0,iface=/a,queues=1",
            "--vdev=net_null1,size=64,copy=0",
            "--vdev=net_vhost1,iface=/b,queues=1");
  }

  @Test
  void vhostToVhostHasBothPorts() {
    Path other = Path.of("/tmp/nf1.sock");
    assertThat(TestpmdOptions.vhostToVhost(SOCKET, other).command("p"))
        .containsSubsequence(
            "--vdev=net_vhost0,iface=/tmp/nf0.sock,queues=1",
            "--vdev=net_vhost1,iface=/tmp/nf1.sock,queues=1",
            "--forward-mode=io");
  }

  @Test
  void filePrefixesDiffer() {
    assertThat(TestpmdOptions.newFilePrefix()).isNotEqualTo(TestpmdOptions.newFilePrefix());
  }

  @Test
  void behindAnXdpSocketItRunsWhereTheInterfaceIs() {
    List<String> words = TestpmdOptions.xdpToVhost("ns1", "near0", SOCKET).onCpu(3).command("p");
    assertThat(words).startsWith("ip", "netns", "exec", "ns1");
    assertThat(words)
        .as("port 0 is the NIC")
        .containsSubsequence(
            "--vdev=net_af_xdp0,iface=near0,start_queue=0,queue_count=1,busy_budget=0",
            "--vdev=net_vhost0,iface=/tmp/nf0.sock,queues=1");
  }

  @Test
  void receiverHasTheNicAlone() {
    List<String> words = TestpmdOptions.xdpReceiver("ns1", "near0").command("p");
    assertThat(words).startsWith("ip", "netns", "exec", "ns1").contains("--forward-mode=rxonly");
    assertThat(words)
        .filteredOn(word -> word.startsWith("--vdev="))
        .containsExactly(
            "--vdev=net_af_xdp0,iface=near0,start_queue=0,queue_count=1,busy_budget=0");
  }
}
