// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.classifier;

import io.iovtee.bench.classifier.Interval.Cause;
import io.iovtee.bench.report.Figure;
import io.iovtee.bench.report.Series;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;

/** Changes of rules one behind the other, each with what disturbed it. */
record Intervals(List<Interval> all) {
  /** Changes before those that count: compiled code is what runs in a switch. */
  static final int WARM_UP = 10_000;

  /** Changes of which a reading is the median, and after which threads are looked for. */
  private static final int BLOCK = 100;

  /** Takes a private copy. */
  Intervals {
    all = List.copyOf(all);
  }

  /**
   * Makes changes and times each.
   *
   * @param warmUp changes before those that count; an even number
   * @param missed frames that the NIC has missed so far
   * @param change makes the change with this number, from 0
   */
  static Intervals measure(
      int warmUp, int count, CoreWatch watch, LongSupplier missed, IntConsumer change) {
    for (int i = 0; i < warmUp; i++) {
      change.accept(i);
      watch.lostNs();
    }
    List<Interval> intervals = new ArrayList<>(count);
    CollectorPauses pauses = CollectorPauses.now();
    long missedBefore = missed.getAsLong();
    watch.lostNs();
    for (int i = 0; i < count; i++) {
      long beforeNs = System.nanoTime();
      change.accept(warmUp + i);
      long ns = System.nanoTime() - beforeNs;
      CollectorPauses pausesNow = CollectorPauses.now();
      long missedNow = missed.getAsLong();
      long lostNs = watch.lostNs();
      intervals.add(
          new Interval(
              ns,
              lostNs,
              watch.compilersRanNs(),
              pausesNow.since(pauses),
              missedNow - missedBefore));
      pauses = pausesNow;
      missedBefore = missedNow;
      if (i % BLOCK == BLOCK - 1) {
        watch.refresh();
      }
    }
    return new Intervals(intervals);
  }

  /** Microseconds of the changes that count. */
  private double[] counted() {
    return all.stream().filter(one -> !one.isRejected()).mapToDouble(Interval::us).toArray();
  }

  /** Medians of hundreds of the changes that count, us. */
  List<Double> medians() {
    double[] us = counted();
    List<Double> medians = new ArrayList<>();
    for (int from = 0; from < us.length; from += BLOCK) {
      int to = Math.min(from + BLOCK, us.length);
      medians.add(Series.of(Arrays.copyOfRange(us, from, to)).median());
    }
    return medians;
  }

  /** The slowest ones, what did not count, and the collector's share. */
  List<Figure> figures() {
    double[] sorted = counted();
    Arrays.sort(sorted);
    double max = sorted.length == 0 ? Double.NaN : sorted[sorted.length - 1];
    double p99 = sorted.length == 0 ? Double.NaN : sorted[(int) (sorted.length * 0.99)];
    double maxOfAll = all.stream().mapToDouble(Interval::us).max().orElse(Double.NaN);
    int rejected = all.size() - sorted.length;
    List<Interval> over = all.stream().filter(o -> !o.isRejected() && o.us() > 1_000).toList();
    long compiled = over.stream().filter(Interval::isBesideCompilers).count();
    return List.of(
        new Figure("usP99", "p99", p99, 1),
        new Figure("usMax", "max", max, 1),
        new Figure("over1ms", ">1 ms", over.size(), 0),
        new Figure("over1msCompilers", "jit", compiled, 0),
        new Figure("usMaxOfAll", "max of all", maxOfAll, 1),
        new Figure("rejected", "rejected", rejected, 0),
        new Figure("changes", "of", all.size(), 0),
        new Figure("collections", "gc", pauses(), 0),
        new Figure("collectionMs", "gc ms", pausesMs(), 0));
  }

  private long pauses() {
    return all.stream().mapToLong(one -> one.pauses().count()).sum();
  }

  private long pausesMs() {
    return all.stream().mapToLong(one -> one.pauses().ms()).sum();
  }

  /** All frames that the NIC missed. */
  long missed() {
    return all.stream().mapToLong(Interval::missed).sum();
  }

  /** Missed frames by their cause. A NIC knows of them only when its loop runs again. */
  long missed(Cause cause) {
    long missed = 0;
    Cause before = Cause.ELSE;
    for (Interval one : all) {
      Cause own = one.cause() == Cause.ELSE ? before : one.cause();
      missed += own == cause ? one.missed() : 0;
      before = one.cause();
    }
    return missed;
  }

  /** For the progress. */
  String line() {
    return String.format(
        Locale.ROOT,
        "%d of %d changes do not count; %d collections, %d ms",
        all.stream().filter(Interval::isRejected).count(),
        all.size(),
        pauses(),
        pausesMs());
  }
}
