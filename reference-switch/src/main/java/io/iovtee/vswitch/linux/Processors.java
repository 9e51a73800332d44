// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The machine's processors as the kernel counts them. */
public final class Processors {
  private static final Path POSSIBLE = Path.of("/sys/devices/system/cpu/possible");

  private Processors() {}

  /**
   * How many values the kernel keeps in each entry of a per-processor map: one for each processor
   * that could ever be there, {@code cpu_possible_mask}.
   */
  public static int possible() {
    try {
      return count(Files.readString(POSSIBLE).strip());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The kernel numbers values from 0 to the highest processor of a list such as {@code 0-3,8}. */
  static int count(String list) {
    int last = Math.max(list.lastIndexOf('-'), list.lastIndexOf(','));
    return Integer.parseInt(list.substring(last + 1)) + 1;
  }
}
