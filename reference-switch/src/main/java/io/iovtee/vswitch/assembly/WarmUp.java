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
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the data path warm before the first port exists, and so before any port reports its link
 * up. It needs nothing of the system but a little memory; a start goes on when it fails.
 *
 * <p>On a thread of its own, so that it may begin while command line and configuration are still
 * being read: of a start's time it then takes what is left of it.
 */
public final class WarmUp {
  private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);

  /** There frames are parsed, back they need not be: both ways get warm. */
  private static final String RULES =
      """
      in_port=nic,ip,actions=output:guest
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

  /** One that nobody has told how long ends by itself: the configuration could not be read. */
  private static final long UNTOLD_MS = 10_000;

  /** What is compiled stays compiled: one is enough for a JVM. */
  private static final AtomicReference<@Nullable WarmUp> FIRST = new AtomicReference<>();

  private final Thread thread =
      Thread.ofPlatform().name("iovtee-warm-up").daemon().unstarted(this::run);

  private volatile long limitNs = TimeUnit.MILLISECONDS.toNanos(UNTOLD_MS);
  private volatile long frames;

  private WarmUp() {}

  /** Begins, if this JVM has not done so already. {@link VSwitch#start} says how long. */
  public static void begin() {
    WarmUp warmUp = new WarmUp();
    if (FIRST.compareAndSet(null, warmUp)) {
      warmUp.thread.start();
    }
  }

  /**
   * Sees to it that there was one, and waits for its end.
   *
   * @param limitMs how long it runs once it is set up; 0 leaves it out, and ends one that has begun
   */
  static void once(long limitMs) {
    if (limitMs > 0) {
      begin();
    }
    WarmUp begun = FIRST.get();
    if (begun != null) {
      begun.end(limitMs);
    }
  }

  /** Another one, told before it begins: for tests. */
  static WarmUp start(long limitMs) {
    WarmUp warmUp = new WarmUp();
    warmUp.limitNs = TimeUnit.MILLISECONDS.toNanos(limitMs);
    warmUp.thread.start();
    return warmUp;
  }

  /** Has it run no longer than so many milliseconds in all, and waits for that; not with 0. */
  void end(long limitMs) {
    limitNs = TimeUnit.MILLISECONDS.toNanos(limitMs);
    if (limitMs > 0) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  boolean isRunning() {
    return thread.isAlive();
  }

  /** Frames that its NIC received, once it is over. */
  long frames() {
    return frames;
  }

  private void run() {
    try (HostPool pool = HostPool.create(CHUNKS, false);
        SoftNic nic = SoftNic.open("rehearsal", SoftNicConfig.of(NIC_KEYS), pool);
        Rehearsal rehearsal = new Rehearsal(nic, pool.slice(CHUNKS), program())) {
      frames = rehearsal.run(() -> limitNs);
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
