// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import io.iovtee.vswitch.assembly.Reload;
import io.iovtee.vswitch.assembly.RuleWatch;
import io.iovtee.vswitch.config.SwitchConfig;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code iovtee run}: the switch in the foreground until SIGINT or SIGTERM. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    description = {
      "Runs the switch in the foreground.",
      "SIGHUP reads the file again and carries out the differences; SIGINT and SIGTERM end it.",
      "Files of rules (flows-directory) are read again when they change."
    })
final class RunCommand implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(RunCommand.class);

  @Option(
      names = {"-c", "--config"},
      required = true,
      paramLabel = "FILE",
      defaultValue = "${IOVTEE_CONFIG}",
      description = "the configuration (environment: IOVTEE_CONFIG)")
  private Path config = Path.of("conf/iovtee.yaml");

  @Option(
      names = "--plugins",
      paramLabel = "DIR",
      defaultValue = "${IOVTEE_PLUGINS:-}",
      description =
          "directory of plugin jars, instead of the configuration's; none: no plugins, whatever"
              + " the configuration says of them (environment: IOVTEE_PLUGINS)")
  private String plugins = "";

  @Override
  public Integer call() throws InterruptedException {
    SignalRequests requests = SignalRequests.hear();
    SwitchConfig first = SwitchConfig.load(config);
    try (RunningSwitch running = RunningSwitch.start(first, plugins)) {
      Reload reload = new Reload(running.vswitch(), first);
      LOG.info(
          "switch {} runs: {} ports, {} rules, plugins {}",
          first.name(),
          running.vswitch().ports().size(),
          first.flows().size(),
          running.plugins().names());
      try (RuleWatch _ = RuleWatch.start(reload)) {
        while (requests.awaitReload()) {
          reload(reload);
        }
      }
      LOG.info("switch {} ends", first.name());
    }
    return 0;
  }

  private void reload(Reload reload) {
    try {
      reload.apply(SwitchConfig.load(config)).forEach(RunCommand::logReload);
    } catch (Reload.IncompleteException e) { // a socket or an interface is refused: we go on
      e.done().forEach(RunCommand::logReload);
      LOG.error("reload: {}; the next SIGHUP tries again", e.getMessage());
    } catch (RuntimeException e) {
      LOG.error("reload: nothing more was changed: {}", e.getMessage());
    }
  }

  private static void logReload(String line) {
    LOG.info("reload: {}", line);
  }
}
