// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.testkit.TestCertificates;
import io.iovtee.api.testkit.TestCertificates.Issued;
import io.iovtee.it.peers.Needs;
import io.iovtee.it.peers.TestSwitch;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A switch that listens on all addresses, and the commands of somebody who is elsewhere. */
final class RemoteApiIT {
  @TempDir private static Path directory;
  private static TestCertificates certificates;
  private static CliProcess vswitch;
  private static String server;
  private static Path reader;

  @BeforeAll
  static void start() throws Exception {
    Needs.present(TestSwitch.pluginMissing());
    certificates = new TestCertificates(directory);
    use(certificates.issue("good", "ip:127.0.0.1"));
    reader = directory.resolve("reader.token");
    try (CliProcess made =
        CliProcess.start("token", "new", "--role", "read", "--out", reader.toString(), "prom")) {
      assertThat(made.await()).as(made.err()).isZero();
      Path tokens = Files.writeString(directory.resolve("tokens"), made.out());
      Files.setPosixFilePermissions(tokens, PosixFilePermissions.fromString("rw-------"));
    }
    vswitch = CliProcess.startWithPlugin(List.of(), "run", "-c", config("0.0.0.0").toString());
    server = vswitch.awaitServer().replace("0.0.0.0", "127.0.0.1");
    vswitch.awaitText(" runs: 1 ports");
  }

  @AfterAll
  static void stop() throws Exception {
    if (vswitch != null) {
      vswitch.terminate();
      assertThat(vswitch.await()).as(vswitch.err()).isZero();
      assertThat(vswitch.err()).doesNotContain("\tat ", Files.readString(reader).strip());
    }
  }

  private static Path config(String host) throws Exception {
    return Files.writeString(
        directory.resolve("s.yaml"),
        """
        switch: {name: edge-1, warm-up-ms: 0}
        ports:
          nic0:
            type: soft
            traffic: {type: generator, frame-bytes: 200, flows: 4, rate-pps: 2000}
        flows: ["priority=1,udp,actions=drop"]
        plugins:
          iovtee:
            http:
              host: %s
              port: 0
              tls: {certificate: %s, key: %s}
              tokens: %s
        """
            .formatted(
                host,
                directory.resolve("cert.pem"),
                directory.resolve("key.pem"),
                directory.resolve("tokens")));
  }

  private static void use(Issued pair) throws Exception {
    Files.copy(
        pair.certificate(), directory.resolve("cert.pem"), StandardCopyOption.REPLACE_EXISTING);
    Files.copy(
        pair.key(),
        directory.resolve("key.pem"),
        StandardCopyOption.REPLACE_EXISTING,
        StandardCopyOption.COPY_ATTRIBUTES);
  }

  /** What a command ended with, and printed to both. */
  private record Ended(int code, String out, String err) {}

  private static Ended run(List<String> wrapper, String... arguments) throws Exception {
    try (CliProcess cli = CliProcess.start(wrapper, arguments)) {
      int code = cli.await();
      return new Ended(code, cli.out(), cli.err());
    }
  }

  /** With all that is needed. */
  private static String[] trusting(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--server", server, "--ca", certificates.authority().toString()));
    all.addAll(List.of("--token-file", reader.toString()));
    return all.toArray(String[]::new);
  }

  private static void assertFails(Ended ended, String... parts) {
    assertThat(ended.code()).as(ended.err()).isEqualTo(1);
    assertThat(ended.err()).hasLineCount(1).startsWith("iovtee: ").contains(parts);
  }

  @Test
  void commandsComeInWithTheirTokenAndAreToldWhatItMayNot() throws Exception {
    String authority = certificates.authority().toString();
    assertThat(run(List.of(), trusting("port", "list")).out()).contains("nic0");
    Ended byEnvironment =
        run(
            List.of(
                "env",
                "IOVTEE_SERVER=" + server,
                "IOVTEE_CA=" + authority,
                "IOVTEE_TOKEN=" + Files.readString(reader).strip()),
            "port",
            "list");
    assertThat(byEnvironment.out()).as(byEnvironment.err()).contains("nic0");
    assertFails(
        run(List.of(), trusting("flow", "add", "arp,actions=drop")), "role read", "HTTP 403");
    assertFails(
        run(List.of(), "port", "list", "--server", server, "--ca", authority),
        "--token-file",
        "HTTP 401");
  }

  @Test
  void whatIsWrongWithACertificateIsSaid() throws Exception {
    assertFails(run(List.of(), "port", "list", "--server", server), "known here", "--ca FILE");
    assertFails(
        run(
            List.of(),
            "port",
            "list",
            "--ca",
            certificates.authority().toString(),
            "--server",
            server.replace("127.0.0.1", "localhost")),
        "another name");
    assertFails(
        run(List.of(), "port", "list", "--server", server.replace("https", "http")), "https://");
    Issued expired = certificates.issue("expired", "ip:127.0.0.1", "-3d", 1);
    use(expired);
    vswitch.awaitText("certificate has expired");
    vswitch.awaitText("certificate read again: CN=expired");
    assertFails(run(List.of(), trusting("port", "list")), "has expired");
    use(certificates.issue("renewed", "ip:127.0.0.1"));
    vswitch.awaitText("certificate read again: CN=renewed");
    assertThat(run(List.of(), trusting("port", "list")).out()).contains("nic0");
  }

  @Test
  void topPrintsWhereThereIsNoTerminal() throws Exception {
    Ended top = run(List.of(), trusting("top", "-n", "2", "--interval", "300ms"));
    assertThat(top.code()).as(top.err()).isZero();
    assertThat(top.out()).doesNotContain("\u001b");
    assertThat(top.out().lines().filter(line -> line.startsWith("edge-1 "))).hasSize(2);
    assertThat(top.out().lines().filter(line -> line.startsWith("nic0 ")))
        .hasSize(2)
        .allMatch(line -> line.matches("nic0 +up +0\\.00\\d +.*soft \\(emulated\\)"));
    assertThat(top.out()).containsPattern("(?m)^loop0 +- +\\d+\\.\\d ");
  }

  /** Below {@code script} of util-linux, which gives it a terminal of its own. */
  @Test
  void topLeavesTheTerminalAsItWas() throws Exception {
    Path script = Path.of("/usr/bin/script");
    Needs.present(
        Files.isExecutable(script) ? null : "script is missing: apt-get install bsdutils");
    String command = CliProcess.shellLine(trusting("top", "--interval", "200ms", "-n", "2"));
    Ended top = run("stty rows 6 cols 30; stty -a > before; " + command + "; stty -a > after");
    assertThat(top.out())
        .startsWith("\u001b[?1049h\u001b[?25l\u001b[H")
        .endsWith("\u001b[?25h\u001b[?1049l")
        .contains("more lines");
    assertThat(Files.readString(directory.resolve("after")))
        .isEqualTo(Files.readString(directory.resolve("before")));
  }

  private static Ended run(String shell) throws Exception {
    Process process =
        new ProcessBuilder("/usr/bin/script", "-qec", shell, "/dev/null")
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .start();
    process.getOutputStream().close();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(process.waitFor(), out, "");
  }

  @Test
  void refusesToStartOpenToAll() throws Exception {
    Path open =
        Files.writeString(
            directory.resolve("open.yaml"),
            "switch: {warm-up-ms: 0}\nplugins:\n  iovtee:\n    http:\n      host: 0.0.0.0\n");
    assertRefused(open, ":5: plugins.iovtee.http.host: ", "http.tls", "http.tokens");
    Path key = directory.resolve("open.key");
    Files.copy(directory.resolve("key.pem"), key);
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
    Path readable = directory.resolve("readable.yaml");
    Files.writeString(
        readable,
        Files.readString(directory.resolve("s.yaml"))
            .replace(directory.resolve("key.pem").toString(), key.toString()));
    assertRefused(readable, ":12: plugins.iovtee.http.tls.key: ", "chmod o=");
  }

  private static void assertRefused(Path file, String... parts) throws Exception {
    try (CliProcess cli = CliProcess.startWithPlugin(List.of(), "run", "-c", file.toString())) {
      assertThat(cli.await()).as(cli.err()).isEqualTo(1);
      assertThat(cli.err()).contains("iovtee: " + file + parts[0]).contains(parts);
      assertThat(cli.err()).doesNotContain("\tat ");
    }
  }
}
