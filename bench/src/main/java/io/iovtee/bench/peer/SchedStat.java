// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.peer;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Time that one thread spent on a core and waiting for one, in ns, from {@code
 * /proc/PID/task/TID/schedstat} (kernel: Documentation/scheduler/sched-stats.rst). Exact where the
 * tick-based times of {@code /proc/PID/stat} are not.
 *
 * @param onCpuNs time running
 * @param waitNs time runnable without a core
 */
public record SchedStat(long onCpuNs, long waitNs) {

  /** All threads of a process by thread id. A thread that ends while we read is left out. */
  public static Map<Integer, SchedStat> threads(long pid) {
    Map<Integer, SchedStat> threads = new HashMap<>();
    Path tasks = Path.of("/proc", Long.toString(pid), "task");
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(tasks)) {
      for (Path task : entries) {
        readTask(task, threads);
      }
    } catch (IOException e) {
      throw new PeerException("process " + pid + " is gone: " + e.getMessage(), e);
    }
    return threads;
  }

  private static void readTask(Path task, Map<Integer, SchedStat> threads) {
    try {
      threads.put(
          Integer.valueOf(task.getFileName().toString()),
          parse(Files.readString(task.resolve("schedstat"))));
    } catch (IOException e) {
      // The thread has ended between listing and reading; it is not one that polls.
      return;
    }
  }

  static SchedStat parse(String text) {
    String[] words = text.strip().split(" ");
    return new SchedStat(Long.parseLong(words[0]), Long.parseLong(words[1]));
  }
}
