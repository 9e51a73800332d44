// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.idle;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What one thread has used since its start.
 *
 * @param name as the kernel knows it: its first 15 bytes
 * @param onCpuNs time on a core, ns
 * @param sleeps voluntary context switches: how often it went to sleep, and so how often it woke up
 * @param preemptions involuntary context switches: how often another thread got its core
 */
record ThreadUsage(String name, long onCpuNs, long sleeps, long preemptions) {
  private static final Pattern NAME = line("Name");
  private static final Pattern SLEEPS = line("voluntary_ctxt_switches");
  private static final Pattern PREEMPTIONS = line("nonvoluntary_ctxt_switches");

  private static Pattern line(String key) {
    return Pattern.compile("(?m)^" + key + ":\\s*(.*?)\\s*$");
  }

  /**
   * Reads {@code /proc/PID/task/TID/status} (proc_pid_status(5)).
   *
   * @param onCpuNs from elsewhere: the file has no times
   */
  static ThreadUsage parse(String status, long onCpuNs) {
    return new ThreadUsage(
        value(NAME, status),
        onCpuNs,
        Long.parseLong(value(SLEEPS, status)),
        Long.parseLong(value(PREEMPTIONS, status)));
  }

  private static String value(Pattern line, String status) {
    Matcher matcher = line.matcher(status);
    if (!matcher.find()) {
      throw new IllegalArgumentException("no line " + line + " in a thread's status:\n" + status);
    }
    return matcher.group(1);
  }

  /** What it used since an earlier reading. */
  ThreadUsage minus(ThreadUsage earlier) {
    return new ThreadUsage(
        name,
        onCpuNs - earlier.onCpuNs,
        sleeps - earlier.sleeps,
        preemptions - earlier.preemptions);
  }
}
