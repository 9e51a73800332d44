// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import io.iovtee.bench.report.Figure;
import io.iovtee.bench.report.Goal;
import io.iovtee.bench.report.Metric;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench latency}. */
@Command(
    name = "latency",
    mixinStandardHelpOptions = true,
    description =
        "Time from when a frame was due to the poll that found it, at parts of the non-drop rate of"
            + " the last subject named, every subject at the same rate: from one vhost-user port to"
            + " another, or with --path nic from our switch's emulated NIC to one. Sender and"
            + " receiver are one thread on one core.")
public final class LatencyCommand extends LoadCommand {
  /** At this part of the rate the goal is set. */
  private static final int GOAL_PERCENT = 80;

  /** Of copies over testpmd. */
  private static final Goal CLOSE_TO_THE_PEER = Goal.atMost(1.5);

  /** Of write-through over copies. */
  private static final Goal NO_WORSE = Goal.atMost(1.0);

  private static final Metric P999 = new Metric("p999Us", "p99.9 us", 1, false);

  private static final String LEGEND =
      """
      p99.9 us: of all frames of a trial, measured from the time at which each was due (so without
      coordinated omission) to the poll that found it; median, lowest and highest trial. The other
      percentiles are medians over the trials. load: part of the non-drop rate of the last subject
      named, in kpps. lost: frames per million. gap: longest time in which the generator itself looked at no
      ring, which no percentile can be trusted to be without.
      """;

  @Mixin private PathOptions path = new PathOptions();

  @Mixin private NdrOptions ndr = new NdrOptions();

  @Option(
      names = "--loads",
      split = ",",
      defaultValue = "10,50,80",
      paramLabel = "PERCENT",
      description = "Parts of the non-drop rate (default: ${DEFAULT-VALUE}).")
  private List<Integer> loads = List.of();

  @Option(
      names = "--rate",
      paramLabel = "PPS",
      description = "Take this for the non-drop rate instead of searching for it.")
  private double rate;

  @Option(
      names = "--windows",
      defaultValue = "5",
      description = "Trials of each start of a subject at each load (default: ${DEFAULT-VALUE}).")
  private int windows;

  @Option(
      names = "--gc",
      description =
          "At the highest load, also a trial in the middle of which our switch collects its whole"
              + " heap (System.gc).")
  private boolean collect;

  /** By mix; found in the first fork and kept, so that all forks are measured at one rate. */
  private final Map<FrameMix, Double> rates = new HashMap<>();

  LatencyCommand() {
    super("latency", LEGEND, List.of("64"));
  }

  @Override
  protected @Nullable String firstError() {
    for (int load : loads) {
      if (load < 1 || load > 100) {
        return "--loads: " + load + " is not in 1..100";
      }
    }
    if (windows < 1) {
      return "--windows: " + windows + " is below 1";
    }
    String error = ndr.firstError();
    return error == null ? super.firstError() : error;
  }

  @Override
  PathOptions path() {
    return path;
  }

  @Override
  Map<String, Object> settings() {
    Map<String, Object> map = new LinkedHashMap<>(ndr.settings());
    map.put("windows", windows);
    rates.forEach((mix, found) -> map.put("rate" + mix.label(), Math.round(found)));
    return map;
  }

  @Override
  Goal goal(Map<String, Object> parameters) {
    if (!(GOAL_PERCENT + " %").equals(parameters.get("load"))) {
      return Goal.NONE;
    }
    return path.path == LoadPath.nic ? NO_WORSE : CLOSE_TO_THE_PEER;
  }

  @Override
  void measureFork(int fork, List<LoadRig> rigs, Cases cases) {
    for (FrameMix mix : mixes()) {
      double full = rates.computeIfAbsent(mix, unused -> nonDropRate(rigs.getLast(), mix));
      for (int load : loads) {
        TrialSpec spec = new TrialSpec(mix, Math.max(1, full * load / 100), options().trialMs());
        Map<String, Object> parameters = parameters(mix, load + " %", spec);
        inTurns(windows, rigs, rig -> add(fork, parameters, rig, rig.run(spec), cases));
      }
      if (collect) {
        int load = loads.stream().max(Integer::compare).orElseThrow();
        TrialSpec spec = new TrialSpec(mix, Math.max(1, full * load / 100), options().trialMs());
        Map<String, Object> parameters = parameters(mix, load + " % + gc", spec);
        inTurns(
            windows, rigs, rig -> add(fork, parameters, rig, rig.runWithCollection(spec), cases));
      }
    }
  }

  private static void add(
      int fork, Map<String, Object> parameters, LoadRig rig, TrialResult result, Cases cases) {
    cases.add(fork, parameters, rig.subject(), P999, result.p999Ns() / 1e3, figures(result));
  }

  private double nonDropRate(LoadRig rig, FrameMix mix) {
    if (rate > 0) {
      return rate;
    }
    rig.resume();
    NdrSearch search = new NdrSearch(rig, mix, options(), ndr);
    double found = search.find(search.rateMax(), 0);
    rig.pause();
    return found;
  }

  private static Map<String, Object> parameters(FrameMix mix, String load, TrialSpec spec) {
    Map<String, Object> parameters = new LinkedHashMap<>();
    parameters.put("frame", mix.label());
    parameters.put("load", load);
    parameters.put("kpps", Math.round(spec.framesPerSecond() / 1e3));
    return parameters;
  }

  private static List<Figure> figures(TrialResult result) {
    return List.of(
        new Figure("p50Us", "p50", result.p50Ns() / 1e3, 2),
        new Figure("p90Us", "p90", result.p90Ns() / 1e3, 2),
        new Figure("p99Us", "p99", result.p99Ns() / 1e3, 1),
        new Figure("p9999Us", "p99.99", result.p9999Ns() / 1e3, 0),
        new Figure("maxUs", "max", result.maxNs() / 1e3, 0),
        new Figure("lostPerMillion", "lost", result.lossRatio() * 1e6, 1),
        new Figure("generatorGapUs", "gap", result.gapMaxNs() / 1e3, 0));
  }
}
