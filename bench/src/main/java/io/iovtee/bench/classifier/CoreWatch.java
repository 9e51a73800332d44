// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.classifier;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * For how long other programs kept some threads of this process from their cores, by the kernel's
 * {@code schedstat} (Documentation/scheduler/sched-stats.rst). What other threads of the process
 * ran meanwhile (compilers, the collector) is its own affair: it is taken off, wherever they ran,
 * so that rather too little is called lost than too much.
 *
 * <p>What the machine's host takes from a core unseen is not in it. Makes no garbage, so that it
 * can be read beside each change of a rule. One thread.
 */
final class CoreWatch implements AutoCloseable {
  private static final Path TASKS = Path.of("/proc/self/task");

  private final Predicate<String> isWatched;
  private final Map<String, Task> tasks = new HashMap<>();
  private final ByteBuffer text = ByteBuffer.allocateDirect(128);
  private long compilersRanNs;

  /** A thread, and what it had by the last reading. */
  private static final class Task {
    final FileChannel file;
    final boolean watched;
    final boolean compiles;
    long ranNs;
    long waitedNs;

    Task(FileChannel file, boolean watched, boolean compiles) {
      this.file = file;
      this.watched = watched;
      this.compiles = compiles;
    }
  }

  /**
   * Begins.
   *
   * @param isWatched whose waits count, by the kernel's names of threads (15 characters); the
   *     caller's count, too
   */
  CoreWatch(Predicate<String> isWatched) {
    this.isWatched = isWatched;
    refresh();
  }

  /** Looks for threads that were made since. */
  void refresh() {
    Set<String> gone = new HashSet<>(tasks.keySet());
    try (DirectoryStream<Path> all = Files.newDirectoryStream(TASKS)) {
      String own = Files.readSymbolicLink(Path.of("/proc/thread-self")).getFileName().toString();
      for (Path task : all) {
        String id = task.getFileName().toString();
        gone.remove(id);
        if (!tasks.containsKey(id)) {
          add(task, id, own);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list " + TASKS, e);
    }
    tasks.entrySet().removeIf(entry -> gone.contains(entry.getKey()) && close(entry.getValue()));
  }

  private void add(Path path, String id, String own) {
    try {
      String name = Files.readString(path.resolve("comm")).strip();
      boolean watched = id.equals(own) || isWatched.test(name);
      Task task = new Task(FileChannel.open(path.resolve("schedstat")), watched, isCompiler(name));
      tasks.put(id, task);
      read(task);
    } catch (IOException e) {
      return; // it has ended since it was listed
    }
  }

  /** By the names that HotSpot gives them, as far as the kernel keeps them. */
  static boolean isCompiler(String name) {
    return name.startsWith("C1 CompilerThre") || name.startsWith("C2 CompilerThre");
  }

  /** What the watched threads lost since the last call, all together, ns. */
  long lostNs() {
    long waitedNs = 0;
    long othersRanNs = 0;
    compilersRanNs = 0;
    for (Task task : tasks.values()) {
      long ranNs = task.ranNs;
      long hadWaitedNs = task.waitedNs;
      read(task);
      if (task.watched) {
        waitedNs += task.waitedNs - hadWaitedNs;
      } else {
        othersRanNs += task.ranNs - ranNs;
      }
      compilersRanNs += task.compiles ? task.ranNs - ranNs : 0;
    }
    return Math.max(0, waitedNs - othersRanNs);
  }

  /** For how long the JVM's compilers ran before the last call of {@link #lostNs}, ns. */
  long compilersRanNs() {
    return compilersRanNs;
  }

  /** Leaves the numbers as they are if the thread is gone. */
  private void read(Task task) {
    try {
      text.clear();
      if (task.file.read(text, 0) > 0) {
        text.flip();
        task.ranNs = number();
        task.waitedNs = number();
      }
    } catch (IOException e) {
      return; // it has ended; refresh() finds out
    }
  }

  /** The digits at the position, and one character behind them. */
  private long number() {
    long number = 0;
    while (text.hasRemaining()) {
      int digit = text.get() - '0';
      if (digit < 0) {
        break;
      }
      number = 10 * number + digit;
    }
    return number;
  }

  @Override
  public void close() {
    tasks.values().removeIf(CoreWatch::close);
  }

  private static boolean close(Task task) {
    try {
      task.file.close();
      return true;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
