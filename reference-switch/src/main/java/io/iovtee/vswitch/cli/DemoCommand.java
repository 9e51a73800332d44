// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code iovtee demo}: the whole idea on one machine, without root. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = {
      "Shows both ways on one machine: copying, then write-through.",
      "Runs the switch with an EMULATED NIC, a sample network function in its own process over a"
          + " real vhost-user socket, the plugin, the HTTP API and the dashboard. First every frame"
          + " is copied, then the plugin maps the queue and the NIC writes through. Needs no root."
    })
final class DemoCommand implements Callable<Integer> {
  @Option(
      names = "--duration",
      defaultValue = "15s",
      converter = DurationOption.class,
      description = "how long, for example 15s or 2m (default: 15s)")
  private Duration duration = Duration.ofSeconds(15);

  @Option(
      names = "--frame-bytes",
      defaultValue = "1514",
      description = "frame length, 60 to 1514 (default: 1514)")
  private int frameBytes = 1514;

  @Option(names = "--port", defaultValue = "0", description = "HTTP port (default: any free one)")
  private int port;

  @Option(names = "--json", description = "one JSON object as the last line of stdout")
  private boolean json;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (frameBytes < 60 || frameBytes > 1514) {
      throw new UsageException("--frame-bytes must be 60 to 1514: " + frameBytes);
    }
    if (duration.toSeconds() < 3) {
      throw new UsageException("--duration must be 3s or more, to show both ways: " + duration);
    }
    PrintWriter people = json ? spec.commandLine().getErr() : spec.commandLine().getOut();
    Path directory = Files.createTempDirectory("iovtee-demo");
    try (Demo demo = new Demo(directory, frameBytes, port, people)) {
      demo.run(duration);
      if (json) {
        spec.commandLine().getOut().println(demo.result());
        spec.commandLine().getOut().flush();
      }
      return demo.succeeded() ? 0 : 1;
    } finally {
      remove(directory);
    }
  }

  private static void remove(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
