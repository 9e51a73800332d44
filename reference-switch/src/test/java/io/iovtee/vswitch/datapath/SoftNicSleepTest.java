// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.flow.classifier.Classifier;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.vswitch.memory.HostPool;
import io.iovtee.vswitch.nic.soft.SoftNic;
import io.iovtee.vswitch.nic.soft.SoftNicConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Loops that go to sleep as soon as their emulated NIC has nothing, and frames that come at just
 * that moment. Their sleep has practically no end, so whatever gets lost is waited for in vain.
 */
final class SoftNicSleepTest {
  private static final long SLEEP_MAX_NS = TimeUnit.MINUTES.toNanos(10);
  private static final long LOST_AFTER_NS = TimeUnit.SECONDS.toNanos(20);
  private static final long STEP_NS_MAX = 20_000_000;
  private static final int PINGS = 3000;

  private final HostPool pool = HostPool.create(2048, false);
  private final List<PollLoop> loops = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final SplittableRandom random = new SplittableRandom(7);

  private void startLoops(int count) {
    var program =
        FlowProgram.of(
            Classifier.compile(FlowRuleParser.parseRules("actions=drop"), _ -> 1), _ -> 1);
    for (int i = 0; i < count; i++) {
      PollLoop loop =
          new PollLoop(
              "loop" + i,
              -1,
              pool.slice(512),
              program,
              new MacTable(),
              _ -> {},
              new LoopTiming(new IdleStrategy(0, 0), SLEEP_MAX_NS, System::nanoTime));
      loops.add(loop);
      threads.add(Thread.ofPlatform().daemon().start(loop));
    }
  }

  @AfterEach
  void close() throws InterruptedException {
    loops.forEach(PollLoop::stop);
    for (Thread thread : threads) {
      thread.join();
    }
    pool.close();
  }

  @ParameterizedTest
  @CsvSource({"inline,1,1", "thread,1,1", "inline,2,2", "thread,2,2", "inline,2,1"})
  void noFrameIsLostAndNoLoopLooksInVain(String dma, int queues, int loopCount) throws Exception {
    startLoops(loopCount);
    SoftNic nic =
        SoftNic.open(
            "uplink",
            SoftNicConfig.of(Map.of("dma", dma, "queues", queues, "ring-size", 128)),
            pool);
    NicBinding binding = new NicBinding(1, nic, loops);
    binding.start(loops);
    for (int i = 0; i < PINGS; i++) {
      byte[] frame = TestFrames.frame(2, 1, i); // RSS spreads them over the queues
      assertThat(nic.inject(frame)).isTrue();
      awaitFrames(binding, queues, i + 1);
      hesitate();
    }
    Thread.sleep(20); // the naps grow longer
    long before = dutyCycles();
    Thread.sleep(100);
    assertThat(dutyCycles() - before).as("duty cycles of idle loops").isLessThan(10);
    binding.stop();
    nic.close();
  }

  private long dutyCycles() {
    return loops.stream().mapToLong(loop -> loop.clock().dutyCycles()).sum();
  }

  /** While this process is stopped no time passes: steps between two looks count for little. */
  private static void awaitFrames(NicBinding binding, int queues, long count) {
    long waitedNs = 0;
    long lastNs = System.nanoTime();
    while (IntStream.range(0, queues).mapToLong(q -> binding.inputCounters(q).frames()).sum()
        < count) {
      long nowNs = System.nanoTime();
      waitedNs += Math.min(nowNs - lastNs, STEP_NS_MAX);
      lastNs = nowNs;
      assertThat(waitedNs)
          .as("frame %d is lost: nobody woke the loop", count)
          .isLessThan(LOST_AFTER_NS);
    }
  }

  /** Waits some nanoseconds more or less: the loop goes to sleep about now. */
  private void hesitate() {
    for (int i = random.nextInt(1500); i > 0; i--) {
      Thread.onSpinWait();
    }
  }
}
