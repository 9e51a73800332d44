// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Tokens: how they are made, where a command finds its own, and whom it shows it to. */
final class ServerTokenTest {
  @TempDir private Path directory;

  private String file(String name, String text, String permissions) throws IOException {
    Path file = Files.writeString(directory.resolve(name), text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    return file.toString();
  }

  @Test
  void theOptionIsBeforeTheEnvironment() throws IOException {
    String one = file("one", "first\n", "rw-------");
    String two = file("two", "second", "rw-r-----");
    Map<String, String> all = Map.of("IOVTEE_TOKEN", " third ", "IOVTEE_TOKEN_FILE", two);
    assertThat(ServerToken.read("", Map.of())).isEmpty();
    assertThat(ServerToken.read(one, all)).contains("first");
    assertThat(ServerToken.read("", all)).contains("third");
    assertThat(ServerToken.read("", Map.of("IOVTEE_TOKEN_FILE", two))).contains("second");
  }

  @Test
  void filesOfNoUseAreRefusedWithoutTheirContent() throws IOException {
    String open = file("open", "secret", "rw-r--r--");
    String long2 = file("long", "two secrets", "rw-------");
    assertRefused(open, "--token-file", "chmod o=");
    assertRefused(long2, "--token-file", "no token");
    assertRefused(directory.resolve("none").toString(), "no such file");
    assertThatThrownBy(() -> ServerToken.read("", Map.of("IOVTEE_TOKEN", "a secret\n")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("IOVTEE_TOKEN")
        .hasMessageNotContaining("secret");
  }

  private static void assertRefused(String file, String... parts) {
    assertThatThrownBy(() -> ServerToken.read(file, Map.of()))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll(parts)
        .hasMessageNotContaining("secret");
  }

  @Test
  void aTokenDoesNotLeaveTheMachineInTheClear() {
    for (String address :
        new String[] {
          "http://127.0.0.1:1/x", "http://[::1]/", "http://localhost/", "https://a.example/"
        }) {
      assertThatCode(() -> ServerToken.refuseInTheClear(URI.create(address)))
          .doesNotThrowAnyException();
    }
    for (String address : new String[] {"http://192.0.2.1:8480/x", "http://localhost.example/"}) {
      assertThatThrownBy(() -> ServerToken.refuseInTheClear(URI.create(address)))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("--server https://");
    }
  }

  private static String run(int code, String... arguments) {
    StringWriter out = new StringWriter();
    CommandLine line = Main.commandLine();
    line.setOut(new PrintWriter(out)).setErr(new PrintWriter(out));
    assertThat(line.execute(arguments)).as("%s", out).isEqualTo(code);
    return out.toString();
  }

  @Test
  void newTokensAreRandomAndKnownByTheirHash() throws Exception {
    String file = directory.resolve("token").toString();
    String line = run(0, "token", "new", "--role", "read", "--out", file, "ci");
    String token = Files.readString(Path.of(file)).strip();
    byte[] hash =
        MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
    assertThat(line).isEqualTo("ci read sha256:" + HexFormat.of().formatHex(hash) + "\n");
    assertThat(token).matches("iovtee_[A-Za-z0-9_-]{43}");
    assertThat(Files.getPosixFilePermissions(Path.of(file)))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    assertThat(ServerToken.read(file, Map.of())).contains(token);
    assertThat(run(1, "token", "new", "--role", "read", "--out", file, "ci"))
        .contains("is there already");
    assertThat(run(0, "token", "new", "--role", "write", "ci"))
        .contains("iovtee_", "ci write sha256:")
        .doesNotContain(token);
    assertThat(run(2, "token", "new", "--role", "write", "a b")).contains("a b");
    assertThat(run(2, "token", "new", "--role", "admin", "a")).contains("admin");
  }
}
