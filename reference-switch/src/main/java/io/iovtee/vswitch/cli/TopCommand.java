// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code iovtee top}: the rates of a running switch, again and again. */
@Command(
    name = "top",
    mixinStandardHelpOptions = true,
    description = {
      "Shows the rates of a running switch, as they change.",
      "Ports, poll loops and mappings, between one reading of the counters and the next.",
      "In a terminal q ends it, and any other key reads at once; elsewhere it prints as with -b."
    })
final class TopCommand implements Callable<Integer> {
  private static final Duration INTERVAL_MIN = Duration.ofMillis(100);
  private static final Duration INTERVAL_MAX = Duration.ofHours(1);

  @Mixin private ServerOptions server = new ServerOptions();

  @Option(
      names = "--interval",
      paramLabel = "TIME",
      defaultValue = "1s",
      converter = DurationOption.class,
      description = "between two readings, 100ms to 1h (default: 1s)")
  private Duration interval = Duration.ofSeconds(1);

  @Option(
      names = {"-n", "--count"},
      paramLabel = "COUNT",
      defaultValue = "0",
      description = "ends after so many intervals (default: 0, never)")
  private long count;

  @Option(
      names = {"-b", "--batch"},
      description = "prints one reading below the other, in whole lines, for a file or a pipe")
  private boolean batch;

  @Option(
      names = "--sort",
      paramLabel = "KEY",
      defaultValue = "port",
      description = "the order of ports: port (as numbered; default), in, out or drops, most first")
  private TopOrder order = TopOrder.port;

  @Spec private CommandSpec spec = CommandSpec.create();

  private @Nullable TopReading before;

  @Override
  public Integer call() throws InterruptedException {
    if (server.isJson()) {
      throw new UsageException("top is for people; for programs: iovtee stats -o json");
    }
    if (interval.compareTo(INTERVAL_MIN) < 0 || interval.compareTo(INTERVAL_MAX) > 0) {
      throw new UsageException("--interval is 100ms to 1h");
    }
    if (count < 0) {
      throw new UsageException("-n is a number of intervals, 0 for no end: " + count);
    }
    ServerOptions json = server.as(ServerOptions.Format.json);
    PrintWriter out = spec.commandLine().getOut();
    TopReading first = TopReading.ask(json); // who can not be asked at all is said as ever
    Optional<TopTerminal> terminal = batch ? Optional.empty() : TopTerminal.take(out);
    if (terminal.isEmpty()) {
      print(json, first, out);
      return 0;
    }
    try (TopTerminal taken = terminal.get()) {
      watch(json, first, taken);
    }
    return 0;
  }

  /** Until nobody reads it any more. */
  private void print(ServerOptions json, TopReading first, PrintWriter out)
      throws InterruptedException {
    before = first;
    for (long i = 0; (count == 0 || i < count) && !out.checkError(); i++) {
      TimeUnit.NANOSECONDS.sleep(interval.toNanos());
      TopReading now = TopReading.ask(json);
      out.print(i == 0 ? "" : "\n");
      TopScreen.lines(TopRates.between(before, now), order).forEach(out::println);
      before = now;
    }
    out.flush();
  }

  private void watch(ServerOptions json, TopReading first, TopTerminal terminal) {
    before = first;
    List<String> lines = TopScreen.lines(TopRates.between(null, first), order);
    Optional<String> failure = Optional.empty();
    for (long i = 0; count == 0 || i <= count; i++) {
      show(terminal, TopScreen.stale(lines, failure));
      if (i == count && count > 0) {
        return;
      }
      if (terminal.awaitKey((int) interval.toMillis()) == 'q') {
        return;
      }
      try {
        TopReading now = TopReading.ask(json);
        lines = TopScreen.lines(TopRates.between(before, now), order);
        before = now;
        failure = Optional.empty();
      } catch (CommandException e) { // a switch that is started again is seen again
        failure = Optional.of(String.valueOf(e.getMessage()));
      }
    }
  }

  private static void show(TopTerminal terminal, List<String> lines) {
    var size = terminal.size();
    terminal.show(TopScreen.redraw(TopScreen.cut(lines, size.columns(), size.rows())));
  }
}
