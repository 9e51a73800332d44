// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateNotYetValidException;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/** Which certificates of switches a command believes, and why it does not believe one. */
final class ServerTrust {
  /** What the JDK's client says when the other side went away instead of answering. */
  private static final List<String> CLOSED =
      List.of("header parser received no bytes", "EOF reached", "Connection reset", "Broken pipe");

  private ServerTrust() {}

  /**
   * Believes in the certificates of one file, and in no others, and shows one of its own.
   *
   * @param ca PEM: authorities, or the switch's own certificate; empty: the JDK's authorities
   * @param own PEM: a certificate and its key; empty: none
   * @throws UsageException when they can not be read
   */
  static SSLContext of(String ca, String own) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          own.isEmpty() ? null : ClientCertificate.read(own),
          ca.isEmpty() ? null : trust(ca),
          null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no TLS", e);
    }
  }

  private static TrustManager[] trust(String file) throws GeneralSecurityException {
    try (InputStream in = Files.newInputStream(Path.of(file))) {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      for (Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        store.setCertificateEntry(String.valueOf(store.size()), one);
      }
      if (store.size() == 0) {
        throw new UsageException("--ca (or IOVTEE_CA): there is no PEM certificate in " + file);
      }
      TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
      trust.init(store);
      return trust.getTrustManagers();
    } catch (NoSuchFileException e) {
      throw new UsageException("--ca (or IOVTEE_CA): " + file + ": no such file");
    } catch (CertificateException e) {
      throw new UsageException(
          "--ca (or IOVTEE_CA): " + file + " is no PEM certificate: " + e.getMessage());
    } catch (IOException e) {
      throw new UsageException(
          "--ca (or IOVTEE_CA): " + file + " can not be read: " + e.getMessage());
    }
  }

  /**
   * What went wrong with TLS and what to do; empty if that is not what went wrong.
   *
   * @param tls whether it was asked for
   */
  static Optional<String> explain(Throwable failure, boolean tls) {
    boolean ofTls = false;
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      String text = String.valueOf(cause.getMessage());
      if (cause instanceof CertificateExpiredException) {
        return Optional.of("its certificate has expired (" + text + "): renew it there");
      }
      if (cause instanceof CertificateNotYetValidException) {
        return Optional.of(
            "its certificate is not valid yet (" + text + "): is the time right on both machines?");
      }
      if (text.contains("No subject alternative") || text.contains("No name matching")) {
        return Optional.of(
            "its certificate is for another name (" + text + "): give --server as it says there");
      }
      if (text.contains("unable to find valid certification path")
          || text.contains("trustAnchors parameter must be non-empty")) {
        return Optional.of(
            "its certificate is signed by nobody known here: give its authority, or the"
                + " certificate itself, with --ca FILE (or IOVTEE_CA)");
      }
      if (text.contains("certificate_required") || text.contains("bad_certificate")) {
        return Optional.of("it asks for a certificate of yours: --cert FILE (or IOVTEE_CERT)");
      }
      if (text.contains("Unsupported or unrecognized SSL message")) {
        return Optional.of("it does not speak TLS: --server http://…");
      }
      // The server's alert, which says why, is lost when the connection is reset behind it
      // (in TLS 1.3 a client has sent its request by then; RFC 8446, 6.2: certificate_required).
      if (tls && CLOSED.stream().anyMatch(text::contains)) {
        return Optional.of(
            "it closed the connection without an answer; if it asks for a certificate of yours:"
                + " --cert FILE (or IOVTEE_CERT)");
      }
      if (text.contains("header parser received no bytes") || text.contains("nvalid status line")) {
        return Optional.of("it does not answer in HTTP; does it want TLS, --server https://… ?");
      }
      ofTls |= cause instanceof SSLException;
    }
    return ofTls ? Optional.of("TLS failed: " + failure.getMessage()) : Optional.empty();
  }
}
