// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static io.iovtee.vswitch.datapath.TestFrames.frame;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.BufferList;
import io.iovtee.api.GuestReceiveRing;
import io.iovtee.api.Outcome;
import io.iovtee.api.RxBufferSource;
import io.iovtee.vswitch.datapath.LoopFailure.Where;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.linux.EventFd;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Memfd;
import io.iovtee.vswitch.linux.Mmap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Code that throws in the middle of a batch: each frame has one outcome all the same, each buffer
 * goes back to where it came from, and whoever threw is blamed.
 */
final class BrokenBatchTest {
  private static final int NIC = 3;
  private static final int BAD = 4;
  private static final int PAGE = 4096;
  private static final int OWNER = OwnerIds.receive(1, 0);

  private final TurnedLoops loops =
      new TurnedLoops(
          2,
          "in_port=p3,dl_dst=02:00:00:00:00:01,actions=output:p1",
          "in_port=p3,dl_dst=02:00:00:00:00:04,actions=output:p4",
          "in_port=p5,actions=output:p1",
          "in_port=p6,actions=output:p4");
  private final TestGuest mapped = loops.guest(1);
  private final TestNic nic = loops.nic(NIC);
  private FailingSource source;

  @AfterEach
  void sumsHold() {
    TurnedLoops.assertSums(nic.input());
    loops.close();
  }

  /** As {@link LendingSource}; throws where the test wants it. */
  private static final class FailingSource implements RxBufferSource {
    private final LendingSource source;
    boolean failsToLend;
    boolean failsToTakeBack;

    FailingSource(GuestReceiveRing ring) {
      source = new LendingSource(ring);
    }

    @Override
    public String name() {
      return "failing";
    }

    @Override
    public int lend(BufferList out, int max) {
      int n = source.lend(out, max);
      failIf(failsToLend);
      return n;
    }

    @Override
    public void giveBack(int token, int writtenLength) {
      failIf(failsToTakeBack);
      source.giveBack(token, writtenLength);
    }

    private static void failIf(boolean fails) {
      if (fails) {
        throw new IllegalStateException("a defect of a source");
      }
    }

    @Override
    public void refused(int token) {
      source.refused(token);
    }
  }

  private void lend() {
    loops.run(() ->
        nic.binding
            .lendFrom(0, mapped.binding, 0, (ring, constraints) -> source = new FailingSource(ring))
            .join());
    loops.turn();
  }

  private LoopFailure failure() {
    return requireNonNull(loops.loop().takeFailure());
  }

  /** All of the guest's buffers, those with the NIC aside, can be filled by copies. */
  private void assertNoGuestBufferIsLost() {
    loops.run(() -> nic.binding.stopLending(0).join());
    loops.turn();
    int before = mapped.received().size();
    mapped.post(before);
    for (int i = 0; i < 128; i++) {
      nic.receive(frame(1, 9, i));
      loops.turn();
    }
    assertThat(mapped.frames()).hasSize(128);
  }

  private void assertNoChunkIsLost() {
    int free = loops.chunks.getFirst().available();
    assertThat(free + nic.held(FrameBatch.HOST_POOL)).isEqualTo(TurnedLoops.CHUNKS);
  }

  @Test
  void anOutputThatFailsCostsItsOwnFramesAndIsBlamed() {
    TestNic bad = loops.nic(BAD);
    bad.beforeSending =
        () -> {
          throw new IllegalStateException("a defect of an output");
        };
    lend();
    int rounds = 2 * LoopInput.FAILURES_MAX;
    for (int i = 0; i < rounds; i++) {
      nic.receive(frame(1, 9, i), frame(4, 9, i), frame(1, 9, i));
      loops.turn();
      assertThat(mapped.frames()).as("round %d", i).hasSize(2);
      mapped.post(2);
      assertThat(failure()).returns(Where.OUTPUT, LoopFailure::where).returns(BAD, f -> f.port());
    }
    assertThat(nic.input().outcome(Outcome.WRITTEN_THROUGH)).isEqualTo(2L * rounds);
    assertThat(nic.input().dropReasons()).isEqualTo(Map.of("internal_error", (long) rounds));
    loops.turn();
    assertNoGuestBufferIsLost();
  }

  @Test
  void aFlushThatFailsIsTheOutputsFault() {
    EventFd closed = EventFd.create();
    closed.close();
    loops.run(() -> mapped.binding.setCall(0, closed).join());
    mapped.wantCalls(true);
    nic.receive(frame(1, 9, 1));
    loops.loop().doWork();
    loops.loop().doWork();
    assertThat(mapped.frames()).hasSize(1);
    assertThat(failure()).returns(1, LoopFailure::port);
    assertThat(loops.faults).as("patience").isEmpty();
    for (int i = 1; i < LoopInput.FAILURES_MAX; i++) {
      nic.receive(frame(1, 9, 1));
      loops.loop().doWork();
    }
    assertThat(loops.faults).contains(1);
    assertThat(nic.input().outcome(Outcome.COPIED)).isEqualTo(LoopInput.FAILURES_MAX);
  }

  /** Here a defect shows as a head that no ring has. */
  @Test
  void aGuestWhoseRingWasWorkedOnHalfIsTakenOffTheLoop() {
    FrameInput input =
        batch -> {
          batch.add(mapped.frameAddress(0), 60, 0xffff, OWNER, (byte) 0);
          return 1;
        };
    InputCounters counters = new InputCounters();
    LoopInput row = new LoopInput(input, 5, counters);
    loops.loop().addInput(row);
    loops.loop().doWork();
    assertThat(loops.faults).contains(1);
    assertThat(failure()).returns(Where.OUTPUT, LoopFailure::where).returns(1, f -> f.port());
    assertThat(row.failures).isZero();
    assertThat(counters.dropReasons()).isEqualTo(Map.of("internal_error", 1L));
    TurnedLoops.assertSums(counters);
  }

  @Test
  void aSourceThatCannotLendCostsTheWriteThroughNotTheQueue() {
    lend();
    source.failsToLend = true;
    for (int i = 0; i < LoopInput.FAILURES_MAX; i++) {
      nic.receive(frame(1, 9, i));
      nic.receive(frame(4, 9, i));
      while (nic.binding.isLending(0) && nic.input().frames() < 2 * i + 2) {
        loops.loop().doWork();
      }
      loops.loop().doWork();
    }
    loops.turn();
    assertThat(nic.binding.isLending(0)).isFalse();
    assertThat(failure()).returns(Where.INPUT, LoopFailure::where).returns(NIC, f -> f.port());
    mapped.post(mapped.received().size());
    long before = nic.input().outcome(Outcome.COPIED);
    nic.receive(frame(1, 9, 77));
    loops.turn();
    assertThat(TestFrames.payload(mapped.frames().getFirst())).isEqualTo(77);
    assertThat(nic.input().outcome(Outcome.COPIED)).isEqualTo(before + 1);
    mapped.post(1);
    assertNoGuestBufferIsLost();
    assertNoChunkIsLost();
  }

  @Test
  void aSourceThatCannotTakeBackIsBlamedAndItsBuffersCount() {
    lend();
    source.failsToTakeBack = true;
    int rounds = LoopInput.FAILURES_MAX;
    for (int i = 0; i < rounds; i++) {
      nic.receive(frame(4, 9, i), frame(1, 9, i));
      loops.turn();
      assertThat(mapped.frames()).as("round %d", i).hasSize(1);
      mapped.post(1);
    }
    assertThat(loops.loop().lostBuffers()).isEqualTo(rounds);
    assertThat(failure()).returns(Where.GIVE_BACK, LoopFailure::where).returns(1, f -> f.port());
    assertThat(nic.binding.isLending(0)).as("after %d failures", rounds).isFalse();
    assertThat(nic.input().frames()).isEqualTo(2L * rounds);
    nic.receive(frame(1, 9, 77));
    loops.turn();
    assertThat(mapped.frames()).as("the queue goes on").hasSize(1);
  }

  /** A frame that no code can look at stands for a defect in the pipeline. */
  @Test
  void aBatchThatThePipelineFailsAtIsCountedAndGivenBack() {
    PollLoop loop = loops.loop();
    FrameInput input =
        batch -> {
          int chunk = loop.takeChunk();
          batch.add(loop.frameAddress(chunk), 60, chunk, FrameBatch.HOST_POOL, (byte) 0);
          chunk = loop.takeChunk();
          batch.add(loop.frameAddress(chunk), -1, chunk, FrameBatch.HOST_POOL, (byte) 0);
          return 2;
        };
    InputCounters counters = new InputCounters();
    loop.addInput(new LoopInput(input, 5, counters));
    int before = loops.chunks.getFirst().available() + nic.held(FrameBatch.HOST_POOL);
    for (int i = 0; i < 2 * LoopInput.FAILURES_MAX; i++) {
      loop.doWork();
    }
    assertThat(counters.frames()).isEqualTo(2L * LoopInput.FAILURES_MAX);
    assertThat(counters.dropReasons()).isEqualTo(Map.of("internal_error", counters.frames()));
    assertThat(loops.chunks.getFirst().available() + nic.held(FrameBatch.HOST_POOL))
        .isEqualTo(before);
    assertThat(failure()).returns(Where.INPUT, LoopFailure::where).returns(5, f -> f.port());
  }

  /** What the other loop could not send is told to the loop that counts, once. */
  @Test
  void framesOfAnotherLoopAreNotTakenTwice() {
    TestNic bad = loops.nic(BAD);
    bad.beforeSending =
        () -> {
          throw new IllegalStateException("a defect of an output");
        };
    PollLoop other = loops.loops.get(1);
    InputCounters counters = new InputCounters();
    int[] left = {5};
    FrameInput input =
        batch -> {
          if (left[0]-- <= 0) {
            return 0;
          }
          int chunk = other.takeChunk();
          AddressSpace.copyFromArray(frame(4, 9, 0), 0, other.frameAddress(chunk), 60);
          batch.add(other.frameAddress(chunk), 60, chunk, FrameBatch.HOST_POOL, (byte) 0);
          return 1;
        };
    other.addInput(new LoopInput(input, 6, counters));
    loops.turn();
    loops.turn();
    assertThat(counters.frames()).isEqualTo(5);
    assertThat(counters.dropReasons()).isEqualTo(Map.of("internal_error", 5L));
    assertThat(loops.chunks.get(1).available()).isEqualTo(TurnedLoops.CHUNKS);
    assertThat(failure()).returns(BAD, LoopFailure::port);
  }

  /** One frame's memory fails behind others that another loop has by then. */
  @Test
  void whatWasHandedOverBeforeAFaultCounts() {
    TestNic out = loops.nic(BAD);
    InputCounters counters = new InputCounters();
    try (Fd file = Memfd.create("broken-batch", 3 * PAGE);
        Mmap memory = Mmap.shared(file, 0, 3 * PAGE, true)) {
      AddressSpace.copyFromArray(frame(4, 9, 0), 0, memory.address(), 60);
      long last = memory.address() + 2 * PAGE - FrameBatch.FIRST_CAPTURE;
      AddressSpace.copy(memory.address(), last, 60);
      Memfd.truncate(file, 2 * PAGE);
      int lent = OwnerIds.transmit(6, 0);
      boolean[] done = {false};
      FrameInput input =
          batch -> {
            for (int i = 0; i < 7 && !done[0]; i++) {
              batch.add(memory.address(), 60, i, lent, (byte) 0);
            }
            if (!done[0]) {
              batch.add(last, 1000, 7, lent, (byte) 0);
            }
            done[0] = true;
            return batch.count;
          };
      loops.loops.get(1).addInput(new LoopInput(input, 6, counters));
      loops.turn();
    }
    assertThat(loops.faults).contains(6);
    assertThat(out.sent()).hasSize(7);
    assertThat(counters.outcome(Outcome.FORWARDED)).isEqualTo(7);
    assertThat(counters.dropReasons()).isEqualTo(Map.of("memory_fault", 1L));
    TurnedLoops.assertSums(counters);
  }

  /** Neither what it sends nor what wakes it works: its session ends, and it may come again. */
  @Test
  void aGuestOfWhomNothingWorksIsTakenOffTheLoop() {
    EventFd closed = EventFd.create();
    closed.close();
    loops.run(() -> mapped.binding.setCall(1, closed).join());
    for (int i = 0; i < LoopInput.FAILURES_MAX; i++) {
      mapped.put(frame(9, 1, 0));
      mapped.publish();
      loops.loop().doWork();
      mapped.reapSent();
    }
    assertThat(loops.faults).as("it is still woken").isEmpty();
    loops.run(() -> mapped.binding.setCall(0, closed).join());
    for (int i = 0; i < LoopInput.FAILURES_MAX; i++) {
      mapped.wantCalls(false);
      nic.receive(frame(1, 9, i));
      loops.loop().doWork();
      mapped.wantCalls(true); // seen when its ring is settled
      loops.loop().doWork();
      loops.loop().doWork();
    }
    assertThat(loops.faults).contains(1);
  }
}
