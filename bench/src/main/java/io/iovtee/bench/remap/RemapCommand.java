// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.remap;

import io.iovtee.bench.report.BenchCommand;
import io.iovtee.bench.report.Environment;
import io.iovtee.bench.report.Figure;
import io.iovtee.bench.report.Goal;
import io.iovtee.bench.report.Metric;
import io.iovtee.bench.report.Report;
import io.iovtee.bench.report.Row;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code bench remap}. */
@Command(
    name = "remap",
    mixinStandardHelpOptions = true,
    description = {
      "Frames that are lost, and the longest time without one, while a queue is mapped, changes"
          + " between copy and write-through, and is unmapped under traffic."
    })
public final class RemapCommand extends BenchCommand {
  private static final Metric GAP = new Metric("gapMs", "ms", 2, false);
  private static final Metric LOST = new Metric("lostFrames", "lost", 0, false);
  private static final Goal NOTHING = Goal.atMost(0);
  private static final Goal REVOCATION_MS = Goal.atMost(50);

  private static final String LEGEND =
      """
      ms: the longest time in which no frame arrived at the network function, from the command to 50 ms
      after it was carried out; median, least and most of all cycles. lost: frames sent in that time that
      never arrived, in all cycles together, of so many sent; most: in one cycle. none: the same time without any
      command, so what the threads of this benchmark do to each other. map: guest memory into the queue's
      reach, and write-through; to-copy, to-write-through: a change of buffer source; unmap: revocation.
      """;

  @Mixin private RemapOptions options = new RemapOptions();

  /** For picocli. */
  public RemapCommand() {}

  @Override
  protected @Nullable String firstError() {
    return options.firstError();
  }

  @Override
  protected Report measure(Path directory, PrintStream progress) throws IOException {
    Environment environment = new Environment();
    List<Row> rows = new ArrayList<>();
    for (RemapOptions.Nic nic : options.nics) {
      Map<Change, List<Deliveries.Period>> periods =
          new RemapRun(options, nic, directory).measure(progress);
      periods.forEach((change, all) -> rows.addAll(rows(nic, change, all)));
    }
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("cycles", options.cycles);
    settings.put("ratePps", options.ratePps);
    settings.put("frameBytes", options.frameBytes);
    return new Report(environment, settings, rows, List.of(), LEGEND);
  }

  private static List<Row> rows(
      RemapOptions.Nic nic, Change change, List<Deliveries.Period> periods) {
    Map<String, Object> parameters = Map.of("nic", nic.name());
    int sent = periods.stream().mapToInt(Deliveries.Period::sent).sum();
    int lost = periods.stream().mapToInt(Deliveries.Period::lost).sum();
    int most = periods.stream().mapToInt(Deliveries.Period::lost).max().orElse(0);
    List<Figure> figures =
        List.of(
            new Figure("lostInOneMax", "most", most, 0), new Figure("sentFrames", "sent", sent, 0));
    Row gap =
        Row.of(
            "remap",
            parameters,
            change.label(),
            GAP,
            periods.stream().map(Deliveries.Period::gapMs).toList());
    Row losses =
        Row.of("remap", parameters, change.label(), LOST, List.of((double) lost)).with(figures);
    return List.of(
        change == Change.UNMAP ? gap.with(REVOCATION_MS) : gap,
        change.isOfSource() ? losses.with(NOTHING) : losses);
  }
}
