// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.xdp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.bench.peer.PeerRequirements;
import io.iovtee.it.peers.FlowDirector;
import io.iovtee.it.peers.Needs;
import io.iovtee.it.xdp.XdpBench.Frame;
import io.iovtee.vswitch.datapath.NicRxQueue;
import io.iovtee.vswitch.nic.xdp.XdpMode;
import io.iovtee.vswitch.nic.xdp.XdpPort;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Filters in the XDP program, with real frames on queues of a veth pair. */
final class XdpFilterIT {
  private static final int RING_SIZE = 256;

  @BeforeAll
  static void needsRoot() {
    Needs.present(PeerRequirements.networkNamespaces());
  }

  /** Native only: in generic mode a veth end counts its queues from another number. */
  @Test
  void eachQueueHasItsOwnFilters() throws Exception {
    int queues = 4;
    int rounds = 15;
    try (XdpBench bench = new XdpBench(queues, 1500);
        FlowDirector director = FlowDirector.attach(bench.veth);
        XdpPort port =
            bench.open(bench.options().withMode(XdpMode.NATIVE).withRingSize(RING_SIZE))) {
      assertThat(director).isNotNull();
      for (int q = 0; q < queues; q++) {
        bench.fillFromPool(port.rxQueue(q));
      }
      // Queue 0 for one address, 1 for a range of them, 2 for two, 3 for all.
      port.rxQueue(0).filter("dl_dst=02:00:00:00:00:03");
      port.rxQueue(1).filter("dl_dst=02:00:00:00:00:18/ff:ff:ff:ff:ff:f8,dl_type=0x88b5");
      port.rxQueue(2).filter("dl_dst=02:00:00:00:00:21");
      port.rxQueue(2).filter("dl_dst=02:00:00:00:00:22");
      for (int round = 0; round < rounds; round++) {
        for (int address = 0; address < queues << 4; address++) {
          bench.send(XdpBench.frame(address, 60, round));
        }
      }
      int[] each = {1, 8, 2, 16};
      for (int q = 0; q < queues; q++) {
        NicRxQueue queue = port.rxQueue(q);
        List<Frame> received = new ArrayList<>();
        while (received.size() < each[q] * rounds) {
          List<Frame> more = bench.receive(queue, Math.min(64, each[q] * rounds - received.size()));
          assertThat(more).as("queue %d after %d", q, received.size()).isNotEmpty();
          received.addAll(more);
          bench.fillFromPool(queue);
        }
        long missed = q == 3 ? 0 : (16L - each[q]) * rounds;
        XdpBench.awaitCounter(queue, "rx_filtered", missed);
        assertThat(bench.receiveFor(queue, 5)).isEmpty();
        for (Frame frame : received) {
          int address = frame.bytes()[5];
          assertThat(address >> 4).isEqualTo(q);
          assertThat(isLetIn(address)).as("address %x", address).isTrue();
        }
        assertThat(queue.counters())
            .containsEntry("rx_filtered", missed)
            .containsEntry("rx_passed", (long) each[q] * rounds)
            .containsEntry("rx_dropped", 0L);
      }
    }
  }

  private static boolean isLetIn(int address) {
    return switch (address >> 4) {
      case 0 -> address == 0x03;
      case 1 -> address >= 0x18;
      case 2 -> address == 0x21 || address == 0x22;
      default -> true;
    };
  }

  /** A filter that is there all the time never misses a frame, whatever else comes and goes. */
  @Test
  void filtersAreReplacedUnderTrafficWithoutLosingAFrame() throws Exception {
    int frames = 20_000;
    AtomicInteger seen = new AtomicInteger();
    try (XdpBench bench = XdpBench.oneQueue();
        XdpPort port = bench.open(bench.options().withRingSize(2048))) {
      NicRxQueue queue = port.rxQueue(0);
      bench.fillFromPool(queue);
      queue.filter("dl_dst=02:00:00:00:00:01");
      Thread sender =
          Thread.ofPlatform()
              .start(() -> {
                for (int i = 0; i < frames; i++) {
                  while (i - seen.get() > 500) {
                    Thread.onSpinWait();
                  }
                  bench.send(numbered(1, i), numbered(2, i));
                }
              });
      int others = 0;
      int changes = 0;
      int next = 0;
      for (int idle = 0; next < frames && idle < 10_000; idle++) {
        if (changes++ % 2 == 0) {
          assertThat(queue.filter("dl_dst=02:00:00:00:00:02")).isTrue();
        } else {
          assertThat(queue.unfilter("dl_dst=02:00:00:00:00:02")).isTrue();
        }
        for (Frame frame : bench.receiveFor(queue, 1)) {
          idle = 0;
          if (frame.bytes()[5] == 1) {
            assertThat(ByteBuffer.wrap(frame.bytes()).getInt(20)).isEqualTo(next++);
            seen.set(next);
          } else {
            others++;
          }
        }
        bench.fillFromPool(queue);
      }
      sender.join();
      assertThat(next).as("frames that may always pass").isEqualTo(frames);
      for (int i = 0; i < 10_000 && queue.counters().get("rx_filtered") + others < frames; i++) {
        others += bench.receiveFor(queue, 1).size();
      }
      var counters = queue.counters();
      assertThat(changes).isGreaterThan(20);
      assertThat(counters).containsEntry("rx_dropped", 0L).containsEntry("rx_unserved", 0L);
      assertThat(counters.get("rx_filtered") + others).isEqualTo(frames);
      assertThat(counters.get("rx_filtered")).isPositive();
      assertThat(counters.get("rx_passed")).isEqualTo(frames + others);
    }
  }

  private static byte[] numbered(int address, int number) {
    byte[] frame = XdpBench.frame(address, 60, 0);
    ByteBuffer.wrap(frame).putInt(20, number);
    return frame;
  }

  @ParameterizedTest
  @EnumSource(names = {"NATIVE", "GENERIC"})
  void aFrameThatIsTooLongIsKeptOutAndCounted(XdpMode mode) throws Exception {
    try (XdpBench bench = new XdpBench(1, 2000);
        XdpPort port = bench.open(bench.options().withMode(mode).withRingSize(RING_SIZE))) {
      NicRxQueue queue = port.rxQueue(0);
      bench.fillFromPool(queue);
      queue.filter("dl_dst=02:00:00:00:00:11");
      bench.send(XdpBench.frame(0x11, 1537, 0), XdpBench.frame(0x11, 1536, 1));
      assertThat(bench.receive(queue, 1)).extracting(f -> f.bytes().length).containsExactly(1536);
      assertThat(queue.counters())
          .containsEntry("rx_too_long", 1L)
          .containsEntry("rx_passed", 1L)
          .containsEntry("rx_dropped", 0L);
    }
  }

  @Test
  void aMatchThatTheProgramCanNotDecideIsRefusedByNameAndChangesNothing() {
    try (XdpBench bench = XdpBench.oneQueue();
        XdpPort port = bench.open(bench.options())) {
      NicRxQueue queue = port.rxQueue(0);
      assertThatThrownBy(() -> queue.filter("ipv6,nw_frag=later"))
          .hasMessageContaining("nw_frag in IPv6 stands in an extension header");
      assertThat(queue.filtering()).isNull();
      queue.filter("arp");
      assertThatThrownBy(() -> queue.filter("ipv6,nw_proto=43"))
          .hasMessageContaining("nw_proto=43");
      assertThat(queue.filtering()).isEqualTo("xdp-program arp");
      assertThat(queue.unfilter("ipv6,nw_proto=43")).isFalse();
    }
  }

  /** No device here has flow rules; this one says so. */
  @Test
  void steeringIsRefusedWithTheDriversReason() {
    try (XdpBench bench = new XdpBench(2, 1500);
        XdpPort port = bench.open(bench.options().withRingSize(RING_SIZE))) {
      NicRxQueue queue = port.rxQueue(1);
      assertThatThrownBy(() -> queue.steer("dl_dst=02:00:00:00:00:11"))
          .hasMessageContaining("near0 does not do flow rules: its driver has none")
          .hasMessageContaining("ETHTOOL_GRXCLSRLCNT")
          .hasMessageContaining("EOPNOTSUPP");
      assertThatThrownBy(() -> queue.steer("tcp,tcp_flags=+syn"))
          .hasMessageContaining("no place for tcp_flags");
      assertThat(queue.unsteer("dl_dst=02:00:00:00:00:11")).isFalse();
      assertThat(queue.unsteer("nonsense")).isFalse();
    }
  }
}
