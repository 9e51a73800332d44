// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.stats;

import io.iovtee.api.SwitchStats;
import io.iovtee.api.SwitchStats.InputStats;
import io.iovtee.api.SwitchStats.LoopStats;
import io.iovtee.api.SwitchStats.OutputStats;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * One reading of all counters, with the one before it for rates.
 *
 * @param timeMs milliseconds since 1970 of the reading
 * @param before empty at the first reading
 */
public record StatsReport(long timeMs, SwitchStats stats, Optional<SwitchStats> before) {
  private static final double NS_PER_SECOND = 1e9;

  /** Seconds between the two readings; 0 when there is one only. */
  public double seconds() {
    return before.map(old -> (stats.timeNs() - old.timeNs()) / NS_PER_SECOND).orElse(0.0);
  }

  /** Rates of all receive queues, by {@link #key(InputStats)}. */
  public Map<String, InputRate> inputRates() {
    Map<String, InputRate> rates = new HashMap<>();
    double seconds = seconds();
    if (before.isEmpty() || seconds <= 0) {
      return rates;
    }
    Map<String, InputStats> old = new HashMap<>();
    before.get().inputs().forEach(input -> old.put(key(input), input));
    for (InputStats now : stats.inputs()) {
      InputStats then = old.get(key(now));
      if (then != null && now.frames() >= then.frames()) {
        Map<String, Double> outcomes = new HashMap<>();
        now.outcomes()
            .forEach((label, count) ->
                outcomes.put(label, (count - then.outcomes().getOrDefault(label, 0L)) / seconds));
        rates.put(
            key(now),
            new InputRate(
                (now.frames() - then.frames()) / seconds,
                (now.bytes() - then.bytes()) / seconds,
                (now.copiedBytes() - then.copiedBytes()) / seconds,
                outcomes));
      }
    }
    return rates;
  }

  /** Rates of all ports' transmit sides, by port. */
  public Map<String, OutputRate> outputRates() {
    Map<String, OutputRate> rates = new HashMap<>();
    double seconds = seconds();
    if (before.isEmpty() || seconds <= 0) {
      return rates;
    }
    Map<String, OutputStats> old = new HashMap<>();
    before.get().outputs().forEach(output -> old.put(output.port(), output));
    for (OutputStats now : stats.outputs()) {
      OutputStats then = old.get(now.port());
      if (then != null && now.frames() >= then.frames()) {
        rates.put(
            now.port(),
            new OutputRate(
                (now.frames() - then.frames()) / seconds,
                (now.bytes() - then.bytes()) / seconds,
                (now.dropped() - then.dropped()) / seconds));
      }
    }
    return rates;
  }

  /** Share of its time that each loop was busy between the readings, 0..1, by name. */
  public Map<String, Double> loopLoads() {
    Map<String, Double> loads = new HashMap<>();
    Map<String, LoopStats> old = new HashMap<>();
    before.ifPresent(then -> then.loops().forEach(loop -> old.put(loop.name(), loop)));
    for (LoopStats now : stats.loops()) {
      LoopStats then = old.get(now.name());
      if (then != null) {
        double busy = (double) now.busyNs() - then.busyNs();
        double all =
            busy + (now.idleNs() - then.idleNs()) + (now.emulationNs() - then.emulationNs());
        loads.put(now.name(), all > 0 ? busy / all : 0.0);
      }
    }
    return loads;
  }

  /** What tells one receive queue from another. */
  public static String key(InputStats input) {
    return (input.guest() ? "guest:" : "nic:") + input.port() + "/" + input.queue();
  }

  /** Per second. */
  public record InputRate(
      double frames, double bytes, double copiedBytes, Map<String, Double> outcomes) {}

  /** Per second. */
  public record OutputRate(double frames, double bytes, double dropped) {}
}
