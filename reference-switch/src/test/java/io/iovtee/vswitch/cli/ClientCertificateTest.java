// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.iovtee.api.testkit.TestCertificates;
import io.iovtee.api.testkit.TestCertificates.Issued;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Commands for a server that asks its clients for a certificate. */
final class ClientCertificateTest {
  @TempDir private static Path directory;
  private static TestCertificates certificates;
  private static Issued client;
  private static HttpsServer server;

  @BeforeAll
  static void start() throws Exception {
    certificates = new TestCertificates(directory);
    Issued own = certificates.issue("server", "ip:127.0.0.1");
    assertThat(own.key()).exists();
    client = certificates.issue("client", "dns:client.example");
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    try (InputStream in = Files.newInputStream(certificates.authority())) {
      store.setCertificateEntry(
          "ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(certificates.keys("server"), trust.getTrustManagers(), null);
    server = HttpsServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 5);
    server.setHttpsConfigurator(new Asking(context));
    server.createContext(
        "/",
        asked -> {
          byte[] body = "nic0\n".getBytes(StandardCharsets.US_ASCII);
          asked.sendResponseHeaders(200, body.length);
          asked.getResponseBody().write(body);
          asked.close();
        });
    server.start();
  }

  /** Wants a certificate. */
  private static final class Asking extends HttpsConfigurator {
    Asking(SSLContext context) {
      super(context);
    }

    @Override
    public void configure(HttpsParameters parameters) {
      SSLParameters wanted = getSSLContext().getDefaultSSLParameters();
      wanted.setNeedClientAuth(true);
      parameters.setSSLParameters(wanted);
    }
  }

  @AfterAll
  static void stop() {
    server.stop(0);
  }

  private static String run(int code, String... more) {
    List<String> arguments = new ArrayList<>(List.of("port", "list", "--server"));
    arguments.add("https://127.0.0.1:" + server.getAddress().getPort());
    arguments.addAll(List.of("--ca", certificates.authority().toString()));
    arguments.addAll(List.of(more));
    StringWriter out = new StringWriter();
    CommandLine line = Main.commandLine();
    line.setOut(new PrintWriter(out)).setErr(new PrintWriter(out));
    assertThat(line.execute(arguments.toArray(String[]::new))).as("%s", out).isEqualTo(code);
    return out.toString();
  }

  @Test
  void isShownAndMissed() throws IOException {
    String certificate = Files.readString(client.certificate());
    String key = Files.readString(client.key());
    Path both = Files.writeString(directory.resolve("both.pem"), certificate + key);
    assertThat(run(0, "--cert", both.toString())).isEqualTo("nic0\n");
    assertThat(run(1)).contains("--cert FILE");
    assertThat(run(2, "--cert", client.key().toString())).contains("there is no certificate");
    assertThat(run(2, "--cert", client.certificate().toString())).contains("there is no key");
    Path old = Files.writeString(directory.resolve("old.pem"), key.replace("PRIV", "EC PRIV"));
    assertThat(run(2, "--cert", old.toString())).contains("PKCS #8", "EC PRIVATE KEY");
    assertThat(run(2, "--cert", "/no/such/file")).contains("--cert", "/no/such/file");
  }

  /** Whether the alert arrives or the connection's end is a matter of luck. */
  @Test
  void aServerThatGoesAwayMayWantACertificate() {
    for (String end :
        List.of("HTTP/1.1 header parser received no bytes", "Connection reset", "Broken pipe")) {
      assertThat(ServerTrust.explain(new IOException(end), true).orElse(""))
          .contains("without an answer", "--cert FILE");
    }
    assertThat(ServerTrust.explain(new IOException("Connection reset"), false)).isEmpty();
    assertThat(
            ServerTrust.explain(new IOException("HTTP/1.1 header parser received no bytes"), false))
        .hasValueSatisfying(why -> assertThat(why).contains("https://"));
  }
}
