// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static io.iovtee.vswitch.datapath.TestFrames.frame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.api.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A NIC queue that is filled from guest 1's ring, and then from the pool again. */
final class WriteThroughTest {
  private static final int NIC = 3;
  private static final int OWNER = OwnerIds.receive(1, 0);

  /** Bursts of one round: enough that host buffers which the NIC keeps are used up. */
  private static final int BURSTS = 20;

  private final TurnedLoops loops =
      new TurnedLoops(
          1,
          "in_port=p3,dl_dst=02:00:00:00:00:01,actions=output:p1",
          "in_port=p3,dl_dst=02:00:00:00:00:02,actions=output:p2",
          "in_port=p3,dl_dst=02:00:00:00:00:04,actions=output:p1,output:p2",
          "in_port=p3,dl_dst=02:00:00:00:00:07,dl_vlan=5,actions=strip_vlan,output:p1",
          "in_port=p3,dl_dst=02:00:00:00:00:05,actions=drop");
  private final TestGuest mapped = loops.guest(1);
  private final TestGuest other = loops.guest(2);
  private final TestNic nic = loops.nic(NIC);
  private LendingSource source;

  @AfterEach
  void sumsHold() {
    TurnedLoops.assertSums(nic.input());
    loops.close();
  }

  private void lend() {
    loops.run(() ->
        nic.binding
            .lendFrom(0, mapped.binding, 0, (ring, constraints) -> source = new LendingSource(ring))
            .join());
    loops.turn();
  }

  private void stopLending() {
    loops.run(() -> nic.binding.stopLending(0).join());
    loops.turn();
  }

  private void receive(byte[]... frames) {
    nic.receive(frames);
    loops.turn();
  }

  private long outcome(Outcome outcome) {
    return nic.input().outcome(outcome);
  }

  @Test
  void lendingTakesTheHostsBuffersBackAndFillsTheQueue() {
    loops.turn();
    assertThat(nic.held(FrameBatch.HOST_POOL)).isPositive();
    lend();
    assertThat(nic.held(FrameBatch.HOST_POOL)).isZero();
    assertThat(loops.chunks.getFirst().available()).isEqualTo(TurnedLoops.CHUNKS);
    assertThat(nic.held(OWNER)).isEqualTo(128).isEqualTo(source.lent);
  }

  private void lendFromTheOther() {
    loops.run(() ->
        nic.binding
            .lendFrom(0, other.binding, 0, (ring, constraints) -> new LendingSource(ring))
            .join());
  }

  /** So whose memory fails under a batch is known, and no guest is ended for its neighbour. */
  @Test
  void queueHoldsBuffersOfOneGuestAtATime() {
    lend();
    nic.keepsBuffers = true;
    stopLending();
    int held = nic.held(OWNER);
    assertThat(held).isPositive();
    assertThatThrownBy(this::lendFromTheOther)
        .hasMessageContaining("the queue holds " + held + " buffers of another guest: re-bind it");
    loops.run(() -> nic.binding.rebind(0, null));
    nic.keepsBuffers = false;
    lendFromTheOther();
    loops.turn();
    assertThat(nic.held(OWNER)).isZero();
    assertThat(nic.held(OwnerIds.receive(2, 0))).isPositive();
  }

  @Test
  void frameForTheLenderIsCompletedWhereItLies() {
    lend();
    byte[] frame = frame(1, 9, 77);
    nic.receive(frame);
    long address = nic.lastAddress();
    loops.turn();
    TestGuest.Received received = mapped.received().getFirst();
    assertThat(received.frame()).isEqualTo(frame);
    assertThat(mapped.frameAddress(received.buffer())).as("the NIC's write").isEqualTo(address);
    assertThat(outcome(Outcome.WRITTEN_THROUGH)).isEqualTo(1);
    assertThat(nic.input().copiedBytes()).isZero();
    assertThat(mapped.output().frames()).isEqualTo(1);
  }

  /** None needs a buffer that is not lent, so there may be as many at once as come. */
  @Test
  void framesThatLoseTheirTagAreCompletedWhereTheyLie() {
    lend();
    byte[][] frames = new byte[100][];
    for (int i = 0; i < frames.length; i++) {
      byte[] plain = frame(7, 9, i);
      frames[i] = new byte[plain.length + 4];
      System.arraycopy(plain, 0, frames[i], 0, 12);
      System.arraycopy(new byte[] {(byte) 0x81, 0, 0, 5}, 0, frames[i], 12, 4);
      System.arraycopy(plain, 12, frames[i], 16, plain.length - 12);
    }
    nic.receive(frames);
    long last = nic.lastAddress();
    loops.turn();
    List<TestGuest.Received> received = mapped.received();
    assertThat(received).hasSize(100);
    for (int i = 0; i < received.size(); i++) {
      assertThat(received.get(i).frame()).isEqualTo(frame(7, 9, i));
    }
    assertThat(mapped.frameAddress(received.getLast().buffer())).isEqualTo(last);
    assertThat(outcome(Outcome.WRITTEN_THROUGH)).isEqualTo(100);
    assertThat(nic.input().copiedBytes()).isZero();
  }

  @Test
  void frameForAnotherIsCopiedAndTheLenderSeesNothingOfIt() {
    lend();
    receive(frame(2, 9, 1), frame(2, 9, 2));
    assertThat(other.frames().stream().map(TestFrames::payload)).containsExactly(1, 2);
    assertThat(mapped.received()).isEmpty();
    assertThat(outcome(Outcome.COPIED_MISDIRECTED)).isEqualTo(2);
    assertThat(nic.input().copiedBytes()).as("fetched, then delivered").isEqualTo(240);
    assertThat(source.writtenLengths).as("to scrub").containsExactly(60, 60);
  }

  @Test
  void frameThatIsDroppedGivesItsBufferBack() {
    lend();
    receive(frame(5, 9, 1), frame(6, 9, 2));
    assertThat(mapped.received()).isEmpty();
    assertThat(nic.input().dropReasons()).isEqualTo(Map.of("rule", 1L, "no_rule", 1L));
    assertThat(source.writtenLengths).containsExactly(60, 60);
  }

  @Test
  void frameForBothIsCopiedForOneAndCompletedForTheOther() {
    lend();
    byte[] frame = frame(4, 9, 1);
    nic.receive(frame);
    long address = nic.lastAddress();
    loops.turn();
    assertThat(other.frames()).singleElement().isEqualTo(frame);
    TestGuest.Received received = mapped.received().getFirst();
    assertThat(received.frame()).isEqualTo(frame);
    assertThat(mapped.frameAddress(received.buffer())).isEqualTo(address);
    assertThat(nic.input().frames()).isEqualTo(1);
    assertThat(outcome(Outcome.WRITTEN_THROUGH)).isEqualTo(1);
    assertThat(source.writtenLengths).isEmpty();
  }

  @Test
  void mixtureKeepsEachOnesOrder() {
    lend();
    byte[][] frames = new byte[60][];
    for (int i = 0; i < frames.length; i++) {
      frames[i] = frame(1 + i % 2, 9, i);
    }
    receive(frames);
    assertPayloads(mapped, 0, 2, 30);
    assertPayloads(other, 1, 2, 30);
    assertThat(outcome(Outcome.WRITTEN_THROUGH)).isEqualTo(30);
    assertThat(outcome(Outcome.COPIED_MISDIRECTED)).isEqualTo(30);
  }

  private static void assertPayloads(TestGuest guest, int first, int step, int count) {
    List<Integer> expected = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      expected.add(first + i * step);
    }
    assertThat(guest.frames().stream().map(TestFrames::payload))
        .containsExactlyElementsOf(expected);
  }

  /** Buffers that the queue does not take can still be used by the copy path. */
  @Test
  void refusedBuffersAreNotLost() {
    nic.refuses = 3;
    lend();
    assertThat(source.refusals).isPositive();
    assertThat(nic.held(OWNER)).isEqualTo(128 - source.refusals);
    stopLending();
    nic.refuses = 0;
    assertEachBufferTakesOneFrame();
  }

  /** While the guest posts nothing, frames for others must not wait behind it for ever. */
  @Test
  void queueOfAGuestThatPostsNothingServesTheOthers() {
    lend();
    receive(framesForTheLender(128));
    assertThat(mapped.received()).hasSize(128); // and posts none of them again
    assertThat(nic.held(OWNER)).isZero();
    receive(frame(2, 9, 1));
    assertThat(nic.missed).as("at first the NIC drops").isEqualTo(1);
    for (int i = 0; i < 25_000; i++) {
      loops.loop().doWork();
    }
    receive(frame(2, 9, 2), frame(1, 9, 3));
    assertThat(other.frames().stream().map(TestFrames::payload)).containsExactly(2);
    assertThat(nic.input().copyReasons()).isEqualTo(Map.of("no_posted_buffer", 1L));
    assertThat(nic.input().dropReasons()).isEqualTo(Map.of("no_guest_buffer", 1L));

    source.reserve = 32;
    mapped.post(128);
    for (int i = 0; i < 40; i++) { // uses up the host's
      receive(frame(1, 9, 100 + i));
    }
    assertThat(nic.held(FrameBatch.HOST_POOL)).isZero();
    assertThat(nic.held(OWNER)).isPositive();
    assertPayloads(mapped, 100, 1, 40);
    assertThat(outcome(Outcome.WRITTEN_THROUGH)).isGreaterThan(128);
  }

  /** Its core is just writing there: buffers that come fast are taken in lots. */
  @Test
  void buffersOfAGuestThatPostsThemFastAreTakenInLots() {
    lend();
    for (int took = 0; took < 2_560; took += 128) { // in 100 us: a lot of 64 takes 2.5
      nic.receive(framesForTheLender(128));
      loops.loop().doWork();
      assertThat(nic.held(OWNER)).isZero();
      mapped.recycle();
      loops.nowNs += LotPace.MEASURED_NS / 19;
      loops.turn();
      assertThat(nic.held(OWNER)).isEqualTo(128);
    }
    nic.receive(framesForTheLender(128));
    loops.loop().doWork();
    assertThat(nic.held(OWNER)).isZero();
    mapped.recycle();
    loops.nowNs += 2_000;
    loops.turn();
    assertThat(nic.held(OWNER)).as("not yet").isZero();
    loops.nowNs += 1_000;
    loops.turn();
    assertThat(nic.held(OWNER)).isEqualTo(128);
  }

  private static byte[][] framesForTheLender(int count) {
    byte[][] frames = new byte[count][];
    for (int i = 0; i < count; i++) {
      frames[i] = frame(1, 9, i);
    }
    return frames;
  }

  /** Copy, write-through, copy, and again, with frames in the ring at each change. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void sourceChangesUnderTraffic(boolean nicKeepsBuffers) {
    nic.keepsBuffers = nicKeepsBuffers;
    int next = 0;
    long missed = 0;
    List<Integer> arrived = new ArrayList<>();
    for (int round = 0; round < 40; round++) {
      for (int burst = 0; burst < BURSTS; burst++) {
        for (int i = 0; i < 20; i++) {
          nic.receive(frame(1, 9, next++));
        }
        if (burst == 1) {
          lend(); // with frames that wait in the ring
        } else if (burst == BURSTS - 1) {
          stopLending();
        } else {
          loops.turn();
        }
        List<byte[]> frames = mapped.frames();
        frames.forEach(frame -> arrived.add(TestFrames.payload(frame)));
        mapped.post(frames.size());
        loops.turn();
      }
      missed = nic.missed;
    }
    assertThat(nic.input().frames()).isEqualTo(next - missed);
    assertThat(nic.input().outcome(Outcome.DROPPED)).isZero();
    assertThat(arrived).doesNotHaveDuplicates().hasSize((int) (next - missed));
    assertThat(arrived).as("in order").isSorted();
    assertThat(outcome(Outcome.WRITTEN_THROUGH)).isPositive();
    assertThat(outcome(Outcome.COPIED)).isPositive();
    assertThat(nic.input().copyReasons().keySet()).isSubsetOf("transition", "no_posted_buffer");
    if (!nicKeepsBuffers) {
      assertThat(nic.held(OWNER)).as("recalled").isZero();
      assertEachBufferTakesOneFrame();
    }
  }

  /** None was lost, none is used twice: the copy path fills all 128, one by one. */
  private void assertEachBufferTakesOneFrame() {
    assertThat(nic.held(OWNER)).isZero();
    List<Integer> buffers = new ArrayList<>();
    for (int i = 0; i < 128; i++) {
      receive(frame(1, 9, i));
    }
    mapped.received().forEach(received -> buffers.add(received.buffer()));
    assertThat(buffers).hasSize(128).doesNotHaveDuplicates();
    receive(frame(1, 9, 999));
    assertThat(mapped.received()).as("there are no more").isEmpty();
  }

  @Test
  void hostBuffersThatTheNicKeepsAreATransition() {
    nic.keepsBuffers = true;
    loops.turn();
    int kept = nic.held(FrameBatch.HOST_POOL);
    assertThat(kept).isPositive();
    lend();
    receive(frame(1, 9, 1));
    assertThat(mapped.frames()).hasSize(1);
    assertThat(nic.input().copyReasons()).isEqualTo(Map.of("transition", 1L));
    assertThat(nic.held(FrameBatch.HOST_POOL)).isEqualTo(kept - 1);
  }

  /** Host buffers in it could not be recalled; but it does not wait for long. */
  @Test
  void aQueueThatWasReboundIsLeftToItsLender() {
    nic.keepsBuffers = true;
    for (int i = 0; i < 100 && nic.held(OWNER) == 0; i++) { // this thread may come too late
      loops.run(() -> nic.binding.rebind(0, mapped.memory()));
      lend();
    }
    assertThat(nic.held(OWNER)).isPositive();
    assertThat(nic.held(FrameBatch.HOST_POOL)).isZero();
  }

  @Test
  void guestBuffersThatTheNicKeepsAreStillTheGuests() {
    loops.run(() -> nic.binding.rebind(0, mapped.memory()));
    lend();
    assertThat(nic.held(OWNER)).isPositive();
    nic.keepsBuffers = true;
    stopLending();
    assertThat(source.stopped).isTrue();
    assertThat(nic.held(OWNER)).as("with the NIC until it fills them").isPositive();
    receive(frame(1, 9, 1), frame(2, 9, 2));
    assertThat(mapped.frames().stream().map(TestFrames::payload)).containsExactly(1);
    assertThat(other.frames().stream().map(TestFrames::payload)).containsExactly(2);
    assertThat(outcome(Outcome.WRITTEN_THROUGH)).isEqualTo(1);
    assertThat(outcome(Outcome.COPIED_MISDIRECTED)).isEqualTo(1);
    assertThat(source.writtenLengths).as("a stopped source is told nothing").isEmpty();
    loops.run(() -> nic.binding.rebind(0, null));
    assertThat(nic.held(OWNER)).isZero();
    mapped.post(1);
    loops.turn();
    assertEachBufferTakesOneFrame();
  }
}
