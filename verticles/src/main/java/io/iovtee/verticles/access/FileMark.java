// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.access;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * Tells when a set of files became others and stayed so over two looks. By their bytes and
 * permissions: times of change are coarse, and a renewed certificate often comes as a symbolic link
 * that points elsewhere. One thread.
 */
final class FileMark {
  private final List<Path> files;

  /** Of the files as they were read last. */
  private String judged;

  /** Of the files as they were seen last. */
  private String seen;

  FileMark(List<Path> files) {
    this.files = List.copyOf(files);
    judged = mark();
    seen = judged;
  }

  /** True once for each change, at the second look that finds it. */
  boolean hasSettled() {
    String now = mark();
    boolean settled = now.equals(seen) && !now.equals(judged);
    seen = now;
    if (settled) {
      judged = now;
    }
    return settled;
  }

  private String mark() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Path file : files) {
        digest.update(content(file));
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** What can not be read is a content, too: it is said once. */
  private static byte[] content(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(SecretFile.LENGTH_MAX + 1);
      String permissions = PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(permissions.getBytes(StandardCharsets.UTF_8));
      return digest.digest(bytes);
    } catch (IOException e) {
      return e.toString().getBytes(StandardCharsets.UTF_8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
