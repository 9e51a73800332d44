// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.access;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;

/** Reads files that only the switch and whoever set it up may read. */
final class SecretFile {
  /** Longer than any certificate chain, or than the tokens of all who use one switch. */
  static final int LENGTH_MAX = 1 << 20;

  /** A group may read: files of root's that the switch's own user reads by its group. */
  private static final Set<PosixFilePermission> FORBIDDEN =
      EnumSet.of(
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE);

  private SecretFile() {}

  /**
   * The bytes of a file that may be public.
   *
   * @param key which of the listener's keys names it
   */
  static byte[] read(String key, Path file) throws CredentialException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(LENGTH_MAX + 1);
      if (bytes.length > LENGTH_MAX) {
        throw new CredentialException(key, file + " is longer than " + LENGTH_MAX + " bytes");
      }
      return bytes;
    } catch (NoSuchFileException e) {
      throw new CredentialException(key, file + ": no such file");
    } catch (IOException e) {
      throw new CredentialException(key, file + " can not be read: " + e.getMessage());
    }
  }

  /** As above, of a file that nobody else may read, or write as a group. */
  static byte[] readSecret(String key, Path file) throws CredentialException {
    try {
      Set<PosixFilePermission> wrong = EnumSet.copyOf(FORBIDDEN);
      wrong.retainAll(Files.getPosixFilePermissions(file));
      if (!wrong.isEmpty()) {
        throw new CredentialException(
            key, file + " is open to others (" + wrong + "): chmod o=,g-w " + file);
      }
    } catch (NoSuchFileException e) {
      throw new CredentialException(key, file + ": no such file");
    } catch (IOException e) {
      throw new CredentialException(key, file + " can not be read: " + e.getMessage());
    }
    return read(key, file);
  }
}
