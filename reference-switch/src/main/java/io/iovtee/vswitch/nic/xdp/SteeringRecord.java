// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import io.iovtee.vswitch.linux.RxFlowSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/**
 * A file that says what the switch has put into a NIC, so that it can be taken out after a crash.
 * It is not there while there is nothing. Control thread.
 *
 * <pre>
 *  rule QUEUE SPEC-IN-HEX
 *  indirection QUEUE QUEUE …      as it was before
 * </pre>
 */
final class SteeringRecord {
  private static final String RULE = "rule";
  private static final String INDIRECTION = "indirection";

  private final Path file;

  SteeringRecord(Path file) {
    this.file = file;
  }

  /** A rule, wherever the NIC has put it. */
  record Entry(int queue, RxFlowSpec spec) {}

  /**
   * @param indirection the table before any change; empty if it was not changed
   */
  record Content(List<Entry> rules, int[] indirection) {
    static final Content EMPTY = new Content(List.of(), new int[0]);

    boolean isEmpty() {
      return rules.isEmpty() && indirection.length == 0;
    }
  }

  /** What is recorded; a line that can not be read is left out, since nothing must hang on it. */
  Content read() {
    List<Entry> rules = new ArrayList<>();
    int[] indirection = new int[0];
    try {
      for (String line : Files.readAllLines(file)) {
        String[] words = line.split(" ", -1);
        try {
          if (words[0].equals(RULE) && words.length == 3) {
            rules.add(new Entry(Integer.parseInt(words[1]), RxFlowSpec.parse(words[2])));
          } else if (words[0].equals(INDIRECTION)) {
            indirection = numbers(words);
          }
        } catch (IllegalArgumentException e) {
          continue;
        }
      }
    } catch (NoSuchFileException e) {
      return Content.EMPTY;
    } catch (IOException e) {
      throw new UncheckedIOException("steering record " + file + " can not be read", e);
    }
    return new Content(rules, indirection);
  }

  /** All words but the first. */
  private static int[] numbers(String[] words) {
    int[] numbers = new int[words.length - 1];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = Integer.parseInt(words[i + 1]);
    }
    return numbers;
  }

  /** Replaces the record in one step. */
  void write(Content content) {
    try {
      if (content.isEmpty()) {
        Files.deleteIfExists(file);
        return;
      }
      List<String> lines = new ArrayList<>();
      for (Entry entry : content.rules()) {
        lines.add(RULE + " " + entry.queue() + " " + entry.spec());
      }
      if (content.indirection().length > 0) {
        StringBuilder line = new StringBuilder(INDIRECTION);
        for (int queue : content.indirection()) {
          line.append(' ').append(queue);
        }
        lines.add(line.toString());
      }
      Path parent = file.toAbsolutePath().getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      Path next = file.resolveSibling(file.getFileName() + ".new");
      Files.write(next, lines);
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException("steering record " + file + " can not be written", e);
    }
  }
}
