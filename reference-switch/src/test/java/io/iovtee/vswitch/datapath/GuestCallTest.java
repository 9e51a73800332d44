// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static io.iovtee.vswitch.datapath.TestFrames.frame;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.vswitch.linux.EventFd;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A guest is woken for what it received, also when it decides to sleep at the moment in which the
 * loop looks: on two cores the wish may become visible only after the look.
 */
final class GuestCallTest {
  private final TurnedLoops loops =
      new TurnedLoops(1, "dl_dst=02:00:00:00:00:02,actions=output:p2");
  private final TestGuest sender = loops.guest(1);
  private final TestGuest receiver = loops.guest(2);

  @AfterEach
  void close() {
    loops.close();
  }

  /** One frame, and no duty cycle more than it takes to deliver it. */
  private void deliver() {
    sender.put(frame(2, 1, 0));
    sender.publish();
    loops.loop().doWork();
    assertThat(receiver.received()).hasSize(1);
    sender.reapSent();
  }

  @Test
  void aGuestThatWaitsIsWokenAtOnce() {
    receiver.wantCalls(true);
    deliver();
    assertThat(receiver.call.drain()).isEqualTo(1);
    loops.turn();
    assertThat(receiver.call.drain()).as("the same frame").isZero();
  }

  @Test
  void aGuestThatPollsIsNotWoken() {
    receiver.wantCalls(false);
    deliver();
    loops.turn();
    receiver.wantCalls(true);
    loops.turn();
    assertThat(receiver.call.drain()).as("it saw the frame before it wished").isZero();
  }

  @Test
  void aWishThatIsSeenLateIsSeen() {
    receiver.wantCalls(false);
    deliver();
    receiver.wantCalls(true);
    loops.turn();
    assertThat(receiver.call.drain()).isEqualTo(1);
  }

  @Test
  void alsoOfAGuestThatOnlyReceives() {
    loops.run(() -> receiver.binding.enableRing(1, false).join());
    aWishThatIsSeenLateIsSeen();
  }

  @Test
  void alsoWhenTheRingIsHeldMeanwhile() {
    receiver.wantCalls(false);
    deliver();
    receiver.wantCalls(true);
    var held = receiver.binding.enableRing(0, false);
    loops.loop().doWork(); // takes the command first
    assertThat(held).isCompleted();
    assertThat(receiver.call.drain()).isEqualTo(1);
  }

  @Test
  void alsoWhenTheRingIsStoppedMeanwhile() {
    receiver.wantCalls(false);
    deliver();
    receiver.wantCalls(true);
    var stopped = receiver.binding.stopRing(0);
    loops.loop().doWork();
    assertThat(stopped).isCompleted();
    assertThat(receiver.call.drain()).isEqualTo(1);
  }

  /** The next look could be a whole sleep away. */
  @Test
  void alsoWhenTheLoopGoesToSleep() {
    receiver.wantCalls(false);
    deliver();
    receiver.wantCalls(true);
    GuestInput input = new GuestInput(2, 0, loops.chunks.getFirst(), loops.loop().clockNs());
    input.setReceiveRing(receiver.binding.receiveRing(0));
    try (LoopSleep sleep = new LoopSleep(1)) {
      sleep.begin(1, FrameInput.DESCRIPTORS_MAX);
      input.arm(sleep);
      sleep.await();
      sleep.end();
    }
    assertThat(receiver.call.drain()).isEqualTo(1);
  }

  /** Its transmit ring fails again and again: nothing comes from there any more. */
  @Test
  void alsoWhenWhatItSendsIsPolledNoMore() {
    EventFd closed = EventFd.create();
    closed.close();
    loops.run(() -> receiver.binding.setCall(1, closed).join());
    for (int i = 0; i < LoopInput.FAILURES_MAX; i++) {
      assertThat(sendsAndIsReaped()).as("frame %d", i).isEqualTo(1);
    }
    assertThat(requireNonNull(loops.loop().takeFailure()).cause())
        .hasMessageContaining("descriptor is closed");
    assertThat(sendsAndIsReaped()).as("given up").isZero();
    aWishThatIsSeenLateIsSeen();
  }

  private int sendsAndIsReaped() {
    receiver.put(frame(9, 2, 0));
    receiver.publish();
    loops.loop().doWork();
    return receiver.reapSent();
  }

  @Test
  void alsoUnderAStreamOfFramesForOthers() {
    receiver.wantCalls(false);
    deliver();
    receiver.wantCalls(true);
    for (int i = 0; i < 8; i++) {
      sender.put(frame(9, 1, 0));
      sender.publish();
      loops.loop().doWork();
      sender.reapSent();
    }
    assertThat(receiver.call.drain()).isEqualTo(1);
  }
}
