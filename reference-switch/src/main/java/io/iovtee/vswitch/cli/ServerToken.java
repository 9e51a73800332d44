// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The token that a command shows to a switch. From a file or the environment, never from an
 * argument, which every user of the machine sees in the list of processes.
 */
final class ServerToken {
  static final String VARIABLE = "IOVTEE_TOKEN";
  static final String FILE_VARIABLE = "IOVTEE_TOKEN_FILE";

  /** As a header may carry it (RFC 6750, 2.1). */
  private static final Pattern FORM = Pattern.compile("[A-Za-z0-9._~+/=-]{1,512}");

  private static final Pattern LOOPBACK =
      Pattern.compile("localhost|127(\\.\\d{1,3}){3}|\\[?::1]?");

  private ServerToken() {}

  /**
   * The token to show; empty when none is given.
   *
   * @param file of the option, before anything of the environment; may be empty
   * @throws UsageException when it can not be read, is open to others or is no token
   */
  static Optional<String> read(String file, Map<String, String> environment) {
    if (!file.isEmpty()) {
      return Optional.of(fromFile(file, "--token-file"));
    }
    String direct = environment.getOrDefault(VARIABLE, "").strip();
    if (!direct.isEmpty()) {
      return Optional.of(checked(direct, VARIABLE));
    }
    String named = environment.getOrDefault(FILE_VARIABLE, "");
    return named.isEmpty() ? Optional.empty() : Optional.of(fromFile(named, FILE_VARIABLE));
  }

  private static String fromFile(String file, String from) {
    try {
      Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(Path.of(file));
      if (permissions.contains(PosixFilePermission.OTHERS_READ)
          || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
        throw new UsageException(from + ": " + file + " is open to others: chmod o= " + file);
      }
      return checked(Files.readString(Path.of(file)).strip(), from);
    } catch (NoSuchFileException e) {
      throw new UsageException(from + ": " + file + ": no such file");
    } catch (IOException e) {
      throw new UsageException(from + ": " + file + " can not be read: " + e.getMessage());
    }
  }

  private static String checked(String token, String from) {
    if (!FORM.matcher(token).matches()) {
      throw new UsageException(from + " has no token: one line, as 'iovtee token new' shows it");
    }
    return token;
  }

  /** Refuses to show a token to whoever listens on the way. */
  static void refuseInTheClear(URI address) {
    if (address.getScheme().equals("http") && !LOOPBACK.matcher(address.getHost()).matches()) {
      throw new UsageException(
          "a token is not sent to another machine in the clear: --server https://"
              + address.getAuthority());
    }
  }
}
