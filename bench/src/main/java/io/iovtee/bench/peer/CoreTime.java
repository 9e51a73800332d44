// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.peer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a core has spent its time on, in clock ticks of 10 ms, from {@code /proc/stat} (proc(5)).
 * The kernel looks once in a timer tick who has the core, so it takes a second or more to say
 * something.
 *
 * @param user in processes
 * @param kernel in system calls, interrupts and the work that they leave behind (softirq)
 * @param idle waiting for work, or taken by the machine's host
 */
public record CoreTime(long user, long kernel, long idle) {
  private static final Path STAT = Path.of("/proc/stat");

  /** Of one core, since the machine's start. */
  public static CoreTime of(int cpu) {
    try {
      return parse(Files.readString(STAT), cpu);
    } catch (IOException e) {
      throw new PeerException("could not read " + STAT + ": " + e.getMessage(), e);
    }
  }

  static CoreTime parse(String stat, int cpu) {
    for (String line : stat.split("\n")) {
      String[] words = line.split(" +");
      if (words[0].equals("cpu" + cpu)) {
        long[] ticks = new long[9];
        for (int i = 1; i < ticks.length; i++) {
          ticks[i] = Long.parseLong(words[i]);
        }
        // user nice system idle iowait irq softirq steal
        return new CoreTime(
            ticks[1] + ticks[2], ticks[3] + ticks[6] + ticks[7], ticks[4] + ticks[5] + ticks[8]);
      }
    }
    throw new PeerException("no such core in " + STAT + ": cpu=" + cpu);
  }

  /** What was spent since an earlier reading. */
  public CoreTime minus(CoreTime earlier) {
    return new CoreTime(user - earlier.user, kernel - earlier.kernel, idle - earlier.idle);
  }

  /** The kernel's share of all time, 0 to 1; NaN if no time has passed. */
  public double kernelShare() {
    return (double) kernel / (user + kernel + idle);
  }
}
