// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import io.iovtee.flow.classifier.Classifier;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.vswitch.datapath.FlowProgram;
import io.iovtee.vswitch.datapath.Rehearsal;
import io.iovtee.vswitch.memory.HostPool;
import io.iovtee.vswitch.nic.soft.SoftNic;
import io.iovtee.vswitch.nic.soft.SoftNicConfig;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.ToIntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the data path warm before the first port exists, and so before any port reports its link
 * up. It needs nothing of the system but a little memory; a start goes on when it fails.
 */
final class WarmUp {
  private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);

  private static final String RULES =
      """
      in_port=nic,actions=output:guest
      in_port=guest,actions=output:nic
      """;
  private static final int CHUNKS = 1024;

  /** Frames that the emulated NIC makes: never out of them, 64 bytes, no copying for a wire. */
  private static final Map<String, Object> NIC_KEYS =
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

  private static final AtomicBoolean DONE = new AtomicBoolean();

  private WarmUp() {}

  /**
   * Runs, if this JVM has not done so already: what is compiled stays compiled.
   *
   * @param limitMs how long; 0 leaves it out
   */
  static void once(long limitMs) {
    if (limitMs > 0 && DONE.compareAndSet(false, true)) {
      run(limitMs);
    }
  }

  /** Runs for so many milliseconds. */
  static void run(long limitMs) {
    try (HostPool pool = HostPool.create(CHUNKS, false);
        SoftNic nic = SoftNic.open("rehearsal", SoftNicConfig.of(NIC_KEYS), pool);
        Rehearsal rehearsal = new Rehearsal(nic, pool.slice(CHUNKS), program())) {
      long frames = rehearsal.run(TimeUnit.MILLISECONDS.toNanos(limitMs));
      LOG.debug("warmed up with {} frames", frames);
    } catch (RuntimeException e) {
      LOG.warn("the warm-up did not work, the first frames will be slow: {}", e.toString());
    }
  }

  private static FlowProgram program() {
    ToIntFunction<String> numbers = port -> port.equals("nic") ? Rehearsal.NIC : Rehearsal.GUEST;
    return FlowProgram.of(Classifier.compile(FlowRuleParser.parseRules(RULES), numbers), numbers);
  }
}
