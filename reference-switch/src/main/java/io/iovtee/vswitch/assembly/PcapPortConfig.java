// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import io.iovtee.vswitch.config.Section;
import java.nio.file.Path;

/**
 * The keys of a port of type {@code pcap}.
 *
 * @param file overwritten
 * @param fileMib mebibytes of one file at most
 * @param files 1: a full file is the end; else it becomes NAME.1, and so many are kept
 */
record PcapPortConfig(Path file, int fileMib, int files) {
  /** A minute of a busy gigabit, and no disk is full by accident. */
  private static final int FILE_MIB_DEFAULT = 256;

  /** A tebibyte. */
  private static final int FILE_MIB_MAX = 1 << 20;

  private static final int FILES_MAX = 1000;

  static PcapPortConfig of(Section keys) {
    keys.allow("type", "file", "max-mib", "files");
    return new PcapPortConfig(
        Path.of(keys.text("file")),
        (int) keys.number("max-mib", FILE_MIB_DEFAULT, 1, FILE_MIB_MAX),
        (int) keys.number("files", 1, 1, FILES_MAX));
  }
}
