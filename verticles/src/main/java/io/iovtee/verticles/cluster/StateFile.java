// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.cluster;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * The cluster's rules on disk, so that they are there when all members were down. Whoever reads
 * sees the old ones or the new ones, never a part.
 */
final class StateFile {
  private final Optional<Path> file;

  StateFile(Optional<Path> file) {
    this.file = file;
  }

  /**
   * What was saved last; nothing where there is no file.
   *
   * @throws IOException if there is one that can not be read, with its name
   */
  DesiredRules load() throws IOException {
    if (file.isEmpty()) {
      return DesiredRules.NONE;
    }
    try {
      if (Files.size(file.get()) > DesiredRules.LENGTH_MAX) {
        throw new IOException(file.get() + ": too long for a state file");
      }
      return DesiredRules.parse(Files.readAllBytes(file.get()));
    } catch (NoSuchFileException e) {
      return DesiredRules.NONE;
    } catch (RuntimeException e) {
      throw new IOException(file.get() + ": " + e.getMessage(), e);
    }
  }

  /** On disk when it returns. */
  void save(DesiredRules rules) throws IOException {
    if (file.isEmpty()) {
      return;
    }
    Path target = file.get().toAbsolutePath();
    Path fresh = target.resolveSibling(target.getFileName() + ".new");
    try (FileChannel channel =
        FileChannel.open(
            fresh,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      ByteBuffer bytes = ByteBuffer.wrap(rules.bytes());
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
