// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.Outcome;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Memfd;
import io.iovtee.vswitch.linux.Mmap;
import io.iovtee.vswitch.memory.GuestMemory;
import io.iovtee.vswitch.memory.MemoryRegion;
import io.iovtee.vswitch.virtio.DriverVirtqueue;
import io.iovtee.vswitch.virtio.VirtioFeature;
import io.iovtee.vswitch.virtio.VirtqueueSetup;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which receive ring of a guest with several queue pairs gets a frame. */
final class QueuePairChoiceTest {
  private static final int PAIRS = 4;
  private static final int SIZE = 256;
  private static final int BUFFER = 2048;
  private static final int RING = 0x4000;
  private static final int BUFFERS = PAIRS * RING;
  private static final int BYTES = BUFFERS + PAIRS * SIZE * BUFFER;
  private static final int FLOWS = 32;
  private static final int FRAMES = 3;
  private static final long FEATURES = VirtioFeature.VERSION_1.mask();

  private final TurnedLoops loops = new TurnedLoops(1, "in_port=p3,actions=output:p1");
  private final TestNic nic = loops.nic(3);
  private final Fd file = Memfd.create("queue-pairs", BYTES);
  private final Mmap mapping = Mmap.shared(file, 0, BYTES, true);
  private final GuestMemory memory =
      GuestMemory.ofMapped(List.of(new MemoryRegion(0, BYTES, 0, 0, mapping.address())));
  private final GuestBinding guest = new GuestBinding(1, PAIRS, loops.loop());
  private final DriverVirtqueue[] rings = new DriverVirtqueue[PAIRS];

  @BeforeEach
  void startRings() {
    for (int pair = 0; pair < PAIRS; pair++) {
      int vring = 2 * pair;
      DriverVirtqueue ring =
          new DriverVirtqueue(
              mapping.address() + (long) pair * RING, (long) pair * RING, SIZE, FEATURES);
      for (int i = 0; i < SIZE; i++) {
        ring.add(buffer(pair, i), BUFFER, true, i);
      }
      ring.publish();
      rings[pair] = ring;
      VirtqueueSetup setup =
          VirtqueueSetup.of(
              "test",
              memory,
              ring.descAddress(),
              ring.availAddress(),
              ring.usedAddress(),
              SIZE,
              0,
              0,
              FEATURES);
      loops.run(() -> guest.startRing(vring, setup, true, null, null).join());
    }
  }

  private static long buffer(int pair, int i) {
    return BUFFERS + (long) (pair * SIZE + i) * BUFFER;
  }

  @AfterEach
  void close() {
    TurnedLoops.assertSums(nic.input());
    mapping.close();
    file.close();
    loops.close();
  }

  /** The flows one after the other, again and again: each frame with its flow and number. */
  private void sendAll() {
    for (int number = 0; number < FRAMES; number++) {
      for (int flow = 0; flow < FLOWS; flow++) {
        byte[] frame = TestFrames.frame(1, 100 + flow, flow * FRAMES + number);
        Arrays.fill(frame, TestFrames.PAYLOAD_OFFSET + 4, frame.length, (byte) 0);
        nic.receive(frame);
      }
      loops.turn();
    }
  }

  /** What each ring received: flow * FRAMES + number. */
  private Map<Integer, List<Integer>> received() {
    Map<Integer, List<Integer>> all = new TreeMap<>();
    int[] tokens = new int[SIZE];
    for (int pair = 0; pair < PAIRS; pair++) {
      int n = rings[pair].reap(tokens, new int[SIZE], SIZE);
      for (int i = 0; i < n; i++) {
        byte[] frame = new byte[60];
        long at = mapping.address() + buffer(pair, tokens[i]) + TestGuest.HEADER;
        AddressSpace.copyToArray(at, frame, 0, frame.length);
        all.computeIfAbsent(pair, p -> new ArrayList<>()).add(TestFrames.payload(frame));
      }
    }
    return all;
  }

  /** All frames of one flow are in one ring, in order. */
  private static void assertFlowsStayTogether(Map<Integer, List<Integer>> received) {
    assertThat(received.values().stream().mapToInt(List::size).sum()).isEqualTo(FLOWS * FRAMES);
    received.forEach((pair, frames) -> {
      for (int flow = 0; flow < FLOWS; flow++) {
        int of = flow;
        List<Integer> its = frames.stream().filter(f -> f / FRAMES == of).toList();
        assertThat(its).as("flow %d in ring %d", flow, pair).isSorted();
        assertThat(its.size()).isIn(0, FRAMES);
      }
    });
  }

  @Test
  void flowsAreSpreadAndEachStaysOnItsRing() {
    sendAll();
    Map<Integer, List<Integer>> received = received();
    assertFlowsStayTogether(received);
    assertThat(received.keySet()).containsExactly(0, 1, 2, 3);
  }

  @Test
  void ringsThatStopAreLeftOutFromTheEndOn() {
    loops.run(() -> guest.stopRing(6).join());
    loops.run(() -> guest.stopRing(4).join());
    sendAll();
    Map<Integer, List<Integer>> received = received();
    assertFlowsStayTogether(received);
    assertThat(received.keySet()).containsExactly(0, 1);
  }

  @Test
  void flowsOfARingThatIsHeldGoNowhereElse() {
    sendAll();
    Map<Integer, List<Integer>> before = received();
    loops.run(() -> guest.enableRing(2, false).join());
    sendAll();
    Map<Integer, List<Integer>> after = received();
    List<Integer> lost = before.remove(1);
    assertThat(after).isEqualTo(before);
    assertThat(nic.input().dropReasons()).isEqualTo(Map.of("port_down", (long) lost.size()));
  }

  /** Frames that came in host buffers stay beside those that are written through, so in order. */
  @Test
  void copiesOnAQueueThatARingFillsGoToThatRing() {
    nic.keepsBuffers = true;
    loops.turn();
    assertThat(nic.held(FrameBatch.HOST_POOL)).isGreaterThan(FLOWS * FRAMES);
    loops.run(() ->
        nic.binding.lendFrom(0, guest, 2, (ring, constraints) -> new LendingSource(ring)).join());
    sendAll();
    Map<Integer, List<Integer>> received = received();
    assertThat(received.keySet()).containsExactly(2);
    assertFlowsStayTogether(received);
    assertThat(nic.input().copyReasons()).containsOnlyKeys("transition");
  }

  @Test
  void copiesOnAQueueThatAnotherGuestFillsAreSpread() {
    TestGuest other = loops.guest(2);
    loops.run(() ->
        nic.binding
            .lendFrom(0, other.binding, 0, (ring, constraints) -> new LendingSource(ring))
            .join());
    loops.turn();
    sendAll();
    Map<Integer, List<Integer>> received = received();
    assertFlowsStayTogether(received);
    assertThat(received.keySet()).containsExactly(0, 1, 2, 3);
    assertThat(nic.input().outcome(Outcome.COPIED_MISDIRECTED)).isEqualTo(FLOWS * FRAMES);
    assertThat(other.received()).isEmpty();
  }
}
