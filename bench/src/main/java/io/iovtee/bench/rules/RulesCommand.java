// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.rules;

import io.iovtee.bench.peer.FreePort;
import io.iovtee.bench.peer.Pause;
import io.iovtee.bench.peer.PeerException;
import io.iovtee.bench.report.BenchCommand;
import io.iovtee.bench.report.Environment;
import io.iovtee.bench.report.Figure;
import io.iovtee.bench.report.Metric;
import io.iovtee.bench.report.Report;
import io.iovtee.bench.report.Row;
import io.iovtee.bench.rules.ServedSwitch.Counters;
import io.iovtee.bench.vswitch.JavaCommand;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code bench rules}. */
@Command(
    name = "rules",
    mixinStandardHelpOptions = true,
    description = {
      "What commands to a whole rule table cost over HTTP while the switch forwards: iovtee run"
          + " with the plugin, and iovtee flow add-flows, replace, diff, dump and delete with files"
          + " of a million rules.",
      "Takes two minutes and 4 GB of memory; needs no peer."
    })
public final class RulesCommand extends BenchCommand {
  private static final Metric SECONDS = new Metric("seconds", "s", 1, false);

  /** A million rules take half a minute. */
  private static final long COMMAND_TIMEOUT_S = 600;

  private static final String LEGEND =
      """
      s: from the start of the client (iovtee flow) to its end, one run each. missed: frames that the
      NIC had no descriptor for, of so many that it received or missed in that time and the second after it. away ms: time
      in which the poll loop looked at no queue, in pauses of 125 us and more. switch, client: the most memory that each
      process has had so far (VmHWM), MB. replace: one rule of a hundred is another one; diff: with the file before.
      """;

  @Mixin private RulesOptions options = new RulesOptions();

  /** For picocli. */
  public RulesCommand() {}

  @Override
  protected @Nullable String firstError() {
    return options.firstError();
  }

  @Override
  protected Report measure(Path directory, PrintStream progress) throws IOException {
    Path launcher = JavaCommand.launcher();
    Environment environment = new Environment();
    String first = RuleFile.write(directory.resolve("a.flows"), options.rules, false).toString();
    String second = RuleFile.write(directory.resolve("b.flows"), options.rules, true).toString();
    List<List<String>> commands =
        List.of(
            List.of("add-flows", first),
            List.of("replace", second),
            List.of("diff", first),
            List.of("dump"),
            List.of("delete", "--loose", "udp"));
    List<Row> rows = new ArrayList<>();
    List<String> variables = options.environment();
    try (ServedSwitch served =
        ServedSwitch.start(launcher, variables, options, FreePort.find(), directory)) {
      FlowClient client = new FlowClient(launcher, variables, served.address(), directory);
      progress.println("rules: the switch runs; waiting " + options.settleSeconds + " s");
      Pause.ms(1_000L * options.settleSeconds);
      Counters before = served.counters();
      if (before.frames() == 0) {
        throw new PeerException("no frame came: nothing would be measured");
      }
      for (List<String> command : commands) {
        FlowClient.Done done = client.run(COMMAND_TIMEOUT_S, command);
        Counters after = served.counters();
        progress.printf(Locale.ROOT, "rules: %s: %.1f s%n", command.getFirst(), done.seconds());
        rows.add(row(command.getFirst(), done, before, after));
        before = after;
      }
    }
    Map<String, Object> settings = new LinkedHashMap<>();
    options.addTo(settings);
    return new Report(environment, settings, rows, List.of(), LEGEND);
  }

  private static Row row(String command, FlowClient.Done done, Counters before, Counters after) {
    long missed = after.missed() - before.missed();
    long frames = after.frames() - before.frames() + missed;
    return Row.of("rules", Map.of("command", command), "ours", SECONDS, List.of(done.seconds()))
        .with(
            List.of(
                new Figure("missed", "missed", missed, 0),
                new Figure("frames", "of", frames, 0),
                new Figure("awayMs", "away ms", (after.awayNs() - before.awayNs()) / 1e6, 1),
                new Figure("switchMb", "switch", after.memoryKb() / 1e3, 0),
                new Figure("clientMb", "client", done.memoryKb() / 1e3, 0)));
  }
}
