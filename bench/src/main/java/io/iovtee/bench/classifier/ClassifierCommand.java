// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.classifier;

import io.iovtee.bench.classifier.Flows.Spread;
import io.iovtee.bench.peer.PeerException;
import io.iovtee.bench.report.BenchCommand;
import io.iovtee.bench.report.Environment;
import io.iovtee.bench.report.Figure;
import io.iovtee.bench.report.Goal;
import io.iovtee.bench.report.Metric;
import io.iovtee.bench.report.Report;
import io.iovtee.bench.report.Row;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.classifier.Classifier;
import io.iovtee.flow.classifier.ClassifierEditor;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench classifier}. Fields are set by picocli. */
@Command(
    name = "classifier",
    mixinStandardHelpOptions = true,
    description = {
      "Rule lookups and changes of rules, by numbers of rules and flows; needs no peer.",
      "Rules look at four different masks in turn. A million rules take 1 GB of heap."
    })
public final class ClassifierCommand extends BenchCommand {
  private static final Metric NS = new Metric("ns", "ns", 1, false);
  private static final Metric US = new Metric("us", "us", 1, false);
  private static final Goal HIT = Goal.atMost(20);
  private static final Goal SUBTABLES = Goal.atMost(300);
  private static final Goal CHANGE = Goal.atMost(1_000);

  /** From this share of answers by the cache on a reading is one of its hits. */
  private static final double ALL_HITS = 0.99;

  private static final String LEGEND =
      """
      cache: nanoseconds per lookup through the exact-match cache; hits: share that it answered, the rest
      went to the subtables. subtables: without the cache, 64 keys together; one by one: each key alone.
      bytes: heap per rule that the compiled table takes; build: microseconds per rule to compile it.
      change: microseconds from one rule added or deleted until a thread that looks up all the time works
      by it; switch: the same from a command to the acknowledgement of a running switch's poll loop, which
      handles 500,000 frames a second meanwhile. Readings are medians of 100 changes, p99, max and >1 ms of
      all that count; rejected: changes during which other programs kept one of the threads from its core for more than
      50 us (schedstat), and no collection was under way; max of all: with these; jit: how many of those above 1 ms the JVM's
      compilers ran beside for most of the time. gc, gc ms: collections during the changes, and how long they stopped all threads. frames: received; lost: missed or dropped but for those missed in a collection
      (gc) and while others had a core (others); lost quiet: in as long a time without changes;
      misrouted: by the rule that changes, which is for others.
      """;

  @Option(
      names = "--rules",
      split = ",",
      paramLabel = "N",
      defaultValue = "1,100,10000,1000000",
      description = "Numbers of rules (default: ${DEFAULT-VALUE}).")
  private List<Integer> rules = List.of();

  @Option(
      names = "--flows",
      split = ",",
      paramLabel = "N",
      defaultValue = "1,10000,1000000",
      description = "Numbers of flows (default: ${DEFAULT-VALUE}).")
  private List<Integer> flows = List.of();

  @Option(
      names = "--windows",
      paramLabel = "N",
      defaultValue = "5",
      description = "Readings of each lookup (default: ${DEFAULT-VALUE}).")
  private int windows = 5;

  @Option(
      names = "--window-ms",
      paramLabel = "MS",
      defaultValue = "100",
      description = "Length of a reading (default: ${DEFAULT-VALUE}).")
  private int windowMs = 100;

  @Option(
      names = "--changes",
      paramLabel = "N",
      defaultValue = "2000",
      description = "Changes of each kind (default: ${DEFAULT-VALUE}).")
  private int changes = 2_000;

  @Option(
      names = "--cpu",
      paramLabel = "N",
      defaultValue = "1",
      description = "Core of the switch's poll loop (default: ${DEFAULT-VALUE}).")
  private int cpu = 1;

  @Option(
      names = "--ring-size",
      paramLabel = "N",
      defaultValue = "8192",
      description = {
        "Descriptors of the switch's emulated NIC (default: ${DEFAULT-VALUE}).",
        "At 500,000 frames a second 8192 bridge 16 ms; a machine takes a core for 4 to 12 ms now"
            + " and then, whatever the switch does."
      })
  private int ringSize = 8_192;

  @Override
  protected @Nullable String firstError() {
    for (int count : rules) {
      if (count < 1 || count > 1_500_000) {
        return "--rules: " + count + " is not in 1..1500000";
      }
    }
    for (int count : flows) {
      if (count < 1 || count > 16_000_000) {
        return "--flows: " + count + " is not in 1..16000000";
      }
    }
    if (windows < 1 || windows > 1_000) {
      return "--windows: " + windows + " is not in 1..1000";
    }
    if (windowMs < 1 || windowMs > 60_000) {
      return "--window-ms: " + windowMs + " is not in 1..60000";
    }
    if (Integer.bitCount(ringSize) != 1 || ringSize < 64 || ringSize > 32_768) {
      return "--ring-size: " + ringSize + " is not a power of two in 64..32768";
    }
    return changes < 1 || changes > 1_000_000
        ? "--changes: " + changes + " is not in 1..1000000"
        : null;
  }

  @Override
  protected Report measure(Path directory, PrintStream progress) {
    List<Row> rows = new ArrayList<>();
    for (int count : rules) {
      progress.println("classifier: " + count + " rules");
      measure(count, rows);
    }
    for (int count : rules) { // behind the rest: all other threads leave the loop's core
      progress.println("classifier: switch with " + count + " rules");
      rows.add(changeOfSwitch(count, progress));
    }
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("windows", windows);
    settings.put("windowMs", windowMs);
    settings.put("changes", changes);
    settings.put("ringSize", ringSize);
    settings.put("ratePps", BusySwitch.RATE_PPS);
    settings.put("collector", CollectorPauses.collector());
    settings.put("masks", Rules.MASKS);
    return new Report(new Environment(), settings, rows, List.of(), LEGEND);
  }

  private void measure(int count, List<Row> rows) {
    List<FlowRule> made = Rules.make(count);
    long before = usedBytes();
    long start = System.nanoTime();
    ClassifierEditor editor = new ClassifierEditor(_ -> 1);
    for (int i = 0; i < count; i++) {
      editor.put(i, made.get(i), i);
    }
    Classifier classifier = editor.publish();
    double buildUs = (System.nanoTime() - start) / 1e3 / count;
    double bytes = (usedBytes() - before) / (double) count;
    List<Row> lookups = new ArrayList<>();
    for (int flowCount : flows) {
      for (Spread spread : Spread.values()) {
        if (flowCount > 1 || spread == Spread.UNIFORM) {
          lookups.addAll(lookups(classifier, count, flowCount, spread));
        }
      }
    }
    List<Figure> table =
        List.of(new Figure("bytes", "bytes", bytes, 0), new Figure("buildUs", "build", buildUs, 2));
    lookups.stream()
        .filter(row -> row.figures().isEmpty())
        .map(row -> row.with(table))
        .forEach(rows::add);
    lookups.stream().filter(row -> !row.figures().isEmpty()).forEach(rows::add);
    rows.add(changeUnderLookups(editor, classifier, count));
  }

  private List<Row> lookups(Classifier classifier, int count, int flowCount, Spread spread) {
    Lookups lookups = new Lookups(classifier, count, new Flows(flowCount, spread));
    Map<String, Object> parameters = parameters("subtables", count);
    parameters.put("flows", flowCount);
    parameters.put("spread", spread.name().toLowerCase(Locale.ROOT));
    long windowNs = windowMs * 1_000_000L;
    Row subtables =
        Row.of("classifier", parameters, "classifier", NS, lookups.inSubtables(windows, windowNs));
    parameters.put("path", "one by one");
    Row single =
        Row.of("classifier", parameters, "classifier", NS, lookups.oneByOne(windows, windowNs));
    parameters.put("path", "cache");
    Row cache =
        Row.of("classifier", parameters, "classifier", NS, lookups.throughCache(windows, windowNs));
    double share = lookups.cacheShare();
    return List.of(
        count >= 1_000_000 ? subtables.with(SUBTABLES) : subtables,
        single,
        cache
            .with(List.of(new Figure("hitShare", "hits", share, 3)))
            .with(share >= ALL_HITS ? HIT : Goal.NONE));
  }

  private static Map<String, Object> parameters(String path, int count) {
    Map<String, Object> parameters = new LinkedHashMap<>();
    parameters.put("path", path);
    parameters.put("rules", count);
    return parameters;
  }

  private Row changeUnderLookups(ClassifierEditor editor, Classifier classifier, int count) {
    try {
      Lookups lookups = new Lookups(classifier, count, new Flows(10_000, Spread.UNIFORM));
      Intervals intervals = Changes.underLookups(editor, count, lookups, changes);
      return change("change", count, intervals, intervals.figures());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private Row changeOfSwitch(int count, PrintStream progress) {
    BusySwitch.Result result = BusySwitch.measure(Rules.make(count), cpu, ringSize, changes);
    progress.println("classifier: " + count + " rules: " + result.changes().line());
    return change("switch", count, result.changes(), result.figures());
  }

  private static Row change(String path, int count, Intervals intervals, List<Figure> figures) {
    if (intervals.medians().isEmpty()) {
      throw new PeerException("other programs disturbed each change; try more --changes");
    }
    Row row = Row.of("classifier", parameters(path, count), "classifier", US, intervals.medians());
    return row.with(figures).with(CHANGE);
  }

  private static long usedBytes() {
    Runtime runtime = Runtime.getRuntime();
    System.gc();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
