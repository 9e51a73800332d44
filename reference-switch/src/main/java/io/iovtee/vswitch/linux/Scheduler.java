// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;

/** Threads: on which processors they may run, and what tools call them. */
public final class Scheduler {
  /** Processors that a mask has room for: {@code CPU_SETSIZE} of glibc. */
  public static final int CPU_COUNT_MAX = Constants.CPU_SETSIZE;

  /** Longest thread name, in bytes without the terminating zero. */
  public static final int NAME_LENGTH_MAX = 15;

  private static final int CALLING_THREAD = 0;

  private Scheduler() {}

  /**
   * Processors on which the calling thread may run.
   *
   * @see <a href="https://man7.org/linux/man-pages/man2/sched_getaffinity.2.html">
   *     sched_getaffinity(2)</a>
   */
  public static BitSet affinity() {
    return affinity(CALLING_THREAD);
  }

  /**
   * Processors on which a thread may run.
   *
   * @param thread its {@link #threadId}, or 0 for the calling one
   * @throws ErrnoException ESRCH when there is no such thread (any more)
   */
  public static BitSet affinity(int thread) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment mask = arena.allocate(CPU_COUNT_MAX / 8, 8);
      int result = ProcessCalls.sched_getaffinity(thread, mask.byteSize(), mask);
      Native.check("sched_getaffinity", result, "thread=" + thread);
      return BitSet.valueOf(mask.toArray(JAVA_LONG));
    }
  }

  /**
   * Binds the calling thread to processors.
   *
   * @throws ErrnoException EINVAL when none of them exists or is allowed here
   * @see <a href="https://man7.org/linux/man-pages/man2/sched_setaffinity.2.html">
   *     sched_setaffinity(2)</a>
   */
  public static void setAffinity(BitSet processors) {
    setAffinity(CALLING_THREAD, processors);
  }

  /**
   * Binds a thread to processors; threads that it makes later inherit them.
   *
   * @param thread its {@link #threadId}, or 0 for the calling one
   * @throws ErrnoException EINVAL when none of the processors exists or is allowed here; ESRCH when
   *     there is no such thread (any more)
   */
  public static void setAffinity(int thread, BitSet processors) {
    if (processors.isEmpty() || processors.length() > CPU_COUNT_MAX) {
      throw new IllegalArgumentException(
          "processors must be 1 or more of 0.." + (CPU_COUNT_MAX - 1) + ": " + processors);
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment mask = arena.allocate(CPU_COUNT_MAX / 8, 8);
      long[] words = processors.toLongArray();
      MemorySegment.copy(words, 0, mask, JAVA_LONG, 0, words.length);
      int result = ProcessCalls.sched_setaffinity(thread, mask.byteSize(), mask);
      Native.check(
          "sched_setaffinity", result, "processors=" + processors + ", allowed=" + affinity());
    }
  }

  /**
   * From now on the calling thread runs before all ordinary threads of its processors, until it
   * ends: for a measurement of milliseconds, never for anything that lasts.
   *
   * @param priority 1..99
   * @throws ErrnoException EPERM without CAP_SYS_NICE
   * @see <a href="https://man7.org/linux/man-pages/man2/sched_setscheduler.2.html">
   *     sched_setscheduler(2)</a>
   */
  public static void setFirstInFirstOut(int priority) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment parameters = arena.allocateFrom(JAVA_INT, priority); // struct sched_param
      int result =
          ProcessCalls.sched_setscheduler(CALLING_THREAD, Constants.SCHED_FIFO, parameters);
      Native.check("sched_setscheduler", result, "priority=" + priority);
    }
  }

  /**
   * The kernel's number of the calling thread, as {@code top -H} shows it.
   *
   * @see <a href="https://man7.org/linux/man-pages/man2/gettid.2.html">gettid(2)</a>
   */
  public static int threadId() {
    return ProcessCalls.gettid();
  }

  /**
   * Names the calling thread for {@code top} and {@code perf}; longer names are cut.
   *
   * @see <a href="https://man7.org/linux/man-pages/man2/PR_SET_NAME.2const.html">PR_SET_NAME</a>
   */
  public static void setThreadName(String name) {
    String cut = name.length() > NAME_LENGTH_MAX ? name.substring(0, NAME_LENGTH_MAX) : name;
    try (Arena arena = Arena.ofConfined()) {
      long text = arena.allocateFrom(cut).address();
      Native.check("prctl", ProcessCalls.prctl(Constants.PR_SET_NAME, text, 0, 0, 0), cut);
    }
  }

  /** Numbers of sched.h and prctl.h. */
  @CConstants(header = {"sched.h", "sys/prctl.h"})
  static final class Constants {
    static final int CPU_SETSIZE = 1024;
    static final int PR_SET_NAME = 15;
    static final int SCHED_FIFO = 1;

    private Constants() {}
  }
}
