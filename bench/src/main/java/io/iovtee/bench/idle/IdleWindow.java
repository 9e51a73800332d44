// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.idle;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/**
 * What a process used in a window.
 *
 * @param elapsedNs length of the window
 * @param threads what each of its threads used meanwhile
 * @param ended threads that were there at the beginning and not at the end: what they used in the
 *     window nobody knows
 */
record IdleWindow(long elapsedNs, List<ThreadUsage> threads, int ended) {
  /** Threads that {@link #busiest} names. */
  private static final int BUSIEST = 3;

  /** Takes a private copy. */
  IdleWindow {
    threads = List.copyOf(threads);
  }

  /** The part of it that threads used whose names begin so. */
  IdleWindow of(String namePrefix) {
    return new IdleWindow(
        elapsedNs,
        threads.stream().filter(thread -> thread.name().startsWith(namePrefix)).toList(),
        ended);
  }

  /** Time on cores, in percent of one core. */
  double cpuPercent() {
    return percent(sum(ThreadUsage::onCpuNs));
  }

  /** How often threads woke up, per second. */
  double wakeUpsPerSecond() {
    return perSecond(sum(ThreadUsage::sleeps));
  }

  /** How often a thread's core was given to another thread, per second. */
  double preemptionsPerSecond() {
    return perSecond(sum(ThreadUsage::preemptions));
  }

  /** The threads that used most, for people: {@code iovtee-loop-0 0.31 % 11/s, …}. */
  String busiest() {
    return threads.stream()
        .sorted(Comparator.comparingLong(ThreadUsage::onCpuNs).reversed())
        .limit(BUSIEST)
        .map(thread ->
            String.format(
                Locale.ROOT,
                "%s %.2f %% %.0f/s",
                thread.name(),
                percent(thread.onCpuNs()),
                perSecond(thread.sleeps())))
        .collect(Collectors.joining(", "));
  }

  private long sum(ToLongFunction<ThreadUsage> value) {
    return threads.stream().mapToLong(value).sum();
  }

  private double percent(long onCpuNs) {
    return 100.0 * onCpuNs / elapsedNs;
  }

  private double perSecond(long count) {
    return count * 1e9 / elapsedNs;
  }
}
