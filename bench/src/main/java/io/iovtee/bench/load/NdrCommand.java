// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import io.iovtee.bench.report.Figure;
import io.iovtee.bench.report.Goal;
import io.iovtee.bench.report.Metric;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench ndr}. */
@Command(
    name = "ndr",
    mixinStandardHelpOptions = true,
    description =
        "Non-drop rate (RFC 2544, 26.1): the highest offered rate without loss, and with a loss"
            + " that is allowed, by bisection. From one vhost-user port to another, our switch"
            + " beside DPDK's testpmd; or with --path nic from our switch's emulated NIC,"
            + " write-through beside copies. Sender and receiver are one thread on one core.")
public final class NdrCommand extends LoadCommand {
  /** Of copies over testpmd, and of write-through over copies: no step may make it worse. */
  private static final Goal AT_LEAST_THE_OTHER = Goal.atLeast(1.0);

  private static final String LEGEND =
      """
      Mpps: highest offered rate at which no more than loss %% of the frames were lost; median, lowest
      and highest search. trials: how many a search took. p50, p99.9: time from when a frame was due to
      the poll that found it, in the trial that passed at that rate.
      """
          .replace("%%", "%");

  private static final double PERCENT = 100;

  @Mixin private PathOptions path = new PathOptions();

  @Mixin private NdrOptions ndr = new NdrOptions();

  @Option(
      names = "--loss",
      split = ",",
      defaultValue = "0.5,0",
      paramLabel = "PERCENT",
      description = "What may be lost, in %%, falling (default: ${DEFAULT-VALUE}).")
  private List<Double> losses = List.of();

  NdrCommand() {
    super("ndr", LEGEND, List.of("64", "128", "256", "512", "1024", "1280", "1514", "imix"));
  }

  @Override
  protected @Nullable String firstError() {
    double above = PERCENT;
    for (double loss : losses) {
      if (!(loss >= 0 && loss < above)) {
        return "--loss: " + losses + " does not fall from below 100 to 0 or more";
      }
      above = loss;
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
    return ndr.settings();
  }

  @Override
  Goal goal(Map<String, Object> parameters) {
    return AT_LEAST_THE_OTHER;
  }

  @Override
  void measureFork(int fork, List<LoadRig> rigs, Cases cases) {
    for (FrameMix mix : mixes()) {
      inTurns(1, rigs, rig -> search(fork, rig, mix, cases));
    }
  }

  /** Each loss after the one above it: what fails with a greater loss fails with a smaller one. */
  private void search(int fork, LoadRig rig, FrameMix mix, Cases cases) {
    NdrSearch search = new NdrSearch(rig, mix, options(), ndr);
    double rate = search.rateMax();
    for (double loss : losses) {
      rate = search.find(Math.max(1, rate), loss / PERCENT);
      Map<String, Object> parameters = new LinkedHashMap<>();
      parameters.put("frame", mix.label());
      parameters.put("lossPercent", loss);
      cases.add(
          fork, parameters, rig.subject(), Metric.MPPS, rate / 1e6, figures(mix, rate, search));
    }
  }

  private static List<Figure> figures(FrameMix mix, double rate, NdrSearch search) {
    TrialResult passed = search.passed();
    return List.of(
        new Figure("gbps", "Gbit/s", rate * mix.meanBytes() * 8e-9, 2),
        new Figure("p50Us", "p50 us", passed == null ? Double.NaN : passed.p50Ns() / 1e3, 1),
        new Figure("p999Us", "p99.9 us", passed == null ? Double.NaN : passed.p999Ns() / 1e3, 1),
        new Figure("trials", "trials", search.trials(), 0));
  }
}
