// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.flow.classifier.Classifier;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.vswitch.memory.HostPool;
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
    assertThat(loop.takeFailure()).isSameAs(defect);
    assertThat(loop.takeFailure()).isNull();
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
