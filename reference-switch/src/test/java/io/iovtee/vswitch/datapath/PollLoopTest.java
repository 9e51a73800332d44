// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.flow.classifier.Classifier;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.linux.EventFd;
import io.iovtee.vswitch.memory.HostPool;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What one input does must not end the loop for the others. */
final class PollLoopTest {
  private final HostPool pool = HostPool.create(1024, false);
  private final PollLoop loop =
      new PollLoop(
          "test",
          -1,
          pool.slice(64),
          FlowProgram.of(
              Classifier.compile(FlowRuleParser.parseRules("actions=drop"), _ -> 1), _ -> 1),
          new MacTable(),
          _ -> {});
  private int polled;
  private int failed;

  @AfterEach
  void close() {
    pool.close();
  }

  private static @Nullable RuntimeException cause(PollLoop failed) {
    LoopFailure failure = failed.takeFailure();
    return failure == null ? null : failure.cause();
  }

  @Test
  void anInputThatThrowsLeavesTheLoopAndTheOthersGoOn() {
    RuntimeException defect = new IllegalStateException("a defect of a source");
    FrameInput bad =
        batch -> {
          failed++;
          throw defect;
        };
    FrameInput good = batch -> polled++ * 0;
    loop.addInput(new LoopInput(bad, 1, new InputCounters()));
    loop.addInput(new LoopInput(good, 2, new InputCounters()));
    int rounds = 2 * LoopInput.FAILURES_MAX;
    for (int i = 0; i < rounds; i++) {
      loop.doWork();
    }
    assertThat(failed).isEqualTo(LoopInput.FAILURES_MAX);
    assertThat(polled).isEqualTo(rounds);
    assertThat(cause(loop)).isSameAs(defect);
    assertThat(loop.takeFailure()).isNull();
  }

  /** An input that fails when the loop asks it, before a sleep, to wake the loop. */
  @Test
  void anInputThatCannotBeArmedLeavesTheLoopAndTheOthersGoOn() throws InterruptedException {
    FrameInput bad =
        new FrameInput() {
          @Override
          public int poll(FrameBatch batch) {
            return 0;
          }

          @Override
          public void arm(LoopSleep sleep) {
            failed++;
            throw new IllegalStateException("a defect of a queue");
          }
        };
    loop.addInput(new LoopInput(bad, 1, new InputCounters()));
    runUntil(() -> failed == LoopInput.FAILURES_MAX);
    assertThat(failed).isEqualTo(LoopInput.FAILURES_MAX);
    assertThat(cause(loop)).hasMessage("a defect of a queue");
  }

  /** A descriptor that is closed while the loop sleeps on it, and another has its number. */
  @Test
  void aSleepThatFailsDoesNotEndTheLoop() throws InterruptedException {
    List<EventFd> opened = new ArrayList<>();
    FrameInput closing =
        new FrameInput() {
          @Override
          public int poll(FrameBatch batch) {
            return 0;
          }

          @Override
          public void arm(LoopSleep sleep) {
            EventFd watched = EventFd.create();
            int number = watched.fd().number();
            sleep.watch(watched);
            watched.close();
            EventFd other;
            do {
              other = EventFd.create();
              other.signal();
              opened.add(other);
            } while (other.fd().number() < number);
          }
        };
    loop.addInput(new LoopInput(closing, 1, new InputCounters()));
    AtomicReference<RuntimeException> failure = new AtomicReference<>();
    runUntil(() -> {
      failure.compareAndSet(null, cause(loop));
      return failure.get() != null;
    });
    assertThat(failure.get()).hasMessageContaining("descriptor is closed");
    opened.forEach(EventFd::close);
  }

  @Test
  void anOutputThatThrowsDoesNotEndTheLoop() {
    RuntimeException defect = new IllegalStateException("a defect of an output");
    loop.addNicOutput(
        new TxQueue() {
          @Override
          public void transmit(FrameBatch batch, int[] index, int count, boolean mayTake) {}

          @Override
          public int flush() {
            throw defect;
          }
        });
    loop.addInput(new LoopInput(batch -> polled++ * 0, 2, new InputCounters()));
    loop.doWork();
    loop.doWork();
    assertThat(polled).isEqualTo(2);
    assertThat(cause(loop)).isSameAs(defect);
  }

  /** To each of four ports what is for their station. */
  private PollLoop forwardingLoop() {
    String rules = "dl_dst=02:00:00:00:00:0%1$d,actions=output:p%1$d%n";
    StringBuilder all = new StringBuilder();
    for (int port = 1; port <= 4; port++) {
      all.append(rules.formatted(port));
    }
    ToIntFunction<String> number = name -> name.charAt(1) - '0';
    FlowProgram program =
        FlowProgram.of(
            Classifier.compile(FlowRuleParser.parseRules(all.toString()), number), number);
    return new PollLoop("test", -1, pool.slice(256), program, new MacTable(), _ -> {});
  }

  /** Brings the same frames in each duty cycle, to these stations. */
  private static FrameInput bringing(PollLoop to, int... stations) {
    return batch -> {
      for (int station : stations) {
        int chunk = to.takeChunk();
        byte[] frame = TestFrames.frame(station, 9, station);
        AddressSpace.copyFromArray(frame, 0, to.frameAddress(chunk), frame.length);
        batch.add(to.frameAddress(chunk), frame.length, chunk, FrameBatch.HOST_POOL, (byte) 0);
      }
      return stations.length;
    };
  }

  /** Notes the payloads of what is sent, which tell the station; faults so many times before. */
  private static final class Noting implements TxQueue {
    private final List<Integer> payloads = new ArrayList<>();
    private int faults;
    private int flushFailures;
    private int flushed;

    @Override
    public void transmit(FrameBatch batch, int[] index, int count, boolean mayTake) {
      if (faults-- > 0) {
        throw new InternalError("a fault that compiled code reports late");
      }
      for (int k = 0; k < count; k++) {
        long payload = batch.address[index[k]] + TestFrames.PAYLOAD_OFFSET;
        payloads.add(Integer.reverseBytes(AddressSpace.getInt(payload)));
      }
    }

    @Override
    public int flush() {
      if (flushFailures-- > 0) {
        throw new IllegalStateException("a defect of a flush");
      }
      return flushed++ * 0;
    }
  }

  /** What waited for other ports then has the indexes of other frames in the next batch. */
  @Test
  void whatABrokenBatchLeavesBehindDoesNotLeaveWithTheNext() {
    PollLoop forwarding = forwardingLoop();
    Noting[] outputs = {new Noting(), new Noting(), new Noting(), new Noting()};
    for (int port = 1; port <= 4; port++) {
      forwarding.setOutput(port, outputs[port - 1]);
    }
    outputs[1].faults = 1;
    LoopInput first = new LoopInput(bringing(forwarding, 2, 1, 2), 5, new InputCounters());
    forwarding.addInput(first);
    forwarding.doWork();
    forwarding.removeInput(first);
    forwarding.addInput(new LoopInput(bringing(forwarding, 2, 4, 3), 6, new InputCounters()));
    forwarding.doWork();
    assertThat(outputs[0].payloads).isEmpty();
    assertThat(outputs[1].payloads).containsExactly(2);
    assertThat(outputs[2].payloads).containsExactly(3);
    assertThat(outputs[3].payloads).containsExactly(4);
  }

  @Test
  void anOutputWhoseFlushFailsIsNotTheNextInputsFault() {
    PollLoop forwarding = forwardingLoop();
    Noting bad = new Noting();
    Noting good = new Noting();
    bad.flushFailures = Integer.MAX_VALUE;
    forwarding.setOutput(1, bad);
    forwarding.setOutput(2, good);
    LoopInput fails = new LoopInput(bringing(forwarding, 1), 5, new InputCounters());
    LoopInput works = new LoopInput(bringing(forwarding, 2), 6, new InputCounters());
    forwarding.addInput(fails);
    forwarding.addInput(works);
    int rounds = LoopInput.FAILURES_MAX;
    for (int i = 0; i < rounds; i++) {
      forwarding.doWork();
    }
    assertThat(works.failures).isZero();
    assertThat(good.payloads).hasSize(rounds);
    assertThat(good.flushed).isEqualTo(rounds);
  }

  /** Runs the loop in a thread until it sees the condition; it still carries out commands then. */
  private void runUntil(BooleanSupplier seen) throws InterruptedException {
    Thread thread = Thread.ofPlatform().daemon().start(loop);
    while (!loop.execute(seen::getAsBoolean).join()) {
      assertThat(thread.isAlive()).as("the loop runs").isTrue();
      Thread.sleep(1);
    }
    Thread.sleep(5); // some sleeps more
    assertThat(loop.execute(() -> 1).join()).isEqualTo(1);
    assertThat(thread.isAlive()).as("the loop runs").isTrue();
    loop.stop();
    thread.join();
  }

  @Test
  void commandsRunOnePerCycleAndFailuresGoToTheSender() {
    var first = loop.execute(() -> 1);
    var second =
        loop.execute(() -> {
          throw new IllegalArgumentException("no");
        });
    loop.doWork();
    assertThat(first).isCompletedWithValue(1);
    assertThat(second).isNotDone();
    loop.doWork();
    assertThat(second).isCompletedExceptionally();
  }
}
