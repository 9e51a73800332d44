// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.access;

import io.iovtee.verticles.access.Listener.CertificateFiles;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Certificate and tokens of one listener as its files said last. {@link #look} reads what has
 * changed; what can not be used leaves in force what is there.
 */
public final class Credentials {
  private static final Logger LOG = LoggerFactory.getLogger(Credentials.class);
  private static final long DAY_MS = 24L * 3600 * 1000;

  /** Certificates of 90 days are renewed with a third left. */
  private static final long SOON_MS = 14 * DAY_MS;

  private final Listener listener;
  private final FileMark certificateMark;
  private final FileMark tokensMark;
  private final LongSupplier clockMs;

  /** The day, counted from 1970, on which the certificate's end was looked at last. */
  private long saidDay;

  private volatile @Nullable Certificate certificate;
  private volatile @Nullable Tokens tokens;

  private Credentials(Listener listener, LongSupplier clockMs) {
    this.listener = listener;
    this.clockMs = clockMs;
    certificateMark = new FileMark(listener.tls().map(CertificateFiles::all).orElse(List.of()));
    tokensMark = new FileMark(listener.tokens().map(List::of).orElse(List.of()));
  }

  /**
   * Reads the files for the first time.
   *
   * @throws CredentialException when one is missing, open to others, or not what it should be
   */
  public static Credentials open(Listener listener) throws CredentialException {
    return open(listener, System::currentTimeMillis);
  }

  /** As above, with a clock of the test's, milliseconds since 1970. */
  static Credentials open(Listener listener, LongSupplier clockMs) throws CredentialException {
    Credentials credentials = new Credentials(listener, clockMs);
    credentials.readCertificate();
    credentials.readTokens();
    Tokens read = credentials.tokens;
    if (read != null && read.size() == 0) {
      throw new CredentialException(
          "tokens",
          listener.tokens().map(Path::toString).orElse("")
              + " has no token, so nobody could come in: iovtee token new --role write NAME");
    }
    return credentials;
  }

  private void readCertificate() throws CredentialException {
    if (listener.tls().isPresent()) {
      Certificate read = Certificate.read(listener.tls().get());
      if (!read.isNamed()) {
        LOG.warn("the certificate has no subjectAltName, clients will refuse it: {}", read);
      }
      sayEnd(read);
      certificate = read;
    }
  }

  /** Tells that a certificate ends soon, or has. */
  private void sayEnd(Certificate read) {
    long now = clockMs.getAsLong();
    saidDay = now / DAY_MS;
    long leftMs = read.endsMs() - now;
    if (leftMs <= 0) {
      LOG.error("the certificate has expired, clients will refuse it: {}", read);
    } else if (leftMs < SOON_MS) {
      LOG.warn("the certificate ends within {} days: {}", leftMs / DAY_MS + 1, read);
    }
  }

  private void readTokens() throws CredentialException {
    if (listener.tokens().isPresent()) {
      Path file = listener.tokens().get();
      byte[] bytes = SecretFile.readSecret("tokens", file);
      tokens = Tokens.parse(new String(bytes, StandardCharsets.UTF_8), file.toString());
    }
  }

  /**
   * Reads what has changed since the last look and did not change since the one before: files are
   * written one after the other. Reads files; not from two threads at a time.
   *
   * @return whether there is a new certificate, for the server to take
   */
  public boolean look() {
    if (tokensMark.hasSettled()) {
      try {
        readTokens();
        Tokens read = tokens;
        LOG.info("tokens read again: {} of them", read == null ? 0 : read.size());
      } catch (CredentialException e) {
        LOG.error("the tokens before stay in force: {}", e.getMessage());
      }
    }
    if (certificateMark.hasSettled()) {
      try {
        readCertificate();
        LOG.info("certificate read again: {}", certificate);
        return true;
      } catch (CredentialException e) {
        LOG.error("the certificate before stays in use: {}", e.getMessage());
      }
    }
    if (clockMs.getAsLong() / DAY_MS != saidDay) {
      certificate().ifPresent(this::sayEnd);
    }
    return false;
  }

  public Listener listener() {
    return listener;
  }

  /** Empty for plain HTTP; any thread. */
  public Optional<Certificate> certificate() {
    return Optional.ofNullable(certificate);
  }

  /** Empty where nobody is asked for one; any thread. */
  public Optional<Tokens> tokens() {
    return Optional.ofNullable(tokens);
  }
}
