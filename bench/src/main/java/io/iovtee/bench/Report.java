// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** The results of one run as one JSON object, and as a table for people. */
final class Report {
  private final BenchOptions options;
  private final Environment environment;
  private final List<Result> results;
  private final List<Ratio> ratios;

  Report(BenchOptions options, Environment environment, List<Result> results) {
    this.options = options;
    this.environment = environment;
    this.results = List.copyOf(results);
    this.ratios = Ratio.of(results);
  }

  /** The JSON object of the run. */
  Map<String, @Nullable Object> toMap() {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    map.put("results", results.stream().map(Report::toMap).toList());
    map.put("ratios", ratios.stream().map(Report::toMap).toList());
    map.put("environment", environment.toMap());
    map.put("settings", settings());
    return map;
  }

  private Map<String, Object> settings() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("windows", options.windows);
    map.put("windowSeconds", options.windowSeconds);
    map.put("warmUpSeconds", options.warmUpSeconds);
    map.put("shareMin", options.shareMin);
    map.put("queueSize", options.queueSize);
    map.put("nfArgs", options.functionArguments);
    map.put("nfCpu", options.functionCpu);
    map.put("switchCpu", options.switchCpu);
    return map;
  }

  private static Map<String, @Nullable Object> toMap(Result result) {
    Series mpps = result.mpps();
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    map.put("scenario", result.scenario().label());
    map.put("frameBytes", result.frameBytes());
    map.put("subject", result.subject().label());
    map.put("mppsMedian", round(mpps.median(), 3));
    map.put("mppsMin", round(mpps.min(), 3));
    map.put("mppsMax", round(mpps.max(), 3));
    map.put("switchCyclesPerPacket", median(result, Window::cyclesPerPacket));
    map.put("switchCyclesPerPacketWithoutNic", median(result, Window::cyclesPerPacketWithoutNic));
    map.put("allocatedBytesPerPacket", median(result, Window::allocatedPerPacket));
    map.put("copiedBytesPerPacket", median(result, Window::copiedPerPacket));
    map.put("switchCoreShareMin", round(result.series(Window::switchShare).min(), 4));
    map.put("nfCoreShareMin", round(result.series(Window::functionShare).min(), 4));
    map.put("windowMpps", result.windows().stream().map(w -> round(w.mpps(), 3)).toList());
    map.put("rejectedWindows", result.rejected());
    return map;
  }

  private static Map<String, @Nullable Object> toMap(Ratio ratio) {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    map.put("scenario", ratio.scenario().label());
    map.put("frameBytes", ratio.frameBytes());
    map.put("ratio", ratio.name());
    map.put("value", round(ratio.value(), 3));
    map.put("roundMin", round(ratio.roundMin(), 3));
    map.put("roundMax", round(ratio.roundMax(), 3));
    map.put("goal", ratio.goal().isPresent() ? ratio.goal().getAsDouble() : null);
    map.put("met", ratio.met());
    return map;
  }

  /** Median to two decimals; null where the subject does not know it. */
  private static @Nullable Double median(Result result, ToDoubleFunction<Window> reading) {
    return round(result.series(reading).median(), 2);
  }

  private static @Nullable Double round(double value, int decimals) {
    if (!Double.isFinite(value)) {
      return null;
    }
    double scale = Math.pow(10, decimals);
    return Math.round(value * scale) / scale;
  }

  /** A table; the columns are explained below it. */
  String toTable() {
    StringBuilder table = new StringBuilder();
    table.append(environment.line()).append('\n');
    table.append("NIC: ").append(Environment.EMULATED_NIC).append("\n\n");
    line(
        table,
        "%-8s %6s  %-13s %8s %8s %8s %8s %8s %9s %8s",
        "scenario",
        "bytes",
        "subject",
        "Mpps",
        "min",
        "max",
        "cycles",
        "no NIC",
        "alloc",
        "rejected");
    for (Result result : results) {
      Series mpps = result.mpps();
      line(
          table,
          "%-8s %6d  %-13s %8.2f %8.2f %8.2f %8s %8s %9s %8d",
          result.scenario().label(),
          result.frameBytes(),
          result.subject().label(),
          mpps.median(),
          mpps.min(),
          mpps.max(),
          cell(result, Window::cyclesPerPacket, 0),
          cell(result, Window::cyclesPerPacketWithoutNic, 0),
          cell(result, Window::allocatedPerPacket, 3),
          result.rejected());
    }
    table.append('\n');
    for (Ratio ratio : ratios) {
      line(
          table,
          "%-8s %6d  %-22s %5.2f x  (in one round %.2f to %.2f)  %s",
          ratio.scenario().label(),
          ratio.frameBytes(),
          ratio.name(),
          ratio.value(),
          ratio.roundMin(),
          ratio.roundMax(),
          goalText(ratio));
    }
    return table.append(LEGEND).toString();
  }

  private static final String LEGEND =
      """

      Mpps: million frames per second that the NF received (pvp: and sent back), by its own counters;
      median, lowest and highest window. cycles: busy TSC ticks of the switch's core per received
      frame, times receptions per frame (oneway 1, pvp 2), emulated NIC included; no NIC: without it.
      alloc: heap bytes of the poll thread per received frame. rejected: windows in which a polling
      thread lost its core.
      """;

  private static String goalText(Ratio ratio) {
    if (ratio.goal().isEmpty()) {
      return "no goal";
    }
    return String.format(
        Locale.ROOT, "goal %.2f: %s", ratio.goal().getAsDouble(), ratio.met() ? "met" : "missed");
  }

  private static String cell(Result result, ToDoubleFunction<Window> reading, int decimals) {
    double value = result.series(reading).median();
    return Double.isFinite(value) ? String.format(Locale.ROOT, "%." + decimals + "f", value) : "-";
  }

  private static void line(StringBuilder table, String format, Object... cells) {
    table.append(String.format(Locale.ROOT, format, cells).stripTrailing()).append('\n');
  }
}
