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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code flow diff FILE} and {@code flow replace FILE} against answers as the switch gives them.
 */
final class SwitchDifferenceTest {
  private static final Map<String, String> ANSWERS =
      Map.of(
          "/api/v1/flows?view=rules", "udp,actions=meter:1,group:1\n",
          "/api/v1/groups?view=dump", "group_id=1,type=all,bucket=bucket_id:0,actions=output:a1\n",
          "/api/v1/meters?view=dump", "meter=1,kbps,bands=type=drop,rate=5\n");

  @TempDir private Path directory;
  private final List<String> changes = new CopyOnWriteArrayList<>();

  /** Answers are of version 1, but those before the one with this number, which all differ. */
  private int firstSteady;

  private final AtomicInteger asked = new AtomicInteger();

  /** What is said to a change; empty: it is carried out. */
  private String refusal = "";

  private HttpServer server;

  private record Ran(int exitCode, String out, String err) {}

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          String body =
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          String path = exchange.getRequestURI().toString();
          if (!exchange.getRequestMethod().equals("GET")) {
            changes.add(exchange.getRequestMethod() + " " + path + " " + body);
            if (!refusal.isEmpty()) {
              byte[] why = ("{\"detail\":\"" + refusal + "\"}").getBytes(StandardCharsets.UTF_8);
              exchange.getResponseHeaders().set("Content-Type", "application/problem+json");
              exchange.sendResponseHeaders(400, why.length);
              exchange.getResponseBody().write(why);
              exchange.close();
              return;
            }
          }
          int number = asked.getAndIncrement();
          boolean steady = number >= firstSteady;
          // Before it stood still it had no rules.
          String said = steady ? ANSWERS.getOrDefault(path, "") : "";
          byte[] answer = said.getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().set("ETag", steady ? "\"1\"" : "\"-" + number + "\"");
          exchange.sendResponseHeaders(200, answer.length == 0 ? -1 : answer.length);
          exchange.getResponseBody().write(answer);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private Ran run(String command, String file) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String address = "http://127.0.0.1:" + server.getAddress().getPort();
    int exitCode =
        Main.commandLine()
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .execute("flow", command, file, "--server", address);
    return new Ran(exitCode, out.toString(), err.toString());
  }

  private String file(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text).toString();
  }

  @Test
  void theWholeTableIsCompared() throws IOException {
    Ran same = run("diff", file("same", String.join("", ANSWERS.values())));
    assertThat(same.exitCode()).as(same.out() + same.err()).isZero();
    assertThat(same.err()).isEmpty();

    Ran other = run("diff", file("other", "group_id=1,type=all\nudp,actions=meter:1,group:1\n"));
    assertThat(other.exitCode()).isEqualTo(1);
    assertThat(other.out().lines())
        .containsExactly(
            "-meter=1,kbps,bands=type=drop,rate=5",
            "-group_id=1,type=all,bucket=bucket_id:0,actions=output:a1",
            "+group_id=1,type=all");
  }

  /** Meters of before a change and rules of after it are no table that ever was. */
  @Test
  void whatChangesMeanwhileIsReadAgain() throws IOException {
    firstSteady = 5; // of three lists: the first reading changes, the second in its middle
    Ran same = run("diff", file("same", String.join("", ANSWERS.values())));
    assertThat(same.exitCode()).as(same.out() + same.err()).isZero();
    assertThat(asked.get()).isEqualTo(9);
  }

  @Test
  void whatNeverStandsStillIsAnErrorAndNoDifference() throws IOException {
    firstSteady = Integer.MAX_VALUE;
    Ran never = run("diff", file("same", String.join("", ANSWERS.values())));
    assertThat(never.exitCode()).isEqualTo(2);
    assertThat(never.out()).isEmpty();
    assertThat(never.err())
        .contains("the rules changed while they were read, 10 times in a row (versions seen last:");
    assertThat(asked.get()).isEqualTo(3 * WholeTable.READINGS_MAX);
  }

  /** As OVS's files of rules: what they say nothing of is no difference, and said. */
  @Test
  void rulesAloneAreComparedWithRules() throws IOException {
    Ran same = run("diff", file("rules", "udp,actions=meter:1,group:1\n"));
    assertThat(same.exitCode()).isZero();
    assertThat(same.out()).isEmpty();
    assertThat(same.err())
        .contains("names no group and no meter: those of the switch (1 group, 1 meter) were not");
    assertThat(run("diff", file("rules", "tcp,actions=drop\n")).exitCode()).isEqualTo(1);
  }

  @Test
  void whatIsNoFileOfRulesIsAnError() throws IOException {
    Ran command = run("diff", file("bundle", "delete udp\n"));
    assertThat(command.exitCode()).isEqualTo(2);
    assertThat(command.err()).contains("bundle: line 1", "has no commands");
    Ran circle = run("diff", file("circle", "group_id=1,type=all,bucket=group:1\n"));
    assertThat(circle.exitCode()).isEqualTo(2);
    assertThat(circle.err()).contains("circle: ");
  }

  @Test
  void yamlIsSentAsText() throws IOException {
    String yaml =
        file(
            "all.yaml",
            """
            flows: ["udp,actions=meter:1,group:1"]
            meters: ["meter=1,kbps,bands=type=drop,rate=5"]
            groups: [{group_id: 1, type: all, buckets: [{actions: ["output:a1"]}]}]
            """);
    assertThat(run("diff", yaml).exitCode()).isZero();
    assertThat(run("replace", yaml).exitCode()).isZero();
    assertThat(changes)
        .containsExactly(
            "PUT /api/v1/flows meter=1,kbps,bands=type=drop,rate=5\n"
                + "group_id=1,type=all,bucket=bucket_id:0,actions=output:a1\n"
                + "udp,actions=meter:1,group:1\n");
  }

  @Test
  void whatTheSwitchRefusesInAFileIsNamedWithTheFile() throws IOException {
    String rules = file("rules", "tp_dst=4,actions=drop\n");
    refusal = "line 1, column 1: tp_dst=4: needs tcp";
    for (String command : List.of("replace", "add-flows", "bundle")) {
      assertThat(run(command, rules).err()).contains(rules + ": line 1, column 1: tp_dst=4");
    }
    refusal = "no such port: port=foo";
    assertThat(run("replace", rules).err()).contains("iovtee: no such port").doesNotContain(rules);
  }
}
