// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.iovtee.api.testkit.TestCertificates;
import io.iovtee.api.testkit.TestCertificates.Issued;
import io.iovtee.verticles.access.Listener.CertificateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Files that can not be used are refused, each with its key of the configuration and a remedy. */
final class CredentialsTest {
  private static final String HASH = "sha256:" + "0".repeat(64);

  @TempDir private static Path directory;
  private static Issued one;
  private static Issued other;

  @BeforeAll
  static void make() {
    TestCertificates certificates = new TestCertificates(directory);
    one = certificates.issue("one", "dns:a.example,dns:*.b.example,ip:127.0.0.1");
    other = certificates.issue("other", "dns:a.example");
  }

  private static Path file(String name, String text, String permissions) throws IOException {
    Path file = Files.writeString(directory.resolve(name), text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    return file;
  }

  private static Credentials open(Path certificate, Path key) throws CredentialException {
    return Credentials.open(
        new Listener(
            "0.0.0.0",
            0,
            Optional.of(new CertificateFiles(certificate, key, Optional.empty())),
            Optional.empty()));
  }

  private static Credentials open(Path tokens) throws CredentialException {
    return Credentials.open(new Listener("127.0.0.1", 0, Optional.empty(), Optional.of(tokens)));
  }

  private static void assertKeyRefused(Path key, String... parts) {
    assertRefused("tls.key", () -> open(one.certificate(), key), parts);
  }

  private static void assertTokensRefused(Path tokens, String... parts) {
    assertRefused("tokens", () -> open(tokens), parts);
  }

  private static void assertRefused(
      String key, org.assertj.core.api.ThrowableAssert.ThrowingCallable opening, String... parts) {
    assertThatThrownBy(opening)
        .isInstanceOfSatisfying(
            CredentialException.class, refused -> assertThat(refused.key()).isEqualTo(key))
        .hasMessageContainingAll(parts);
  }

  @Test
  void aCertificateIsForItsNames() throws CredentialException {
    Certificate read = open(one.certificate(), one.key()).certificate().orElseThrow();
    assertThat(read.names()).containsExactly("a.example", "*.b.example");
    for (String name : new String[] {"a.example", "A.Example", "x.b.example"}) {
      assertThat(read.isFor(name)).as(name).isTrue();
    }
    for (String name : new String[] {"b.example", "x.y.b.example", "example", "127.0.0.1", ""}) {
      assertThat(read.isFor(name)).as(name).isFalse();
    }
    assertThat(read.endsMs()).isGreaterThan(System.currentTimeMillis());
  }

  @Test
  void theEndOfACertificateIsToldOnceADay() throws CredentialException {
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    Logger logger = (Logger) LoggerFactory.getLogger(Credentials.class);
    logger.addAppender(log);
    try {
      CertificateFiles files = new CertificateFiles(one.certificate(), one.key(), Optional.empty());
      Listener listener = new Listener("::", 0, Optional.of(files), Optional.empty());
      AtomicLong nowMs = new AtomicLong(System.currentTimeMillis());
      Credentials credentials = Credentials.open(listener, nowMs::get);
      long dayMs = 24L * 3600 * 1000;
      for (int day = 0; day < 40; day++) {
        assertThat(credentials.look()).isFalse();
        assertThat(credentials.look()).isFalse();
        nowMs.addAndGet(dayMs);
      }
      assertThat(log.list.stream().filter(said -> said.getLevel() == Level.WARN))
          .hasSizeBetween(13, 14);
      assertThat(log.list.stream().filter(said -> said.getLevel() == Level.ERROR))
          .hasSizeBetween(9, 10)
          .allMatch(said -> said.getFormattedMessage().contains("has expired"));
    } finally {
      logger.detachAppender(log);
    }
  }

  @Test
  void keysOfNoUseAreRefused() throws IOException {
    String key = Files.readString(one.key());
    assertKeyRefused(other.key(), "is not the key of");
    assertKeyRefused(directory.resolve("none"), "no such file");
    assertKeyRefused(one.certificate(), "is open to others");
    for (String permissions : new String[] {"rw-r--r--", "rw----r--", "rw-----w-", "rw-rw----"}) {
      assertKeyRefused(file("open.key", key, permissions), "is open to others", "chmod o=,g-w");
    }
    assertKeyRefused(
        file("old.key", key.replace("PRIVATE", "EC PRIVATE"), "rw-r-----"), "openssl pkcs8");
    assertKeyRefused(
        file("locked.key", key.replace("PRIVATE", "ENCRYPTED PRIVATE"), "rw-------"),
        "no password");
    assertKeyRefused(file("cut.key", key.replaceFirst("\n.{20}", "\n"), "rw-------"), "broken");
    assertKeyRefused(file("none.key", "", "rw-------"), "BEGIN PRIVATE KEY");
  }

  @Test
  void certificatesOfNoUseAreRefused() throws IOException {
    for (String text : new String[] {"", "nonsense", Files.readString(one.key())}) {
      Path file = file("bad.pem", text, "rw-r--r--");
      assertRefused("tls.certificate", () -> open(file, one.key()), "is no PEM certificate");
    }
    assertRefused(
        "tls.certificate", () -> open(directory.resolve("none"), one.key()), "no such file");
    CertificateFiles unknown =
        new CertificateFiles(one.certificate(), one.key(), Optional.of(one.key()));
    assertRefused(
        "tls.client-ca",
        () -> Credentials.open(new Listener("::", 0, Optional.of(unknown), Optional.empty())),
        "is no PEM certificate");
    Path huge = file("huge.pem", "x".repeat(SecretFile.LENGTH_MAX + 1), "rw-r--r--");
    assertRefused("tls.certificate", () -> open(huge, one.key()), "longer than");
  }

  @Test
  void linesOfTokensAreReadOrNamed() throws Exception {
    Tokens read =
        open(file("ok", "# all\n\n a.b read " + HASH + " # of b\nc write " + HASH, "rw-r-----"))
            .tokens()
            .orElseThrow();
    assertThat(read.size()).isEqualTo(2);
    assertThat(read.find("guess")).isEmpty();
    assertTokensRefused(
        file("t", "a read " + HASH + "\n\nb read x", "rw-------"), "t:3: a line is");
    assertTokensRefused(file("t", "a admin " + HASH, "rw-------"), "t:1:", "read or write");
    assertTokensRefused(
        file("t", ("a read " + HASH + "\n").repeat(2), "rw-------"), "t:2:", "twice");
    assertTokensRefused(file("t", "# none\n", "rw-------"), "nobody could come in");
    assertTokensRefused(file("t2", "a read " + HASH, "rw-r--r--"), "is open to others");
    StringBuilder many = new StringBuilder();
    for (int i = 0; i <= Tokens.COUNT_MAX; i++) {
      many.append('a').append(i).append(" read ").append(HASH).append('\n');
    }
    assertTokensRefused(file("t3", many.toString(), "rw-------"), "more than 256");
    assertThatThrownBy(() -> open(file("t4", "me read iovtee_secret", "rw-------")))
        .as("somebody put the token itself there")
        .hasMessageNotContaining("iovtee_secret");
  }
}
