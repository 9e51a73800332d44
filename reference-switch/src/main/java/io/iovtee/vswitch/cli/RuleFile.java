// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import java.io.IOException;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Rules that a command is given by a file's name. */
final class RuleFile {
  private RuleFile() {}

  /**
   * What sends the text without reading all of it first; standard input if the name is {@code -}.
   */
  static BodyPublisher publisher(String file) throws IOException {
    return file.equals("-")
        ? BodyPublishers.ofInputStream(() -> System.in)
        : BodyPublishers.ofFile(readable(file));
  }

  private static Path readable(String file) {
    Path path = Path.of(file);
    if (!Files.isReadable(path)) {
      throw new CommandException(file + ": no such file, or not readable");
    }
    return path;
  }

  /** The whole text; of standard input if the name is {@code -}. */
  static String read(String file) throws IOException {
    if (file.equals("-")) {
      return new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
    }
    return Files.readString(readable(file));
  }
}
