// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.rules;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files of rules that differ in address and port. */
final class RuleFile {
  /** Of a hundred rules of the first file the second one has one less, and another one instead. */
  static final int DIFFERENT_OF = 100;

  private static final int PORTS = 60_000;

  private RuleFile() {}

  /**
   * Writes so many rules, one a line.
   *
   * @param other whether each hundredth is another one than in the file without
   */
  static Path write(Path file, int count, boolean other) throws IOException {
    try (BufferedWriter lines = Files.newBufferedWriter(file)) {
      for (int i = 0; i < count; i++) {
        lines.write(rule(i, other && i % DIFFERENT_OF == 0));
        lines.write('\n');
      }
    }
    return file;
  }

  private static String rule(int i, boolean other) {
    return "udp,nw_dst=%d.%d.%d.%d,tp_dst=%d,actions=output:nf1"
        .formatted(other ? 11 : 10, i >>> 16, i >>> 8 & 0xff, i & 0xff, 1 + i % PORTS);
  }
}
