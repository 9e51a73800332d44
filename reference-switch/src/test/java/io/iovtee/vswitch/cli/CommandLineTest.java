// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;

/** What every command has in common: help that is whole, and wrong usage in a few lines. */
final class CommandLineTest {
  private record Ended(int exitCode, String out, String err) {}

  private static Ended run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine line = Main.commandLine();
    line.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    return new Ended(line.execute(arguments), out.toString(), err.toString());
  }

  private static List<CommandSpec> all(CommandLine line) {
    List<CommandSpec> all = new ArrayList<>(List.of(line.getCommandSpec()));
    for (CommandLine sub : line.getSubcommands().values()) {
      if (!(sub.getCommand() instanceof HelpCommand)) {
        all.addAll(all(sub));
      }
    }
    return all;
  }

  /** A list of commands shows the first line alone, so that line must be whole. */
  @Test
  void everyLineOfHelpIsASentenceAndEveryParameterIsDescribed() {
    List<CommandSpec> commands = all(Main.commandLine());
    assertThat(commands).hasSizeGreaterThan(40);
    for (CommandSpec command : commands) {
      String name = command.qualifiedName();
      assertThat(command.usageMessage().description())
          .as(name)
          .isNotEmpty()
          .allMatch(line -> line.endsWith(".") || line.contains(": iovtee "));
      for (ArgSpec argument : command.args()) {
        assertThat(argument.description()).as("%s %s", name, argument).isNotEmpty();
      }
    }
  }

  @Test
  void everyCommandHasTheVersionThatItsHelpPromises() {
    for (CommandSpec command : all(Main.commandLine())) {
      String name = command.qualifiedName(" ").replaceFirst("iovtee ?", "");
      Ended ended = run((name + " --version").strip().split(" "));
      assertThat(ended.exitCode()).as(name).isZero();
      assertThat(ended.out()).as(name).startsWith("iovtee ").hasLineCount(1);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "run",
        "nf",
        "nf --socket /nosuch --mode frobnicate",
        "nf --socket /nosuch --mac 1",
        "demo --frame-bytes 10",
        "demo --duration 1s",
        "flow add",
        "flow frobnicate",
        "flow delete --loose 7",
        "trace tcp --vlan-limit 3",
        "trace tcp --vlan-limit 2",
        "frobnicate",
        "port list --server http://",
        "port list --server ftp://127.0.0.1",
        "port list --server 'http://exa mple'",
        "punt watch --server :::",
        "mapping explain ",
        "mapping remove ",
        "port remove ",
        "mirror delete ",
      })
  void wrongUsageIsExitCode2AndSaysLittleMoreThanWhatIsWrong(String arguments) {
    Ended ended = run(arguments.split(" ", -1));
    assertThat(ended.exitCode()).as(ended.err()).isEqualTo(CommandLine.ExitCode.USAGE);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err()).startsWith("iovtee");
    assertThat(ended.err().lines()).as(ended.err()).hasSizeLessThanOrEqualTo(3);
  }

  @Test
  void missingCommandGetsTheWholeHelpOnStderr() {
    Ended ended = run("flow");
    assertThat(ended.exitCode()).isEqualTo(CommandLine.ExitCode.USAGE);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err())
        .startsWith("iovtee flow: Missing required subcommand")
        .contains("bundle");
  }

  @Test
  void mappingIsAskedForWithEveryKeyAndPinnedEitherWay() throws IOException {
    List<String> asked =
        asked(
            List.of("mapping", "add", "up/1", "nf1", "--mode", "off", "--queue-pair", "2"),
            List.of("mapping", "pin", "up/1:2"),
            List.of("mapping", "pin", "up/1:2", "--mode", "off"));
    assertThat(asked)
        .containsExactly(
            "/api/v1/mappings"
                + " {\"queue\":\"up/1\",\"port\":\"nf1\",\"mode\":\"off\",\"queue_pair\":2}",
            "/api/v1/mappings/up%2F1%3A2/pin {\"mode\":\"on\"}",
            "/api/v1/mappings/up%2F1%3A2/pin {\"mode\":\"off\"}");
  }

  @Test
  void keysOfAPortHaveTheTypesThatTheyHaveInAFile() throws IOException {
    List<String> asked =
        asked(
            List.of(
                "port", "add", "p", "type=xdp", "interface=eth1", "queues=1", "promiscuous=true"),
            List.of(
                "port", "add", "q", "interface=007", "peer-uids=[1, 2]", "tx={\"type\":\"loop\"}"));
    assertThat(asked)
        .containsExactly(
            "/api/v1/ports/p"
                + " {\"type\":\"xdp\",\"interface\":\"eth1\",\"queues\":1,\"promiscuous\":true}",
            "/api/v1/ports/q {\"interface\":\"007\",\"peer-uids\":[1,"
                + " 2],\"tx\":{\"type\":\"loop\"}}");
  }

  /** The requests of some commands, path and body, at a server that answers nothing. */
  @SafeVarargs
  private static List<String> asked(List<String>... commands) throws IOException {
    List<String> asked = new ArrayList<>();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          String body =
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          asked.add(exchange.getRequestURI() + " " + body);
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    server.start();
    try {
      // Without a scheme: what stands in a browser's address bar.
      String address = "127.0.0.1:" + server.getAddress().getPort();
      for (List<String> command : commands) {
        List<String> words = new ArrayList<>(command);
        words.addAll(List.of("--server", address));
        assertThat(run(words.toArray(String[]::new)).exitCode()).isZero();
      }
    } finally {
      server.stop(0);
    }
    return asked;
  }
}
