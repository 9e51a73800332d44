// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static io.iovtee.vswitch.datapath.TestFrames.frame;
import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.Outcome;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Frames for a port that another poll loop serves. */
final class HandoverTest {
  private TurnedLoops loops = new TurnedLoops(2, "in_port=p1,actions=output:p2");
  private TestGuest sender;
  private TestGuest receiver;

  private void connect(int receiverBuffers, String... rules) {
    if (rules.length > 0) {
      loops.close();
      loops = new TurnedLoops(2, rules);
    }
    sender = loops.guest(loops.loops.get(0), 1, 128);
    receiver = loops.guest(loops.loops.get(1), 2, receiverBuffers);
    loops.run(() -> sender.binding.connectFrom(loops.loops));
    loops.run(() -> receiver.binding.connectFrom(loops.loops));
  }

  @AfterEach
  void close() {
    loops.close();
  }

  private void send(int from, int count) {
    for (int i = from; i < from + count; i++) {
      sender.put(frame(2, 1, i));
    }
    sender.publish();
  }

  /** Duty cycles of one loop alone. */
  private void turn(int loop, int cycles) {
    for (int i = 0; i < cycles; i++) {
      loops.loops.get(loop).doWork();
    }
    sender.reapSent();
  }

  private void assertOutcomes(long copied, Map<String, Long> dropped) {
    InputCounters input = sender.input();
    assertThat(input.dropReasons()).isEqualTo(dropped);
    assertThat(input.outcome(Outcome.COPIED)).isEqualTo(copied);
    TurnedLoops.assertSums(input);
  }

  @Test
  void arriveInOrderByteForByte() {
    connect(128);
    for (int round = 0; round < 50; round++) {
      for (int i = 0; i < 100; i++) {
        sender.put(frame(TestFrames.mac(2), TestFrames.mac(1), 60 + i * 14, round * 100 + i));
      }
      sender.publish();
      loops.turn();
      assertThat(sender.reapSent()).isEqualTo(100);
      List<byte[]> frames = receiver.frames();
      assertThat(frames).hasSize(100);
      for (int i = 0; i < 100; i++) {
        assertThat(frames.get(i))
            .isEqualTo(frame(TestFrames.mac(2), TestFrames.mac(1), 60 + i * 14, round * 100 + i));
      }
      receiver.post(100);
    }
    assertOutcomes(5000, Map.of());
    assertThat(sender.input().matchedTo(2)).isEqualTo(5000);
    assertThat(receiver.output().frames()).isEqualTo(5000);
    // Into a chunk, into the ring, out of it.
    assertThat(sender.input().copiedBytes()).isEqualTo(3 * sender.input().bytes());
    assertThat(loops.chunks).allSatisfy(stack -> assertThat(stack.available()).isEqualTo(1024));
  }

  @Test
  void fullRingIsADropWithItsReason() {
    connect(128);
    for (int i = 0; i < 3; i++) {
      send(i * 128, 128);
      turn(0, 4); // the other loop stands still
    }
    assertThat(sender.input().frames()).as("what is under way is not decided").isEqualTo(128);
    assertOutcomes(0, Map.of("handover_full", 128L));
    receiver.post(128);
    loops.turn();
    assertThat(receiver.frames()).hasSize(256);
    assertOutcomes(256, Map.of("handover_full", 128L));
    send(1000, 64);
    loops.turn();
    assertThat(sender.input().frames()).as("free again").isEqualTo(384 + 64);
  }

  /** The receiver posts fewer buffers than frames come: the rest is lost on its own loop. */
  @Test
  void lostBehindTheRingIsADropWithItsReason() {
    connect(10);
    send(0, 100);
    loops.turn();
    assertThat(receiver.frames()).hasSize(10);
    assertOutcomes(10, Map.of("no_guest_buffer", 90L));
    assertThat(receiver.output().frames()).isEqualTo(10);
    assertThat(receiver.output().dropped()).isEqualTo(90);
  }

  @Test
  void portThatIsDownBehindTheRing() {
    connect(128);
    loops.run(() -> receiver.binding.enableRing(0, false).join());
    send(0, 20);
    loops.turn();
    assertThat(receiver.frames()).isEmpty();
    assertOutcomes(0, Map.of("port_down", 20L));
  }

  /** What one port of several has got is delivered, whatever became of the other copies. */
  @ParameterizedTest
  @CsvSource({"10, 40", "40, 10"})
  void frameForSeveralPortsIsCountedOnce(int far, int near) {
    for (String ports : List.of("output:p2,output:p3", "output:p3,output:p2")) {
      connect(far, "in_port=p1,actions=" + ports, "actions=drop");
      TestGuest neighbour = loops.guest(loops.loops.get(0), 3, near);
      send(0, 60);
      loops.turn();
      assertThat(neighbour.frames()).hasSize(near);
      assertThat(receiver.frames()).hasSize(far);
      // The first 10 have both, 30 more one of the two, the last 20 none.
      assertThat(sender.input().frames()).isEqualTo(60);
      assertOutcomes(40, Map.of("no_guest_buffer", 20L));
    }
  }

  @Test
  void twoCopiesToTheOtherLoopAreOneFrame() {
    connect(50, "in_port=p1,actions=output:p2,output:p3", "actions=drop");
    TestGuest third = loops.guest(loops.loops.get(1), 3, 50);
    loops.run(() -> third.binding.connectFrom(loops.loops));
    send(0, 50);
    loops.turn();
    assertThat(receiver.frames()).hasSize(50);
    assertThat(third.frames()).hasSize(50);
    assertOutcomes(50, Map.of());
  }

  @Test
  void portThatIsTakenOutLeavesNoFrameUndecided() throws InterruptedException {
    loops.close();
    loops = new TurnedLoops(2, "in_port=p1,actions=output:p2");
    sender = loops.guest(loops.loops.get(0), 1, 128);
    receiver = loops.guest(loops.loops.get(1), 2, 128);
    Runnable[] undo = new Runnable[1];
    loops.run(() -> undo[0] = receiver.binding.connectFrom(loops.loops));
    send(0, 128);
    turn(0, 4);
    // The other loop shall see the command before the frames.
    Thread remover = Thread.ofPlatform().start(undo[0]);
    while (loops.loops.get(0).doWork() == 0) {
      Thread.onSpinWait();
    }
    Thread.sleep(50);
    while (remover.isAlive()) {
      loops.loops.get(0).doWork();
      loops.loops.get(1).doWork();
    }
    loops.turn();
    long arrived = receiver.frames().size();
    assertThat(sender.input().frames()).isEqualTo(128);
    assertOutcomes(arrived, arrived == 128 ? Map.of() : Map.of("port_down", 128 - arrived));
    send(200, 5);
    loops.turn();
    assertThat(sender.input().frames()).isEqualTo(133);
    TurnedLoops.assertSums(sender.input());
  }
}
