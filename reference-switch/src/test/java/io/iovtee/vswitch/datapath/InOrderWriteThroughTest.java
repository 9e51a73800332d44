// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static io.iovtee.vswitch.datapath.TestFrames.frame;
import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.GuestReceiveRing;
import io.iovtee.api.Outcome;
import io.iovtee.vswitch.virtio.VirtioFeature;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A NIC queue that is filled from the ring of a guest with IN_ORDER. */
final class InOrderWriteThroughTest {
  private static final int NIC = 3;
  private static final int OWNER = OwnerIds.receive(1, 0);
  private static final int BUFFERS = 128;

  /** Posted buffers that are not lent. */
  private static final int RESERVE = 16;

  private final TurnedLoops loops =
      new TurnedLoops(
          1,
          "in_port=p3,dl_dst=02:00:00:00:00:01,actions=output:p1",
          "in_port=p3,dl_dst=02:00:00:00:00:02,actions=output:p2",
          "in_port=p2,actions=output:p1");
  private final TestGuest mapped =
      loops.guest(loops.loop(), 1, BUFFERS, TestGuest.FEATURES | VirtioFeature.IN_ORDER.mask());
  private final TestGuest other = loops.guest(2);
  private final TestNic nic = loops.nic(NIC);

  /** Buffers in the order in which they were posted, as the guest expects them back. */
  private int nextBuffer;

  @AfterEach
  void sumsHold() {
    TurnedLoops.assertSums(nic.input());
    loops.close();
  }

  private void lend() {
    loops.run(() ->
        nic.binding.lendFrom(0, mapped.binding, 0, (ring, constraints) -> source(ring)).join());
    loops.turn();
  }

  private LendingSource source(GuestReceiveRing ring) {
    LendingSource source = new LendingSource(ring);
    source.reserve = RESERVE;
    return source;
  }

  private void stopLending() {
    loops.run(() -> nic.binding.stopLending(0).join());
    loops.turn();
  }

  /** What came, each in the buffer whose turn it was; empty ones are null. */
  private List<Integer> arrived() {
    List<Integer> payloads = new ArrayList<>();
    for (TestGuest.Received received : mapped.received()) {
      assertThat(received.buffer()).as("in order").isEqualTo(nextBuffer % TestGuest.SIZE);
      nextBuffer++;
      byte[] frame = received.frame();
      payloads.add(frame.length == 0 ? null : TestFrames.payload(frame));
    }
    return payloads;
  }

  @Test
  void framesOfTheQueueComeInOrderAndInPlace() {
    lend();
    for (int i = 0; i < 40; i++) {
      nic.receive(frame(1, 9, i));
    }
    loops.turn();
    assertThat(arrived()).hasSize(40).isSorted();
    assertThat(nic.input().outcome(Outcome.WRITTEN_THROUGH)).isEqualTo(40);
  }

  /** What is in the NIC's buffers of our own comes first, and needs a posted one each. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void flowsKeepTheirOrderWhileTheSourceChanges(boolean nicKeepsBuffers) {
    nic.keepsBuffers = nicKeepsBuffers;
    var random = new Random(7);
    int next = 0;
    boolean lends = false;
    List<Integer> all = new ArrayList<>();
    for (int step = 0; step < 3_000; step++) {
      for (int i = random.nextInt(40); i > 0; i--) {
        nic.receive(frame(1, 9, next++));
      }
      if (random.nextInt(20) == 0) {
        lends = !lends;
        if (lends) {
          lend();
        } else {
          stopLending();
        }
      } else {
        loops.turn();
      }
      List<Integer> came = arrived();
      all.addAll(came);
      mapped.post(came.size());
      loops.turn();
    }
    assertThat(all).doesNotContainNull().doesNotHaveDuplicates().hasSize(next - nic.missed);
    assertThat(all).isSorted();
    assertThat(nic.input().outcome(Outcome.DROPPED)).isZero();
    assertThat(nic.input().outcome(Outcome.WRITTEN_THROUGH)).isGreaterThan(next / 10);
    assertThat(nic.input().outcome(Outcome.COPIED)).isPositive();
  }

  /** Nobody else's frame is seen; the frames behind it do not wait, and keep their places. */
  @Test
  void aForeignFramesBufferGoesBackEmptyInItsTurn() {
    lend();
    nic.receive(frame(1, 9, 1), frame(2, 9, 2), frame(1, 9, 3));
    loops.turn();
    assertThat(arrived()).containsExactly(1, null, 3);
    assertThat(other.frames().stream().map(TestFrames::payload)).containsExactly(2);
  }

  /** Why a mapping must end that holds copies up: only then they are seen. */
  @Test
  void copiesWaitBehindLentBuffersUntilTheseAreTakenBack() {
    lend();
    other.send(frame(1, 9, 5));
    loops.turn();
    assertThat(arrived()).isEmpty();
    assertThat(heldUpBy()).as("the buffer that all wait for").isZero();
    nic.receive(frame(1, 9, 6));
    loops.turn();
    assertThat(arrived()).containsExactly(6);
    assertThat(heldUpBy()).isEqualTo(1);
    stopLending();
    List<Integer> came = arrived();
    assertThat(came).as("those behind it can be used").hasSize(BUFFERS - RESERVE);
    assertThat(came.stream().filter(payload -> payload != null)).containsExactly(5);
    assertThat(heldUpBy()).isEqualTo(-1);
    assertThat(nic.held(OWNER)).isZero();
  }

  private long heldUpBy() {
    return mapped.binding.receiveRing(0).queue.heldUpBy();
  }
}
