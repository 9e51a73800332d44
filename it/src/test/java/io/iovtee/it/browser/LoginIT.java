// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.browser;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.testkit.TestCertificates;
import io.iovtee.api.testkit.TestCertificates.Issued;
import io.iovtee.it.cli.CliProcess;
import io.iovtee.it.peers.Needs;
import io.iovtee.it.peers.TestSwitch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The dashboard of a switch that asks for a token, over TLS. */
final class LoginIT {
  /** The test's own authority is unknown to the browser. */
  private static final String ANY_CERTIFICATE = "--ignore-certificate-errors";

  @TempDir private Path directory;

  @Test
  void showsTheTokenOnceSeesTheSwitchAndLeaves() throws Exception {
    Needs.present(Browser.missing(), TestSwitch.pluginMissing());
    Path token = directory.resolve("token");
    Path config = config(token);
    try (CliProcess vswitch =
            CliProcess.startWithPlugin(List.of(), "run", "-c", config.toString());
        Browser page = Browser.start(directory.resolve("browser"), ANY_CERTIFICATE)) {
      page.open(vswitch.awaitServer().replace("0.0.0.0", "127.0.0.1") + "/");
      page.await("!document.getElementById('login').hidden");
      page.await("document.getElementById('main').hidden");
      assertThat(Audit.namesThatLack(page)).isEmpty();
      assertThat(page.complaints()).as("asking is no error").isEmpty();

      signIn(page, "iovtee_wrong");
      page.await("document.getElementById('login-error').innerText.includes('not, or no longer')");
      signIn(page, Files.readString(token).strip());
      page.await("document.getElementById('connection').innerText == 'live'");
      page.await("document.querySelector('[data-key=\"nic0/0\"] .rate').innerText[0] > '0'");
      assertThat(page.text("document.getElementById('name').innerText")).isEqualTo("me (read)");
      assertThat(page.text("document.cookie")).as("out of reach of scripts").isEmpty();
      assertThat(page.text("document.documentElement.outerHTML")).doesNotContain("iovtee_");
      page.open(page.text("location.href")); // the session outlives the page
      page.await("document.getElementById('connection').innerText == 'live'");

      page.run("document.getElementById('logout').click()");
      page.await("!document.getElementById('login').hidden");
      page.await("document.getElementById('connection').innerText == 'signed out'");
      assertThat(page.complaints())
          .as("the wrong token, and what was on its way at the end")
          .allMatch(text -> text.contains("401") || text.contains("net::ERR_"));
      vswitch.terminate();
      assertThat(vswitch.await()).as(vswitch.err()).isZero();
      assertThat(vswitch.err())
          .contains("session begun", "session ended")
          .doesNotContain(Files.readString(token).strip(), "\tat ");
    }
  }

  private static void signIn(Browser page, String token) {
    page.run(
        "document.getElementById('token').value = arguments[0];"
            + "document.querySelector('#login button').click()",
        token);
  }

  private Path config(Path token) throws Exception {
    Issued issued = new TestCertificates(directory).issue("server", "ip:127.0.0.1");
    Path tokens = directory.resolve("tokens");
    try (CliProcess made =
        CliProcess.start("token", "new", "--role", "read", "--out", token.toString(), "me")) {
      assertThat(made.await()).as(made.err()).isZero();
      Files.writeString(tokens, made.out());
    }
    Files.setPosixFilePermissions(tokens, PosixFilePermissions.fromString("rw-------"));
    return Files.writeString(
        directory.resolve("s.yaml"),
        """
        switch: {name: edge-1, warm-up-ms: 0}
        ports:
          nic0:
            type: soft
            traffic: {type: generator, frame-bytes: 200, flows: 4, rate-pps: 2000}
        plugins:
          iovtee:
            http:
              host: 0.0.0.0
              port: 0
              tls: {certificate: %s, key: %s}
              tokens: %s
            stats-interval-ms: 200
        """
            .formatted(issued.certificate(), issued.key(), tokens));
  }
}
