// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.api.SwitchStats.InputStats;
import io.iovtee.api.SwitchStats.LoopStats;
import io.iovtee.api.SwitchStats.OutputStats;
import io.iovtee.api.SwitchStats.PauseStats;
import io.iovtee.verticles.stats.StatsReport;
import io.iovtee.verticles.stats.StatsReport.InputRate;
import io.iovtee.verticles.stats.StatsReport.OutputRate;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Counters and rates as JSON and as tables. */
final class StatsJson {
  private static final double BITS = 8;
  private static final double NS_PER_MS = 1e6;

  private StatsJson() {}

  static JsonObject json(StatsReport report, Set<String> emulated) {
    Map<String, InputRate> inputRates = report.inputRates();
    JsonArray inputs = new JsonArray();
    for (InputStats input : report.stats().inputs()) {
      inputs.add(
          input(input, inputRates.get(StatsReport.key(input)), emulated.contains(input.port())));
    }
    Map<String, OutputRate> outputRates = report.outputRates();
    JsonArray outputs = new JsonArray();
    for (OutputStats output : report.stats().outputs()) {
      outputs.add(output(output, outputRates.get(output.port()), emulated.contains(output.port())));
    }
    Map<String, Double> loads = report.loopLoads();
    JsonArray loops = new JsonArray();
    for (LoopStats loop : report.stats().loops()) {
      loops.add(loop(loop, loads.getOrDefault(loop.name(), 0.0)));
    }
    return new JsonObject()
        .put("time", Instant.ofEpochMilli(report.timeMs()).toString())
        .put("rate_seconds", report.seconds())
        .put("inputs", inputs)
        .put("outputs", outputs)
        .put("loops", loops);
  }

  private static JsonObject input(InputStats input, @Nullable InputRate rate, boolean emulated) {
    JsonObject json =
        new JsonObject()
            .put("port", input.port())
            .put("queue", input.queue())
            .put("side", input.guest() ? "guest" : "nic")
            .put("emulated", emulated)
            .put("frames", input.frames())
            .put("bytes", input.bytes())
            .put("outcomes", JsonOutput.of(input.outcomes()))
            .put("copy_reasons", JsonOutput.of(input.copyReasons()))
            .put("drop_reasons", JsonOutput.of(input.dropReasons()))
            .put("copied_bytes", input.copiedBytes())
            .put("matched_to", JsonOutput.of(input.matchedTo()))
            .put("nic", JsonOutput.of(input.nic()));
    if (rate != null) {
      Map<String, Long> outcomes = new HashMap<>();
      rate.outcomes().forEach((label, perSecond) -> outcomes.put(label, Math.round(perSecond)));
      json.put(
          "rates",
          new JsonObject()
              .put("frames_per_second", Math.round(rate.frames()))
              .put("bits_per_second", Math.round(rate.bytes() * BITS))
              .put("copied_bytes_per_second", Math.round(rate.copiedBytes()))
              .put("outcomes_per_second", JsonOutput.of(outcomes)));
    }
    return json;
  }

  private static JsonObject output(
      OutputStats output, @Nullable OutputRate rate, boolean emulated) {
    JsonObject json =
        new JsonObject()
            .put("port", output.port())
            .put("emulated", emulated)
            .put("frames", output.frames())
            .put("bytes", output.bytes())
            .put("dropped", output.dropped());
    if (rate != null) {
      json.put(
          "rates",
          new JsonObject()
              .put("frames_per_second", Math.round(rate.frames()))
              .put("bits_per_second", Math.round(rate.bytes() * BITS))
              .put("dropped_per_second", Math.round(rate.dropped())));
    }
    return json;
  }

  private static JsonObject loop(LoopStats loop, double load) {
    return new JsonObject()
        .put("name", loop.name())
        .put("cpu", loop.cpu())
        .put("duty_cycles", loop.dutyCycles())
        .put("busy_ns", loop.busyNs())
        .put("emulation_ns", loop.emulationNs())
        .put("idle_ns", loop.idleNs())
        .put("wait_ns", loop.waitNs())
        .put("load", Math.round(load * 1000) / 1000.0)
        .put("allocated_bytes", loop.allocatedBytes())
        .put("cache_hits", loop.cacheHits())
        .put("cache_misses", loop.cacheMisses())
        .put("unparsed_frames", loop.unparsedFrames())
        .put("pauses", pauses(loop.pauses()))
        .put("lost_buffers", loop.lostBuffers());
  }

  private static JsonObject pauses(PauseStats pauses) {
    JsonArray byLength = new JsonArray();
    for (int i = 0; i < pauses.counts().size(); i++) {
      byLength.add(
          new JsonObject()
              .put("at_least_ns", PauseStats.boundNs(i))
              .put("count", pauses.counts().get(i)));
    }
    return new JsonObject()
        .put("count", pauses.count())
        .put("total_ns", pauses.totalNs())
        .put("longest_ns", pauses.longestNs())
        .put("longest_at", longestAt(pauses))
        .put("by_length", byLength);
  }

  /** Null if there was none. */
  private static @Nullable String longestAt(PauseStats pauses) {
    return pauses.longestNs() == 0 ? null : Instant.ofEpochMilli(pauses.longestAtMs()).toString();
  }

  static String tables(StatsReport report, Set<String> emulated) {
    Map<String, InputRate> inputRates = report.inputRates();
    TextTable inputs =
        new TextTable("INPUT", "SIDE", "FRAMES", "FRAMES/S", "MBIT/S", "OUTCOMES AND REASONS");
    for (InputStats input : report.stats().inputs()) {
      InputRate rate = inputRates.get(StatsReport.key(input));
      inputs.row(
          input.port() + "/" + input.queue(),
          (input.guest() ? "guest" : "nic")
              + (emulated.contains(input.port()) ? " (emulated)" : ""),
          input.frames(),
          rate == null ? 0L : Math.round(rate.frames()),
          rate == null ? 0.0 : rate.bytes() * BITS / 1e6,
          reasons(input));
    }
    Map<String, OutputRate> outputRates = report.outputRates();
    TextTable outputs = new TextTable("OUTPUT", "FRAMES", "FRAMES/S", "MBIT/S", "DROPPED");
    for (OutputStats output : report.stats().outputs()) {
      OutputRate rate = outputRates.get(output.port());
      outputs.row(
          output.port() + (emulated.contains(output.port()) ? " (emulated)" : ""),
          output.frames(),
          rate == null ? 0L : Math.round(rate.frames()),
          rate == null ? 0.0 : rate.bytes() * BITS / 1e6,
          output.dropped());
    }
    Map<String, Double> loads = report.loopLoads();
    TextTable loops =
        new TextTable(
            "LOOP",
            "CPU",
            "LOAD %",
            "DUTY CYCLES",
            "ALLOCATED BYTES",
            "PAUSES",
            "LONGEST MS",
            "ENDED AT");
    for (LoopStats loop : report.stats().loops()) {
      loops.row(
          loop.name(),
          loop.cpu() < 0 ? "-" : loop.cpu(),
          loads.getOrDefault(loop.name(), 0.0) * 100,
          loop.dutyCycles(),
          loop.allocatedBytes(),
          loop.pauses().count(),
          loop.pauses().longestNs() / NS_PER_MS,
          Objects.requireNonNullElse(longestAt(loop.pauses()), "-"));
    }
    return inputs + "\n" + outputs + "\n" + loops;
  }

  private static String reasons(InputStats input) {
    StringBuilder text = new StringBuilder();
    JsonOutput.of(input.outcomes())
        .forEach(one -> {
          if (one.getValue() instanceof Number count && count.longValue() > 0) {
            text.append(text.isEmpty() ? "" : " ").append(one.getKey()).append('=').append(count);
          }
        });
    JsonOutput.of(input.copyReasons())
        .forEach(
            one -> text.append(" copied:").append(one.getKey()).append('=').append(one.getValue()));
    JsonOutput.of(input.dropReasons())
        .forEach(one ->
            text.append(" dropped:").append(one.getKey()).append('=').append(one.getValue()));
    return text.toString();
  }
}
