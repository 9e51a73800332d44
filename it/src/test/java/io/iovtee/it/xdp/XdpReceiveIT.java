// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.xdp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.api.BufferList;
import io.iovtee.bench.peer.PeerRequirements;
import io.iovtee.it.peers.Needs;
import io.iovtee.it.xdp.XdpBench.Frame;
import io.iovtee.vswitch.datapath.FrameBatch;
import io.iovtee.vswitch.datapath.NicRxQueue;
import io.iovtee.vswitch.linux.FrameVector;
import io.iovtee.vswitch.linux.PacketSocket;
import io.iovtee.vswitch.nic.xdp.XdpMode;
import io.iovtee.vswitch.nic.xdp.XdpPort;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Frames from the wire into host chunks. */
final class XdpReceiveIT {
  private static final int[] LENGTHS = {60, 61, 64, 127, 512, 1500, 1514};

  @BeforeAll
  static void needsRoot() {
    Needs.present(PeerRequirements.networkNamespaces());
  }

  @ParameterizedTest
  @EnumSource(names = {"NATIVE", "GENERIC"})
  void framesArriveUnchangedAndInOrder(XdpMode mode) throws Exception {
    try (XdpBench bench = XdpBench.oneQueue();
        XdpPort port = bench.open(bench.options().withMode(mode).withRingSize(256))) {
      NicRxQueue queue = port.rxQueue(0);
      List<byte[]> sent = new ArrayList<>();
      List<Frame> received = new ArrayList<>();
      // Several times around the rings of 256.
      for (int round = 0; round < 20; round++) {
        bench.fillFromPool(queue);
        for (int i = 0; i < 100; i++) {
          byte[] frame = XdpBench.frame(0x11, LENGTHS[sent.size() % LENGTHS.length], sent.size());
          sent.add(frame);
          bench.send(frame);
        }
        received.addAll(bench.receive(queue, 100));
      }
      assertThat(received).hasSize(2000);
      for (int i = 0; i < sent.size(); i++) {
        assertThat(received.get(i).bytes()).as("frame %d", i).isEqualTo(sent.get(i));
      }
      Map<String, Long> counters = queue.counters();
      assertThat(counters)
          .containsEntry("rx_packets", 2000L)
          .containsEntry("rx_dropped", 0L)
          .containsEntry("rx_out_of_order", 0L)
          .containsEntry("rx_unknown_address", 0L)
          .containsEntry("rx_refused_buffers", 0L);
    }
  }

  @Test
  void everyFrameIsReceivedOrCounted() throws Exception {
    try (XdpBench bench = XdpBench.oneQueue();
        XdpPort port = bench.open(bench.options().withMode(XdpMode.NATIVE))) {
      NicRxQueue queue = port.rxQueue(0);
      BufferList list = new BufferList();
      for (int i = 0; i < 40; i++) {
        int chunk = bench.chunks.take();
        list.add(bench.chunks.frameAddress(chunk), chunk);
      }
      assertThat(queue.post(list, FrameBatch.HOST_POOL, (byte) 0)).isEqualTo(40);
      assertThat(queue.outstanding(FrameBatch.HOST_POOL)).isEqualTo(40);
      for (int i = 0; i < 100; i++) {
        bench.send(XdpBench.frame(0x11, 100, i));
      }
      assertThat(bench.receive(queue, 40)).hasSize(40);
      assertThat(queue.outstanding(FrameBatch.HOST_POOL)).isZero();
      XdpBench.awaitCounter(queue, "rx_dropped", 60);
      assertThat(bench.receiveFor(queue, 50)).isEmpty();
      assertThat(queue.counters()).containsEntry("rx_packets", 40L);
    }
  }

  @Test
  void frameThatIsTooLongIsDroppedAndCounted() throws Exception {
    try (XdpBench bench = new XdpBench(1, 2000);
        XdpPort port = bench.open(bench.options().withMode(XdpMode.NATIVE))) {
      NicRxQueue queue = port.rxQueue(0);
      bench.fillFromPool(queue);
      assertThat(queue.constraints().frameLengthMax()).isEqualTo(1536);
      bench.send(
          XdpBench.frame(0x11, 1536, 1),
          XdpBench.frame(0x11, 1537, 2),
          XdpBench.frame(0x11, 60, 3));
      List<Frame> received = bench.receive(queue, 2);
      assertThat(received).hasSize(2);
      assertThat(received.get(0).bytes()).isEqualTo(XdpBench.frame(0x11, 1536, 1));
      assertThat(received.get(1).bytes()).isEqualTo(XdpBench.frame(0x11, 60, 3));
      assertThat(queue.counters()).containsEntry("rx_dropped", 1L);
    }
  }

  @Test
  void everyQueueIsServed() throws Exception {
    try (XdpBench bench = new XdpBench(2, 1500);
        XdpPort port = bench.open(bench.options().withMode(XdpMode.NATIVE))) {
      assertThat(port.rxQueues()).isEqualTo(2);
      assertThat(port.txQueues()).isEqualTo(2);
      for (int i = 0; i < 2; i++) {
        bench.fillFromPool(port.rxQueue(i));
      }
      for (int i = 0; i < 200; i++) {
        bench.send(XdpBench.frame(0x11, 100, i));
      }
      List<Frame> all = new ArrayList<>();
      for (int i = 0; i < 5000 && all.size() < 200; i++) {
        all.addAll(bench.receiveFor(port.rxQueue(0), 1));
        all.addAll(bench.receiveFor(port.rxQueue(1), 1));
      }
      assertThat(all).hasSize(200);
      long sum =
          port.rxQueue(0).counters().get("rx_packets")
              + port.rxQueue(1).counters().get("rx_packets");
      assertThat(sum).isEqualTo(200);
    }
  }

  @Test
  void filterKeepsOtherFramesOut() throws Exception {
    try (XdpBench bench = XdpBench.oneQueue();
        XdpPort port = bench.open(bench.options().withMode(XdpMode.NATIVE))) {
      NicRxQueue queue = port.rxQueue(0);
      bench.fillFromPool(queue);
      assertThat(queue.filtering()).isNull();
      assertThatThrownBy(() -> queue.filter("nw_dst=10.0.0.1")).hasMessageContaining("needs ip");
      assertThat(queue.filtering()).isNull();
      assertThat(queue.filter("dl_dst=02:00:00:00:00:11")).isTrue();
      assertThat(queue.filter("dl_dst=02:00:00:00:00:12")).isTrue();
      assertThat(queue.filtering())
          .isEqualTo("xdp-program dl_dst=02:00:00:00:00:11 dl_dst=02:00:00:00:00:12");
      for (int last : new int[] {0x10, 0x13, 0x11, 0x12}) { // the last one that passes comes last
        bench.send(XdpBench.frame(last, 60, last));
      }
      List<Frame> received = bench.receive(queue, 2);
      assertThat(received).extracting(f -> (int) f.bytes()[5]).containsExactly(0x11, 0x12);
      assertThat(queue.counters()).containsEntry("rx_filtered", 2L);

      assertThat(queue.unfilter("dl_dst=02:00:00:00:00:11")).isTrue();
      bench.send(XdpBench.frame(0x11, 60, 0), XdpBench.frame(0x12, 60, 0));
      assertThat(bench.receive(queue, 1)).extracting(f -> (int) f.bytes()[5]).containsExactly(0x12);
      assertThat(queue.unfilter("dl_dst=02:00:00:00:00:12")).isTrue();
      assertThat(queue.unfilter("dl_dst=02:00:00:00:00:12")).isFalse();
      assertThat(queue.filtering()).isNull();
      bench.send(XdpBench.frame(0x13, 60, 0));
      assertThat(bench.receive(queue, 1)).hasSize(1);
    }
  }

  @Test
  void filterLooksAtTheVlan() throws Exception {
    try (XdpBench bench = XdpBench.oneQueue()) {
      // Otherwise the kernel takes the tag out of the frame before any program sees it.
      bench.namespace.exec("ethtool", "-K", "far0", "txvlan", "off");
      bench.namespace.exec("ethtool", "-K", "near0", "rxvlan", "off");
      try (XdpPort port = bench.open(bench.options().withMode(XdpMode.NATIVE))) {
        NicRxQueue queue = port.rxQueue(0);
        bench.fillFromPool(queue);
        assertThat(queue.filter("dl_dst=02:00:00:00:00:11,dl_vlan=291")).isTrue();
        byte[] looksTagged = XdpBench.frame(0x11, 60, 0);
        looksTagged[14] = 0x01;
        looksTagged[15] = 0x23;
        bench.send(
            looksTagged,
            tagged(0x11, 0x0123),
            tagged(0x11, 0x0124),
            XdpBench.frame(0x11, 60, 0),
            tagged(0x12, 0x0123),
            tagged(0x11, 0xe123));
        List<Frame> received = bench.receive(queue, 2);
        assertThat(received).hasSize(2);
        assertThat(received.get(0).bytes()).isEqualTo(tagged(0x11, 0x0123));
        assertThat(received.get(1).bytes())
            .as("priority bits do not matter")
            .isEqualTo(tagged(0x11, 0xe123));
        assertThat(queue.counters()).containsEntry("rx_filtered", 4L);
      }
    }
  }

  private static byte[] tagged(int last, int tag) {
    byte[] frame = XdpBench.frame(last, 80, tag);
    frame[12] = (byte) 0x81;
    frame[13] = 0;
    frame[14] = (byte) (tag >> 8);
    frame[15] = (byte) tag;
    frame[16] = (byte) 0x88;
    frame[17] = (byte) 0xb5;
    return frame;
  }

  @Test
  void framesThatAFilterKeepsOutAreDroppedOrGoToTheKernelAsConfigured() throws Exception {
    for (boolean passToKernel : new boolean[] {false, true}) {
      try (XdpBench bench = XdpBench.oneQueue();
          XdpPort port = bench.open(bench.options().withPassMissed(passToKernel));
          PacketSocket host = bench.hostSocket("near0")) {
        NicRxQueue queue = port.rxQueue(0);
        bench.fillFromPool(queue);
        queue.filter("dl_dst=02:00:00:00:00:11");
        bench.send(XdpBench.frame(0x12, 60, 0), XdpBench.frame(0x11, 60, 0));
        assertThat(bench.receive(queue, 1)).hasSize(1);
        assertThat(host.receive(new FrameVector(8, 2048))).isEqualTo(passToKernel ? 1 : 0);
      }
    }
  }

  @Test
  void framesOfAQueueWithoutASocketAreCounted() throws Exception {
    try (XdpBench bench = XdpBench.oneQueue();
        XdpPort port = bench.open(bench.options())) {
      NicRxQueue queue = port.rxQueue(0);
      bench.send(XdpBench.frame(0x11, 60, 0));
      assertThat(bench.receiveFor(queue, 20)).as("no buffer was posted").isEmpty();
      assertThat(queue.counters()).containsEntry("rx_unserved", 0L).containsEntry("rx_dropped", 1L);
      queue.close();
      bench.send(XdpBench.frame(0x11, 60, 1));
      assertThat(bench.receiveFor(queue, 20)).isEmpty();
      assertThat(queue.counters()).containsEntry("rx_unserved", 1L).containsEntry("rx_dropped", 1L);
      assertThat(queue.freeSlots()).isZero();
    }
  }

  @Test
  void queuesThatAreNotServedStayWithTheHost() throws Exception {
    try (XdpBench bench = new XdpBench(2, 1500);
        XdpPort port = bench.open(bench.options().withQueues(1));
        PacketSocket host = bench.hostSocket("near0")) {
      NicRxQueue queue = port.rxQueue(0);
      bench.fillFromPool(queue);
      FrameVector vector = new FrameVector(64, 2048);
      int sent = 0;
      int ours = 0;
      int hosts = 0;
      // The sender's core chooses the queue: send until both have had some, or long enough.
      while (sent < 5000 && (ours == 0 || hosts == 0)) {
        bench.send(XdpBench.frame(0x11, 60, sent++));
        ours += bench.receiveFor(queue, 1).size();
        hosts += host.receive(vector);
        bench.fillFromPool(queue);
      }
      for (int i = 0; i < 1000 && ours + hosts < sent; i++) {
        ours += bench.receiveFor(queue, 1).size();
        hosts += host.receive(vector);
      }
      assertThat(ours + hosts).as("ours %d, the host's %d", ours, hosts).isEqualTo(sent);
    }
  }
}
