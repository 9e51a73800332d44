// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.flow.classifier.Classifier;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.vswitch.config.SwitchConfig;
import io.iovtee.vswitch.datapath.FlowProgram;
import io.iovtee.vswitch.datapath.Rehearsal;
import io.iovtee.vswitch.memory.HostPool;
import io.iovtee.vswitch.nic.soft.SoftNic;
import io.iovtee.vswitch.nic.soft.SoftNicConfig;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The rehearsal before the ports open. */
final class WarmUpTest {
  /** Longer than any test may take: only being told ends it. */
  private static final long LONG_MS = 3_600_000;

  private static final String CONFIGURATION =
      """
      switch: {warm-up-ms: %d, huge-pages: false, pool-chunks: 2048}
      ports:
        nic0: {type: soft, traffic: {type: none}}
      """;

  @Test
  void framesGoThereAndBack() {
    Map<String, Object> keys =
        Map.of(
            "type",
            "soft",
            "dma",
            "inline",
            "ring-size",
            256,
            "traffic",
            Map.of("type", "null", "frame-bytes", 64),
            "tx",
            Map.of("type", "discard"));
    try (HostPool pool = HostPool.create(1024, false);
        SoftNic nic = SoftNic.open("test", SoftNicConfig.of(keys), pool);
        Rehearsal rehearsal =
            new Rehearsal(
                nic,
                pool.slice(1024),
                FlowProgram.of(
                    Classifier.compile(
                        FlowRuleParser.parseRules(
                            "in_port=n,actions=output:g\nin_port=g,actions=output:n"),
                        port -> port.equals("n") ? Rehearsal.NIC : Rehearsal.GUEST),
                    port -> port.equals("n") ? Rehearsal.NIC : Rehearsal.GUEST))) {
      // It asks anew each time how long it may go on.
      AtomicInteger looks = new AtomicInteger();
      assertThat(rehearsal.run(() -> looks.incrementAndGet() < 100 ? Long.MAX_VALUE : 0))
          .isPositive();
      assertThat(looks.get()).isEqualTo(100);
      assertThat(nic.txQueue(0).counters().get("tx_packets")).isPositive();
    }
  }

  @Test
  void leavesNoTraceInASwitch() {
    SwitchConfig config = SwitchConfig.parse(CONFIGURATION.formatted(0), "test");
    assertThat(config.warmUpMs()).isZero();
    try (VSwitch vswitch = VSwitch.start(config)) {
      WarmUp warmUp = WarmUp.start(LONG_MS);
      warmUp.end(200);
      assertThat(warmUp.frames()).isPositive();
      assertThat(vswitch.ports()).hasSize(1);
      assertThat(vswitch.stats().inputs()).allMatch(input -> input.frames() == 0);
      assertThat(vswitch.stats().outputs()).allMatch(output -> output.frames() == 0);
      assertThat(vswitch.stats().loops())
          .hasSize(1)
          .allMatch(loop -> loop.cacheHits() + loop.cacheMisses() + loop.unparsedFrames() == 0);
    }
  }

  /** As at a start: it begins before anybody knows how long. */
  @Test
  void goesOnUntilItIsTold() throws InterruptedException {
    WarmUp warmUp = WarmUp.start(LONG_MS);
    Thread.sleep(100);
    assertThat(warmUp.isRunning()).isTrue();
    warmUp.end(1);
    assertThat(warmUp.isRunning()).as("waited for").isFalse();
  }

  @Test
  void oneThatIsNotWantedEndsBeforeItsFirstFrames() throws InterruptedException {
    WarmUp warmUp = WarmUp.start(0);
    while (warmUp.isRunning()) {
      Thread.sleep(1);
    }
    assertThat(warmUp.frames()).as("a few of its set-up").isLessThan(10_000);
  }

  @Test
  void oneThatIsNotWantedAnyMoreIsNotWaitedFor() throws InterruptedException {
    WarmUp warmUp = WarmUp.start(LONG_MS);
    warmUp.end(0);
    while (warmUp.isRunning()) {
      Thread.sleep(1);
    }
  }
}
