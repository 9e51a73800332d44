// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import io.iovtee.flow.store.TableContent;
import io.iovtee.flow.text.FlowSyntaxException;
import io.iovtee.flow.text.TableModParser;
import io.iovtee.vswitch.config.ConfigException;
import io.iovtee.vswitch.config.RuleDirectory;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Rules, groups and meters that a command is given by a file's name: text, YAML or JSON by its
 * ending, or a directory of such files, as the configuration's {@code flows-directory}.
 */
final class RuleFile {
  private RuleFile() {}

  /**
   * What sends it as text, a file of text without reading all of it first; standard input if the
   * name is {@code -}.
   */
  static BodyPublisher publisher(String file) throws IOException {
    if (file.equals("-")) {
      return BodyPublishers.ofInputStream(() -> System.in);
    }
    return RuleDirectory.reads(Path.of(file))
        ? BodyPublishers.ofString(TableText.of(content(file)))
        : BodyPublishers.ofFile(readable(file));
  }

  private static Path readable(String file) {
    Path path = Path.of(file);
    if (!Files.isReadable(path)) {
      throw new CommandException(file + ": no such file, or not readable");
    }
    return path;
  }

  /**
   * All that it says, of standard input if the name is {@code -}.
   *
   * @throws CommandException if it can not be read, with file and line
   */
  static TableContent content(String file) throws IOException {
    try {
      if (file.equals("-")) {
        return parse(new String(System.in.readAllBytes(), StandardCharsets.UTF_8));
      }
      Path path = Path.of(file);
      return RuleDirectory.reads(path)
          ? TableContent.of(RuleDirectory.entries(path))
          : parse(Files.readString(readable(file)));
    } catch (ConfigException e) {
      throw new CommandException(String.valueOf(e.getMessage()), e); // has the file's name
    } catch (FlowSyntaxException | IllegalArgumentException e) {
      throw new CommandException(file + ": " + e.getMessage(), e);
    }
  }

  private static TableContent parse(String text) {
    return TableContent.of(TableModParser.parseEntries(text));
  }
}
