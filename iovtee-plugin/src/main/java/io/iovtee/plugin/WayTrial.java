// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One comparison of the two ways: which way the next window is measured in, and what came of all.
 *
 * <p>Windows come in pairs, one of each way, in turns (c o, o c, c o, …; c is the way in force), so
 * that a drift of the load meets both and the way changes once a pair. One window of the other way
 * goes before and does not count: its code may not be compiled, its buffers are cold.
 *
 * <p>What it costs: the other way is in force for at most 1 + {@link #PAIRS_MAX} windows, or, where
 * it is clearly worse, for 1 + {@link #PAIRS_MIN}, each {@link WayMeter#WINDOW_MS} + {@link
 * WayMeter#SETTLE_MS} long. That is 0.36 s times what it is worse by, or 0.72 s times {@link
 * #CLEAR_GAIN}; plus at most {@link #FLAWED_MAX} windows that did not count. With one trial a
 * minute a way that delivers half costs 0.3 %, with one in 16 minutes, as it soon is, 0.02 %.
 *
 * <p>Not thread-safe.
 */
final class WayTrial {
  /** Enough for a median, and for one pair that is off. */
  static final int PAIRS_MAX = 5;

  /** Pairs after which a clear difference ends the trial. */
  static final int PAIRS_MIN = 2;

  /** A difference that noise does not make twice in a row. */
  static final double CLEAR_GAIN = 0.10;

  /** What a sender's own rate does not differ by in nearly all pairs the same way. */
  static final double RATE_GAIN = 0.02;

  /** Windows that do not count, before the trial is given up. */
  static final int FLAWED_MAX = 4;

  private final Way inForce;
  private final FrameSizeClass sizes;
  private final AutoLimits limits;
  private final List<WayWindow> copies = new ArrayList<>();
  private final List<WayWindow> writes = new ArrayList<>();
  private boolean practised;
  private int flawed;
  private @Nullable String failure;

  /**
   * Begins a comparison.
   *
   * @param inForce the way until now
   * @param sizes the frames that it is about; others do not count
   */
  WayTrial(Way inForce, FrameSizeClass sizes, AutoLimits limits) {
    this.inForce = inForce;
    this.sizes = sizes;
    this.limits = limits;
  }

  FrameSizeClass sizes() {
    return sizes;
  }

  /** The way to measure next; asked while the trial has not {@link #ended}. */
  Way next() {
    if (!practised) {
      return inForce.other();
    }
    int taken = copies.size() + writes.size();
    // Of each four windows the middle two are the other way's.
    boolean other = taken % 4 == 1 || taken % 4 == 2;
    return other ? inForce.other() : inForce;
  }

  /** Takes the window that was measured in {@link #next}. */
  void take(WayWindow window) {
    Way way = next();
    if (!practised) {
      practised = true;
      return;
    }
    String flaw = window.flaw(way, sizes, limits);
    if (flaw == null) {
      (way == Way.COPY ? copies : writes).add(window);
    } else if (++flawed > FLAWED_MAX) {
      failure = flaw;
    }
  }

  /** Gives the trial up. */
  void fail(String why) {
    failure = why;
  }

  /** Why there is no result; null as long as there may be one. */
  @Nullable String failure() {
    return failure;
  }

  boolean ended() {
    if (failure != null) {
      return true;
    }
    int pairs = pairs();
    if (copies.size() != writes.size() || pairs < PAIRS_MIN) {
      return false;
    }
    return pairs == PAIRS_MAX || (isClear(gains(), CLEAR_GAIN) && !contradicted());
  }

  /** Pairs that are complete. */
  int pairs() {
    return Math.min(copies.size(), writes.size());
  }

  /**
   * By how much write-through was better in each pair, smallest first: 0.05 for 5 %. A loop that
   * has no time left is judged by what it delivers, one that has by what a frame costs it: its rate
   * is the sender's. Unless nearly all pairs say that less arrives one way: then the sender waits
   * for what the way does to the guest.
   */
  double[] gains() {
    return byRate() ? rateGains() : costGains();
  }

  /** Whether what was delivered decides, not what it cost. */
  boolean byRate() {
    return saturated() || (pairs() == PAIRS_MAX && isMostly(rateGains(), RATE_GAIN));
  }

  private boolean saturated() {
    return copies.stream().anyMatch(WayWindow::saturated)
        || writes.stream().anyMatch(WayWindow::saturated);
  }

  /** Cost says one thing, and every pair's rate the other: it takes all pairs to decide. */
  private boolean contradicted() {
    double[] rates = rateGains();
    return !byRate() && isClear(rates, RATE_GAIN) && (rates[0] > 0) != (costGains()[0] > 0);
  }

  private static boolean isClear(double[] sorted, double limit) {
    return sorted[0] >= limit || sorted[sorted.length - 1] <= -limit;
  }

  /** The median reaches the limit, and all but one have its sign. */
  private static boolean isMostly(double[] sorted, double limit) {
    double median = sorted[sorted.length / 2];
    int agreeing = 0;
    for (double gain : sorted) {
      agreeing += gain * median > 0 ? 1 : 0;
    }
    return Math.abs(median) >= limit && agreeing >= sorted.length - 1;
  }

  private double[] rateGains() {
    double[] gains = new double[pairs()];
    for (int i = 0; i < gains.length; i++) {
      gains[i] = ratio(writes.get(i).deliveredPps(), copies.get(i).deliveredPps()) - 1;
    }
    Arrays.sort(gains);
    return gains;
  }

  private double[] costGains() {
    double[] gains = new double[pairs()];
    for (int i = 0; i < gains.length; i++) {
      gains[i] = ratio(copies.get(i).workNsPerFrame(), writes.get(i).workNsPerFrame()) - 1;
    }
    Arrays.sort(gains);
    return gains;
  }

  /** Of two values that may be 0: a way that drops everything delivers one frame a second here. */
  private static double ratio(double value, double to) {
    return Math.max(1, value) / Math.max(1, to);
  }

  /**
   * The result of a trial that has not failed: the other way, if the median of the pairs says so
   * and all pairs but one agree by half as much.
   */
  WayVerdict verdict(long nowMs) {
    double[] gains = gains();
    double advantage = 0;
    int agreeing = 0;
    for (double gain : gains) {
      agreeing += advantageOfOther(gain) >= ModeAdvisor.HYSTERESIS / 2 ? 1 : 0;
    }
    if (gains.length > 0) {
      advantage = advantageOfOther(gains[gains.length / 2]);
    }
    boolean change =
        advantage >= ModeAdvisor.HYSTERESIS && agreeing >= gains.length - 1 && gains.length > 1;
    return new WayVerdict(
        change ? inForce.other() : inForce,
        sizes,
        gains.length == 0 ? 0 : gains[gains.length / 2],
        gains.length,
        byRate(),
        middle(copies),
        middle(writes),
        nowMs);
  }

  private double advantageOfOther(double gain) {
    return inForce == Way.COPY ? gain : 1 / (1 + gain) - 1;
  }

  private static WayVerdict.Figures middle(List<WayWindow> windows) {
    List<WayWindow> sorted = new ArrayList<>(windows);
    Collections.sort(sorted, (a, b) -> Double.compare(a.deliveredPps(), b.deliveredPps()));
    WayWindow window = sorted.get(sorted.size() / 2);
    return new WayVerdict.Figures(
        window.deliveredPps(), window.workNsPerFrame(), window.saturated());
  }
}
