// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A counter in the kernel that wakes whoever polls it: kicks, calls and mailboxes.
 *
 * <p>{@link #signal()} may be called from any thread, {@link #drain()} from one thread at a time.
 * Neither allocates.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/eventfd.2.html">eventfd(2)</a>
 */
public final class EventFd implements AutoCloseable {
  private static final String TARGET = "anon_inode:[eventfd]";
  private static final MemorySegment ONE = Arena.global().allocateFrom(JAVA_LONG, 1L);

  private final Fd fd;
  private final Arena arena = Arena.ofAuto();
  private final MemorySegment counter = arena.allocate(JAVA_LONG);

  private EventFd(Fd fd) {
    this.fd = fd;
  }

  /** A new counter at zero, non-blocking. */
  public static EventFd create() {
    int flags = FileAbi.Flags.EFD_CLOEXEC | FileAbi.Flags.EFD_NONBLOCK;
    int number = FileCalls.eventfd(0, flags);
    return new EventFd(Fd.of(Native.check("eventfd", number, ""), "eventfd"));
  }

  /**
   * Takes over a descriptor that a peer sent. It is made non-blocking.
   *
   * @throws IllegalArgumentException when it is not an eventfd (a pipe or a socket could block the
   *     thread that signals); the descriptor stays with the caller
   */
  public static EventFd adopt(Fd fd) {
    String target = fd.target();
    if (!target.equals(TARGET)) {
      throw new IllegalArgumentException(
          "descriptor is not an eventfd: " + fd + ", it is " + target);
    }
    fd.setNonBlocking(true);
    return new EventFd(fd);
  }

  public Fd fd() {
    return fd;
  }

  /**
   * Adds one to the counter.
   *
   * @return true when added; false when the counter stands at its maximum, so that whoever polls it
   *     is awake anyway
   */
  public boolean signal() {
    long result = FileCalls.write(fd.number(), ONE, Long.BYTES);
    if (result == -Errno.EAGAIN) {
      return false;
    }
    Native.check("write(eventfd)", result, fd.toString());
    return true;
  }

  /** Sets the counter to zero and returns what it was; 0 when nothing was signalled. */
  public long drain() {
    long result = FileCalls.read(fd.number(), counter, Long.BYTES);
    if (result == -Errno.EAGAIN || result == -Errno.EINTR) {
      return 0;
    }
    Native.check("read(eventfd)", result, fd.toString());
    return counter.get(JAVA_LONG, 0);
  }

  @Override
  public void close() {
    fd.close();
  }
}
