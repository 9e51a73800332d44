// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.rules;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a process has in memory, by {@code /proc/PID/status} (proc(5)). */
final class Memory {
  private static final Pattern MOST = Pattern.compile("VmHWM:\\s*(\\d+) kB");

  private Memory() {}

  /** The most that it has had at once ({@code VmHWM}), KiB; 0 if it has ended. */
  static long mostKb(long pid) {
    try {
      return parse(Files.readString(Path.of("/proc", Long.toString(pid), "status")));
    } catch (IOException e) {
      return 0;
    }
  }

  static long parse(String status) {
    Matcher most = MOST.matcher(status);
    return most.find() ? Long.parseLong(most.group(1)) : 0;
  }
}
