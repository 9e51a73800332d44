// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import io.iovtee.bench.report.Figure;
import io.iovtee.bench.report.Goal;
import io.iovtee.bench.report.Metric;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench vm2vm}. */
@Command(
    name = "vm2vm",
    mixinStandardHelpOptions = true,
    description =
        "Network function to network function: as many frames as the switch takes, from one"
            + " vhost-user port to another, our switch beside DPDK's testpmd. Sender and receiver"
            + " are one thread on one core.")
public final class Vm2VmCommand extends LoadCommand {
  /** A slower copy between guests would make every service chain slower. */
  private static final Goal AT_LEAST_THE_PEER = Goal.atLeast(1.0);

  private static final String LEGEND =
      """
      Mpps: million frames per second that the sink received; median, lowest and highest trial;
      starts: lowest and highest median of one start. lost: frames per million sent that did not
      arrive. p50: median time from sending to receiving, with full rings. rejected: trials in which
      others had the switch's core.
      """;

  @Option(
      names = "--windows",
      defaultValue = "4",
      description = "Trials of each start of a subject (default: ${DEFAULT-VALUE}).")
  private int windows;

  Vm2VmCommand() {
    super("vm2vm", LEGEND, List.of("64", "1514", "imix"));
  }

  @Override
  protected @Nullable String firstError() {
    return windows < 1 ? "--windows: " + windows + " is below 1" : super.firstError();
  }

  @Override
  PathOptions path() {
    return new PathOptions();
  }

  @Override
  Map<String, Object> settings() {
    return Map.of("windows", windows);
  }

  @Override
  Goal goal(Map<String, Object> parameters) {
    return AT_LEAST_THE_PEER;
  }

  @Override
  void measureFork(int fork, List<LoadRig> rigs, Cases cases) {
    for (FrameMix mix : mixes()) {
      TrialSpec spec = new TrialSpec(mix, 0, options().trialMs());
      inTurns(
          windows,
          rigs,
          rig -> {
            TrialResult result = rig.run(spec);
            cases.add(
                fork,
                Map.of("frame", mix.label()),
                rig.subject(),
                Metric.MPPS,
                result.receivedPerSecond() / 1e6,
                figures(mix, result, rig.rejected()));
          });
    }
  }

  private static List<Figure> figures(FrameMix mix, TrialResult result, int rejected) {
    return List.of(
        new Figure("gbps", "Gbit/s", result.receivedPerSecond() * mix.meanBytes() * 8e-9, 1),
        new Figure("lostPerMillion", "lost", result.lossRatio() * 1e6, 1),
        new Figure("p50Us", "p50 us", result.p50Ns() / 1e3, 1),
        new Figure("rejectedTrials", "rejected", rejected, 0),
        Figure.hidden("reordered", result.reordered(), 0),
        Figure.hidden("duplicated", result.duplicated(), 0));
  }
}
