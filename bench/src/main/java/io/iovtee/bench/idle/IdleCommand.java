// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.idle;

import io.iovtee.bench.peer.Pause;
import io.iovtee.bench.peer.PeerException;
import io.iovtee.bench.report.BenchCommand;
import io.iovtee.bench.report.Environment;
import io.iovtee.bench.report.Figure;
import io.iovtee.bench.report.Goal;
import io.iovtee.bench.report.Metric;
import io.iovtee.bench.report.Report;
import io.iovtee.bench.report.Row;
import io.iovtee.bench.report.Series;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code bench idle}. */
@Command(
    name = "idle",
    mixinStandardHelpOptions = true,
    description = {
      "What a switch takes of a core, and how often it wakes up, while its ports are up and no"
          + " frame comes: ours with one port of each type and with all of them, beside DPDK's"
          + " testpmd, which polls."
    })
public final class IdleCommand extends BenchCommand {
  private static final Metric CPU = new Metric("cpuPercent", "%", 2, false);
  private static final Goal GOAL = Goal.atMost(2.0);

  /**
   * Windows in a row that do not count before we give up: an idle JVM ends a compiler thread now
   * and then, not all the time.
   */
  static final int REJECTIONS_MAX = 20;

  private static final String LEGEND =
      """
      %: time on cores of all threads of the switch's process, of one core (schedstat); median,
      least and most of the windows. loop %: of its poll loop alone. wakes/s: voluntary context
      switches of all its threads, per second; loop wakes/s: of its poll loop. Our switch has
      plugin and HTTP API.
      """;

  @Mixin private IdleOptions options = new IdleOptions();

  /** For picocli. */
  public IdleCommand() {}

  @Override
  protected @Nullable String firstError() {
    return options.firstError();
  }

  @Override
  protected Report measure(Path directory, PrintStream progress) {
    Map<IdlePort, String> missing = IdlePort.allMissing();
    missing.forEach((port, reason) -> progress.println(port.label() + " is left out: " + reason));
    Environment environment = new Environment();
    List<Row> rows = new ArrayList<>();
    for (Cell cell : options.cells) {
      if (cell.canBeMeasured(missing.keySet())) {
        rows.add(
            measure(cell, cell.portsWithout(missing.keySet()), environment, directory, progress));
      }
    }
    if (rows.isEmpty()) {
      throw new PeerException("none of --cells can be measured here: " + missing.values());
    }
    Map<String, Object> settings = new LinkedHashMap<>();
    options.addTo(settings);
    settings.put("leftOut", missing.keySet().stream().map(IdlePort::label).toList());
    return new Report(environment, settings, rows, List.of(), LEGEND);
  }

  private Row measure(
      Cell cell,
      Set<IdlePort> ports,
      Environment environment,
      Path directory,
      PrintStream progress) {
    try (IdleSwitch idle = IdleSwitch.start(ports, options.cores, directory)) {
      environment.note(cell == Cell.TESTPMD ? "testpmd" : "ours", idle.process().version());
      Pause.ms(Math.round(options.settleSeconds * 1000));
      long pid = idle.process().process().pid();
      List<IdleWindow> windows =
          windows(options.windows, () -> window(pid, cell.label(), progress));
      return row(cell, ports, idle.loops(), windows);
    }
  }

  private IdleWindow window(long pid, String what, PrintStream progress) {
    ProcessUsage before = ProcessUsage.of(pid);
    Pause.ms(Math.round(options.windowSeconds * 1000));
    IdleWindow window = ProcessUsage.of(pid).since(before);
    progress.printf(
        Locale.ROOT,
        "%s: %.2f %%, %.0f wake-ups/s; most: %s%s%n",
        what,
        window.cpuPercent(),
        window.wakeUpsPerSecond(),
        window.busiest(),
        window.ended() == 0 ? "" : "; does not count, a thread ended");
    return window;
  }

  /** Takes windows until so many count: those in which no thread ended. */
  static List<IdleWindow> windows(int count, Supplier<IdleWindow> next) {
    List<IdleWindow> counted = new ArrayList<>();
    int rejected = 0;
    while (counted.size() < count) {
      IdleWindow window = next.get();
      if (window.ended() == 0) {
        counted.add(window);
        rejected = 0;
      } else if (++rejected == REJECTIONS_MAX) {
        throw new PeerException(
            "in each of " + rejected + " windows a thread ended; try a shorter --window-seconds");
      }
    }
    return counted;
  }

  /** A goal is for us; a peer that polls takes what it takes. */
  static Row row(Cell cell, Set<IdlePort> ports, String loopPrefix, List<IdleWindow> windows) {
    List<IdleWindow> loops = windows.stream().map(window -> window.of(loopPrefix)).toList();
    if (loops.stream().anyMatch(loop -> loop.threads().isEmpty())) {
      throw new PeerException(
          cell.label()
              + ": no thread "
              + loopPrefix
              + "*; the busiest are "
              + windows.getFirst().busiest());
    }
    Row row =
        Row.of(
                "idle",
                Map.of("ports", cell.portNames(ports)),
                cell == Cell.TESTPMD ? "testpmd" : "ours",
                CPU,
                windows.stream().map(IdleWindow::cpuPercent).toList())
            .with(
                List.of(
                    median("loopPercent", "loop %", 2, loops, IdleWindow::cpuPercent),
                    median("wakeUpsPerSecond", "wakes/s", 0, windows, IdleWindow::wakeUpsPerSecond),
                    median(
                        "loopWakeUpsPerSecond",
                        "loop wakes/s",
                        0,
                        loops,
                        IdleWindow::wakeUpsPerSecond),
                    median(
                        "preemptionsPerSecond", "", 0, windows, IdleWindow::preemptionsPerSecond),
                    Figure.hidden("threads", windows.getLast().threads().size(), 0)));
    return cell == Cell.TESTPMD ? row : row.with(GOAL);
  }

  private static Figure median(
      String key,
      String heading,
      int decimals,
      List<IdleWindow> windows,
      ToDoubleFunction<IdleWindow> value) {
    double[] readings = windows.stream().mapToDouble(value).toArray();
    return new Figure(key, heading, Series.of(readings).median(), decimals);
  }
}
