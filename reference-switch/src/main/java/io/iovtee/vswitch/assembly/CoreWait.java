// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How long a thread was ready to run while its core ran something else: the second number of its
 * {@code schedstat} file (proc(5); kernel Documentation/scheduler/sched-stats.rst). Whoever
 * compares what a poll loop costs must know when its core was taken.
 */
final class CoreWait {
  /** Where no kernel tells. */
  static final CoreWait UNKNOWN = new CoreWait(Path.of("/nonexistent"));

  private final Path file;

  private CoreWait(Path file) {
    this.file = file;
  }

  /** Of the thread that calls, for anyone to read. */
  static CoreWait ofCurrentThread() {
    Path proc = Path.of("/proc");
    try {
      Path task = Files.readSymbolicLink(proc.resolve("thread-self"));
      return new CoreWait(proc.resolve(task).resolve("schedstat"));
    } catch (IOException | RuntimeException e) {
      return UNKNOWN;
    }
  }

  /**
   * Nanoseconds since the thread started; -1 if the system does not tell, or the thread is gone.
   */
  long waitNs() {
    try {
      return parse(Files.readString(file));
    } catch (IOException e) {
      return -1;
    }
  }

  /** The second of three numbers. */
  static long parse(String text) {
    String[] words = text.strip().split(" ", -1);
    try {
      return words.length == 3 ? Long.parseLong(words[1]) : -1;
    } catch (NumberFormatException e) {
      return -1;
    }
  }
}
