// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decides for a mapping in mode {@code auto} which way its frames go, by measurement: one verdict
 * per class of frame sizes, made by a {@link WayTrial}, kept until a later trial says otherwise.
 *
 * <p>{@code auto} is at most 2 % below copying: a way stays in force although the other is better
 * only while that is less than {@link #HYSTERESIS} (1 %), and the trials cost less than the other
 * percent (see {@link WayTrial}).
 *
 * <p>Not thread-safe.
 */
final class ModeAdvisor {
  /** The other way must be better by so much, so that noise does not turn the queue to and fro. */
  static final double HYSTERESIS = 0.01;

  /** Before the first trial: the JVM compiles what runs, and rings fill. */
  static final long FIRST_TRIAL_MS = 5_000;

  /**
   * Between two trials of one class, and doubled up to {@link #INTERVAL_MS_MAX} each time that the
   * verdict stands: what makes the other way better (a rule, a neighbour on the cache) comes
   * seldom, and looking for it costs frames.
   */
  static final long INTERVAL_MS_MIN = 60_000;

  static final long INTERVAL_MS_MAX = 16 * 60_000;

  /**
   * A full loop delivers so much more, or less, than when the verdict was made: another guest, a
   * core elsewhere in the machine, a neighbour. The verdict may no longer hold.
   */
  static final double RATE_CHANGE = 0.25;

  /**
   * From a verdict to a trial because of that, doubled each time that such a trial confirms the
   * verdict: where rates change all the time for other reasons, trials must not. One in 20 s costs
   * 0.9 % if the other way delivers half.
   */
  static final long RECHECK_MS_MIN = 20_000;

  /** Between any two trials: traffic that changes its size all the time must not be all trial. */
  static final long GAP_MS = 10_000;

  /** Readings in a row before a new size, or a new load, is believed. */
  static final int LOOKS_MIN = 2;

  /** What is to be done. */
  enum Advice {
    /** Go on as it is. */
    STAY,
    /** Compare both ways for the frames of the moment. */
    MEASURE,
    /** Use the way of {@link #verdict}. */
    CHANGE
  }

  private static final class Memory {
    @Nullable WayVerdict verdict;
    @Nullable String failure;
    long dueMs;
    long intervalMs = INTERVAL_MS_MIN;
    long recheckMs = RECHECK_MS_MIN;
    boolean rechecks;
  }

  private final AutoLimits limits;
  private final Map<FrameSizeClass, Memory> memories = new EnumMap<>(FrameSizeClass.class);
  private FrameSizeClass sizes = FrameSizeClass.FULL;
  private FrameSizeClass candidate = FrameSizeClass.FULL;
  private int looks;
  private int otherLoadLooks;
  private int otherRateLooks;
  private long notBeforeMs;
  private String lastLook = "no frame has come yet";

  ModeAdvisor(AutoLimits limits) {
    this.limits = limits;
  }

  /** The mapping can write through from now on. */
  void start(long nowMs) {
    notBeforeMs = Math.max(notBeforeMs, nowMs + FIRST_TRIAL_MS);
    looks = 0;
    otherLoadLooks = 0;
    otherRateLooks = 0;
  }

  /** A comparison for the frames that come at the moment. */
  WayTrial trial(Way inForce) {
    return new WayTrial(inForce, sizes, limits);
  }

  /** What was decided for the frames that come at the moment; null if nothing was. */
  @Nullable WayVerdict verdict() {
    return memory(sizes).verdict;
  }

  /**
   * Takes a reading of some length, one or so a second.
   *
   * @param inForce the way that it was measured in
   */
  Advice look(WayWindow window, Way inForce, long nowMs) {
    String unloaded = window.unloaded(limits);
    lastLook = unloaded == null ? "loaded with frames of " + sizes.label() : unloaded;
    if (unloaded != null) {
      looks = 0;
      return Advice.STAY;
    }
    FrameSizeClass now = FrameSizeClass.of(window.meanLength());
    looks = now == candidate ? looks + 1 : 1;
    candidate = now;
    if (looks < LOOKS_MIN) {
      return Advice.STAY;
    }
    sizes = now;
    Memory memory = memory(sizes);
    WayVerdict verdict = memory.verdict;
    if (verdict != null) {
      if (verdict.way() != inForce) {
        return Advice.CHANGE;
      }
      noteLoad(memory, verdict, window);
    }
    return nowMs >= Math.max(memory.dueMs, notBeforeMs) ? Advice.MEASURE : Advice.STAY;
  }

  /**
   * A verdict by cost is none for a loop without time left, and the other way round; and one of a
   * loop that delivered much more or less is none for this one.
   */
  private void noteLoad(Memory memory, WayVerdict verdict, WayWindow window) {
    otherLoadLooks = window.saturated() == verdict.saturated() ? 0 : otherLoadLooks + 1;
    if (otherLoadLooks >= LOOKS_MIN) {
      memory.dueMs = Math.min(memory.dueMs, verdict.timeMs() + INTERVAL_MS_MIN);
    }
    otherRateLooks = isOtherRate(verdict, window) ? otherRateLooks + 1 : 0;
    if (otherRateLooks >= LOOKS_MIN && verdict.timeMs() + memory.recheckMs < memory.dueMs) {
      memory.dueMs = verdict.timeMs() + memory.recheckMs;
      memory.rechecks = true;
    }
  }

  private static boolean isOtherRate(WayVerdict verdict, WayWindow window) {
    WayVerdict.Figures then = verdict.figures(verdict.way());
    double change = Math.max(1, window.deliveredPps()) / Math.max(1, then.deliveredPps());
    return window.saturated()
        && then.saturated()
        && (change > 1 + RATE_CHANGE || change < 1 / (1 + RATE_CHANGE));
  }

  /**
   * Takes the end of a trial.
   *
   * @return the verdict if it is news: the first for these sizes, or another one than before
   */
  @Nullable WayVerdict conclude(WayTrial trial, long nowMs) {
    Memory memory = memory(trial.sizes());
    notBeforeMs = nowMs + GAP_MS;
    otherLoadLooks = 0;
    otherRateLooks = 0;
    memory.failure = trial.failure();
    WayVerdict before = memory.verdict;
    WayVerdict verdict = memory.failure == null ? trial.verdict(nowMs) : null;
    if (verdict != null) {
      memory.verdict = verdict;
    }
    boolean news = verdict != null && (before == null || before.way() != verdict.way());
    memory.intervalMs = news ? INTERVAL_MS_MIN : Math.min(2 * memory.intervalMs, INTERVAL_MS_MAX);
    memory.dueMs = nowMs + memory.intervalMs;
    boolean confirmed = memory.rechecks && !news;
    memory.recheckMs = confirmed ? Math.min(2 * memory.recheckMs, INTERVAL_MS_MAX) : RECHECK_MS_MIN;
    memory.rechecks = false;
    return news ? verdict : null;
  }

  /** What was measured, one sentence per class of sizes; last what the last reading showed. */
  List<String> report() {
    List<String> lines = new ArrayList<>();
    memories.forEach((of, memory) -> {
      if (memory.verdict != null) {
        lines.add(memory.verdict.way().label() + " for " + memory.verdict.text());
      }
      if (memory.failure != null) {
        lines.add("no result for " + of.label() + ": " + memory.failure);
      }
    });
    lines.add("now: " + lastLook);
    return lines;
  }

  private Memory memory(FrameSizeClass of) {
    return memories.computeIfAbsent(of, one -> new Memory());
  }
}
