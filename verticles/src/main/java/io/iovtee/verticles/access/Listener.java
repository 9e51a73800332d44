// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.access;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where the HTTP server listens, and the files that guard it.
 *
 * @param host address or name
 * @param port 0 for any free one
 * @param tls empty: plain HTTP
 * @param tokens file of tokens; empty: whoever reaches the listener may do everything
 */
public record Listener(
    String host, int port, Optional<CertificateFiles> tls, Optional<Path> tokens) {
  private static final Pattern LOOPBACK =
      Pattern.compile("localhost|127(\\.\\d{1,3}){3}|\\[?::1]?");

  /**
   * PEM files of the server's certificate.
   *
   * @param certificate the server's own first, then those between it and its authority
   * @param key PKCS #8, without a password
   * @param clientCa authorities of which each client must show a certificate; empty: of none
   */
  public record CertificateFiles(Path certificate, Path key, Optional<Path> clientCa) {
    /** All of them. */
    List<Path> all() {
      List<Path> all = new ArrayList<>(List.of(certificate, key));
      clientCa.ifPresent(all::add);
      return all;
    }
  }

  /** Plain HTTP without tokens. */
  public static Listener plain(String host, int port) {
    return new Listener(host, port, Optional.empty(), Optional.empty());
  }

  /** Whether an address or name means this machine only. */
  public static boolean isLoopback(String host) {
    return LOOPBACK.matcher(host).matches();
  }

  public boolean isLoopback() {
    return isLoopback(host);
  }

  /** {@code http} or {@code https}. */
  public String scheme() {
    return tls.isPresent() ? "https" : "http";
  }

  /**
   * Scheme, host and port, without a slash behind them.
   *
   * @param boundPort where it listens in fact
   */
  public String address(int boundPort) {
    return scheme() + "://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + boundPort;
  }

  /** Whether something keeps strangers away wherever they are: TLS and tokens. */
  public boolean isGuarded() {
    return tls.isPresent() && tokens.isPresent();
  }
}
