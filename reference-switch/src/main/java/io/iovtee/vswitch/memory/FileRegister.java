// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.memory;

import io.iovtee.vswitch.linux.Stat;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which port has mapped which file. Two ports that name the same file (an easy mistake with a
 * shared {@code /dev/hugepages}, and an attack) could read each other's frames.
 *
 * <p>A port may hold a file several times: several regions in one file, and a new memory table
 * while the old one is still mapped. Any thread.
 */
final class FileRegister {
  /** The register of this process. */
  static final FileRegister PROCESS = new FileRegister();

  /** A file's identity: device and inode. */
  record FileId(long device, long inode) {
    static FileId of(Stat stat) {
      return new FileId(stat.device(), stat.inode());
    }
  }

  private record Claim(String owner, int count) {}

  private final Map<FileId, Claim> claims = new HashMap<>();

  /**
   * Notes that a port maps a file.
   *
   * @return null, or the port that has it already; then nothing was noted
   */
  synchronized @Nullable String claim(FileId file, String owner) {
    Claim claim = claims.get(file);
    if (claim == null) {
      claims.put(file, new Claim(owner, 1));
      return null;
    }
    if (!claim.owner().equals(owner)) {
      return claim.owner();
    }
    claims.put(file, new Claim(owner, claim.count() + 1));
    return null;
  }

  /** Takes one {@link #claim} back. */
  synchronized void release(FileId file) {
    Claim claim = claims.get(file);
    if (claim == null) {
      throw new IllegalStateException("file was not claimed: " + file);
    }
    if (claim.count() == 1) {
      claims.remove(file);
    } else {
      claims.put(file, new Claim(claim.owner(), claim.count() - 1));
    }
  }
}
