// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Rules that a command is given by a file's name. */
final class RuleFile {
  private RuleFile() {}

  /** The whole text; of standard input if the name is {@code -}. */
  static String read(String file) throws IOException {
    if (file.equals("-")) {
      return new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
    }
    Path path = Path.of(file);
    if (!Files.isReadable(path)) {
      throw new CommandException(file + ": no such file, or not readable");
    }
    return Files.readString(path);
  }
}
