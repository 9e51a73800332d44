// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.api.testkit.FakeSwitch;
import io.iovtee.api.testkit.TestCertificates;
import io.iovtee.api.testkit.TestCertificates.Issued;
import io.iovtee.verticles.access.Credentials;
import io.iovtee.verticles.access.Listener;
import io.iovtee.verticles.access.Listener.CertificateFiles;
import io.iovtee.verticles.http.HttpApiVerticle.Limits;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** The listener behind TLS, talked to byte by byte. */
@TestMethodOrder(MethodOrderer.MethodName.class)
final class TlsListenerTest {
  private static final int HANDSHAKE_MS = 1_000;
  private static final String TOKEN = "a-token";

  @TempDir private static Path directory;
  private static TestCertificates certificates;
  private static Issued first;
  private static Issued second;
  private static Path certificate;
  private static Path key;
  private static SSLContext trust;
  private static RunningApi api;

  @BeforeAll
  static void start() throws Exception {
    certificates = new TestCertificates(directory);
    first = certificates.issue("first", "dns:localhost,dns:switch.example,ip:127.0.0.1");
    second = certificates.issue("second", "dns:localhost,ip:127.0.0.1");
    certificate = directory.resolve("cert.pem");
    key = directory.resolve("key.pem");
    use(first.certificate(), first.key());
    Path tokens = directory.resolve("tokens");
    Files.writeString(tokens, TokenTest.line("ops", "write", TOKEN));
    Files.setPosixFilePermissions(tokens, PosixFilePermissions.fromString("rw-------"));
    Listener listener =
        new Listener(
            "0.0.0.0",
            0,
            Optional.of(new CertificateFiles(certificate, key, Optional.empty())),
            Optional.of(tokens));
    trust = trust(certificates.authority(), null);
    api =
        new RunningApi(
            FakeSwitch.of(Map.of(), "uplink", 2, "nf1"),
            Credentials.open(listener),
            new Limits(60_000, HANDSHAKE_MS, 20, System::currentTimeMillis));
  }

  @AfterAll
  static void stop() throws Exception {
    api.close();
  }

  private static void use(Path newCertificate, Path newKey) throws IOException {
    Files.copy(newCertificate, certificate, StandardCopyOption.REPLACE_EXISTING);
    Files.copy(
        newKey, key, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
  }

  private static SSLContext trust(Path authority, KeyManager @Nullable [] own) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    try (InputStream in = Files.newInputStream(authority)) {
      store.setCertificateEntry(
          "ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory managers = TrustManagerFactory.getInstance("PKIX");
    managers.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(own, managers.getTrustManagers(), null);
    return context;
  }

  private static SSLSocket connect(String... protocols) throws IOException {
    SSLSocket socket =
        (SSLSocket)
            trust
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), api.http.port());
    if (protocols.length > 0) {
      socket.setEnabledProtocols(protocols);
    }
    return socket;
  }

  private static String answer(Socket socket, String head) throws IOException {
    socket
        .getOutputStream()
        .write((head + "Connection: close\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
  }

  private static String get(String path, String host) throws IOException {
    try (SSLSocket socket = connect()) {
      return answer(
          socket,
          "GET "
              + path
              + " HTTP/1.1\r\nHost: "
              + host
              + "\r\nAuthorization: Bearer "
              + TOKEN
              + "\r\n");
    }
  }

  private static String subject() throws IOException {
    try (SSLSocket socket = connect()) {
      socket.startHandshake();
      X509Certificate shown = (X509Certificate) socket.getSession().getPeerCertificates()[0];
      return shown.getSubjectX500Principal().getName();
    }
  }

  @Test
  void answersOverTls13() throws Exception {
    try (SSLSocket socket = connect()) {
      socket.startHandshake();
      assertThat(socket.getSession().getProtocol()).isEqualTo("TLSv1.3");
    }
    assertThat(get("/metrics", "127.0.0.1")).startsWith("HTTP/1.1 200 OK");
    try (SSLSocket socket = connect()) {
      assertThat(answer(socket, "GET /metrics HTTP/1.1\r\nHost: localhost\r\n"))
          .startsWith("HTTP/1.1 401 ");
    }
  }

  @Test
  void olderProtocolsAreRefused() throws Exception {
    try (SSLSocket socket = connect("TLSv1.2")) {
      assertThatThrownBy(socket::startHandshake).isInstanceOf(SSLException.class);
    }
    try (Socket old = new Socket(InetAddress.getLoopbackAddress(), api.http.port())) {
      // The JDK does not speak TLS 1.1 any more: record, ClientHello, version 3.2, no extensions.
      byte[] hello = new byte[5 + 4 + 2 + 32 + 1 + 4 + 2];
      int at = 0;
      for (int one : new int[] {22, 3, 1, 0, hello.length - 5, 1, 0, 0, hello.length - 9, 3, 2}) {
        hello[at++] = (byte) one;
      }
      hello[45] = 2; // bytes of suites
      hello[47] = 47; // TLS_RSA_WITH_AES_128_CBC_SHA
      hello[48] = 1; // methods of compression: none
      old.getOutputStream().write(hello);
      byte[] alert = old.getInputStream().readNBytes(7);
      assertThat(alert[0]).as("an alert").isEqualTo((byte) 21);
      assertThat(alert[5]).as("a fatal one").isEqualTo((byte) 2);
      assertThat(alert[6]).as("protocol_version").isEqualTo((byte) 70);
    }
  }

  @Test
  void plainHttpGetsNoAnswer() throws Exception {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), api.http.port())) {
      assertThat(answer(socket, "GET /livez HTTP/1.1\r\nHost: localhost\r\n"))
          .doesNotContain("HTTP/1.1");
    }
  }

  @Test
  void whoIsSilentInTheHandshakeIsLetGo() throws Exception {
    for (byte[] begin : List.of(new byte[0], new byte[] {22, 3, 1, 2, 0, 1})) {
      try (Socket silent = new Socket(InetAddress.getLoopbackAddress(), api.http.port())) {
        silent.setSoTimeout(600_000);
        silent.getOutputStream().write(begin);
        byte[] rest = silent.getInputStream().readAllBytes(); // returns when the server hangs up
        assertThat(rest.length).isLessThan(100);
      }
    }
    assertThat(get("/livez", "localhost")).startsWith("HTTP/1.1 200 OK");
  }

  @Test
  void longHeadersAreStillRefused() throws Exception {
    try (SSLSocket socket = connect()) {
      assertThat(
              answer(
                  socket,
                  "GET /livez HTTP/1.1\r\nHost: localhost\r\nX: " + "x".repeat(9_000) + "\r\n"))
          .startsWith("HTTP/1.1 431 ");
    }
  }

  @Test
  void namesAreThoseOfTheCertificate() throws Exception {
    for (String host : List.of("127.0.0.1", "192.0.2.7:8480", "[2001:db8::1]", "switch.example")) {
      assertThat(get("/livez", host)).as(host).startsWith("HTTP/1.1 200 OK");
    }
    assertThat(get("/livez", "evil.example"))
        .startsWith("HTTP/1.1 421 ")
        .contains("switch.example");
  }

  @Test
  void theCookieIsForTlsAlone() throws Exception {
    String body = "{\"token\": \"" + TOKEN + "\"}";
    try (SSLSocket socket = connect()) {
      String head =
          "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nOrigin: https://localhost\r\n"
              + "Content-Type: application/json\r\nContent-Length: "
              + body.length()
              + "\r\nConnection: close\r\n\r\n";
      socket.getOutputStream().write((head + body).getBytes(StandardCharsets.US_ASCII));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      assertThat(answer).startsWith("HTTP/1.1 201 ");
      assertThat(answer.lines().filter(line -> line.toLowerCase().startsWith("set-cookie")))
          .singleElement()
          .asString()
          .contains("__Host-iovtee-" + api.http.port(), "Secure", "HTTPOnly", "SameSite=Strict");
    }
  }

  @Test
  void clientsShowACertificateWhereOneIsAskedFor() throws Exception {
    TestCertificates others = new TestCertificates(Files.createDirectory(directory.resolve("o")));
    Issued unused = others.issue("stranger", "dns:stranger.example");
    assertThat(unused.certificate()).exists();
    CertificateFiles asking =
        new CertificateFiles(
            first.certificate(), first.key(), Optional.of(certificates.authority()));
    Listener listener = new Listener("127.0.0.1", 0, Optional.of(asking), Optional.empty());
    try (RunningApi strict =
        new RunningApi(
            FakeSwitch.of(Map.of(), "uplink", 2, "nf1"),
            Credentials.open(listener),
            new Limits(60_000, HANDSHAKE_MS, 20, System::currentTimeMillis))) {
      assertThat(liveOf(strict, certificates.keys("second"))).startsWith("HTTP/1.1 200 OK");
      assertThatThrownBy(() -> liveOf(strict, null)).isInstanceOf(IOException.class);
      assertThatThrownBy(() -> liveOf(strict, others.keys("stranger")))
          .isInstanceOf(IOException.class);
    }
  }

  private static String liveOf(RunningApi asked, KeyManager @Nullable [] own) throws Exception {
    try (Socket socket =
        trust(certificates.authority(), own)
            .getSocketFactory()
            .createSocket(InetAddress.getLoopbackAddress(), asked.http.port())) {
      return answer(socket, "GET /livez HTTP/1.1\r\nHost: localhost\r\n");
    }
  }

  @Test
  void zRenewedCertificatesAreTakenAndBrokenOnesAreNot() throws Exception {
    assertThat(subject()).isEqualTo("CN=first");
    try (SSLSocket before = connect()) {
      before.startHandshake();
      use(second.certificate(), second.key());
      awaitSubject("CN=second");
      assertThat(answer(before, "GET /livez HTTP/1.1\r\nHost: localhost\r\n"))
          .as("a connection goes on")
          .startsWith("HTTP/1.1 200 OK");
    }
    use(first.certificate(), second.key());
    assertStays("CN=second");
    Files.writeString(certificate, "nonsense");
    assertStays("CN=second");
    Files.delete(key);
    assertStays("CN=second");
    use(first.certificate(), first.key());
    awaitSubject("CN=first");
  }

  private static void awaitSubject(String subject) throws Exception {
    for (int i = 0; i < 3_000 && !subject().equals(subject); i++) {
      Thread.sleep(20);
    }
    assertThat(subject()).isEqualTo(subject);
  }

  /** After many looks at the files. */
  private static void assertStays(String subject) throws Exception {
    for (int i = 0; i < 10; i++) {
      Thread.sleep(30);
      assertThat(subject()).isEqualTo(subject);
    }
  }
}
