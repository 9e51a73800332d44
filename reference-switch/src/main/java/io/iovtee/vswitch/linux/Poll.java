// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.iovtee.vswitch.linux.FileAbi.Pollfd;
import io.iovtee.vswitch.linux.FileAbi.Timespec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Waits for one of a fixed number of descriptors. One thread; a wait allocates nothing.
 *
 * <pre>{@code
 * Poll poll = new Poll(2);
 * poll.set(0, socket.fd(), Poll.IN);
 * poll.set(1, wake.fd(), Poll.IN);
 * if (poll.await(1000) > 0 && (poll.ready(0) & Poll.IN) != 0) …
 * }</pre>
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/poll.2.html">poll(2)</a>
 */
public final class Poll {
  /** There is something to read. */
  public static final int IN = Events.POLLIN;

  /** There is room to write. */
  public static final int OUT = Events.POLLOUT;

  /** Error condition; always reported. */
  public static final int ERR = Events.POLLERR;

  /** The peer hung up; always reported. */
  public static final int HUP = Events.POLLHUP;

  /** Descriptor not open; always reported. */
  public static final int NVAL = Events.POLLNVAL;

  private static final long NS_PER_S = 1_000_000_000L;

  private final int count;
  private final MemorySegment entries;
  private final MemorySegment timeout;

  /**
   * @param count descriptors that can be waited for; each entry is empty until {@link #set}
   */
  public Poll(int count) {
    this.count = count;
    this.entries = Arena.ofAuto().allocate((long) count * Pollfd.SIZEOF, 8);
    this.timeout = Arena.ofAuto().allocate(Timespec.SIZEOF, 8);
    for (int i = 0; i < count; i++) {
      clear(i);
    }
  }

  /** Waits for {@code events} on the descriptor at {@code index}. */
  public void set(int index, Fd fd, int events) {
    long at = entry(index);
    entries.set(JAVA_INT, at + Pollfd.FD, fd.number());
    entries.set(JAVA_SHORT, at + Pollfd.EVENTS, (short) events);
    entries.set(JAVA_SHORT, at + Pollfd.REVENTS, (short) 0);
  }

  /** Empties the entry at {@code index}: the kernel skips a negative descriptor. */
  public void clear(int index) {
    long at = entry(index);
    entries.set(JAVA_INT, at + Pollfd.FD, -1);
    entries.set(JAVA_SHORT, at + Pollfd.REVENTS, (short) 0);
  }

  /**
   * Waits.
   *
   * @param timeoutMs milliseconds; 0 returns at once, -1 waits for ever
   * @return how many entries are ready; 0 after the timeout or when a signal interrupted the wait
   */
  public int await(int timeoutMs) {
    return ready("poll", FileCalls.poll(entries, count, timeoutMs), count);
  }

  /**
   * Waits for the first {@code used} entries only, as short as the kernel's timers can.
   *
   * @param timeoutNs nanoseconds, 0 or more
   * @return as {@link #await}
   */
  public int awaitNs(int used, long timeoutNs) {
    if (used > count) {
      throw new IndexOutOfBoundsException("used=" + used + ", count=" + count);
    }
    timeout.set(JAVA_LONG, Timespec.TV_SEC, timeoutNs / NS_PER_S);
    timeout.set(JAVA_LONG, Timespec.TV_NSEC, timeoutNs % NS_PER_S);
    return ready("ppoll", FileCalls.ppoll(entries, used, timeout), used);
  }

  private int ready(String call, int result, int waitedFor) {
    if (result == -Errno.EINTR) {
      for (int i = 0; i < waitedFor; i++) {
        entries.set(JAVA_SHORT, entry(i) + Pollfd.REVENTS, (short) 0);
      }
      return 0;
    }
    return Native.check(call, result, "count=" + waitedFor);
  }

  /** Descriptors that can be waited for. */
  public int count() {
    return count;
  }

  /** What happened to the entry at {@code index} in the last wait: any of the constants above. */
  public int ready(int index) {
    return entries.get(JAVA_SHORT, entry(index) + Pollfd.REVENTS);
  }

  private long entry(int index) {
    if (index < 0 || index >= count) {
      throw new IndexOutOfBoundsException("index=" + index + ", count=" + count);
    }
    return (long) index * Pollfd.SIZEOF;
  }

  /** The events of poll(2). */
  @CConstants(header = "poll.h")
  static final class Events {
    static final int POLLIN = 1;
    static final int POLLOUT = 4;
    static final int POLLERR = 8;
    static final int POLLHUP = 16;
    static final int POLLNVAL = 32;

    private Events() {}
  }
}
