// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.iovtee.vswitch.linux.FileAbi.Flags;
import io.iovtee.vswitch.linux.SocketAbi.Iovec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A counter in the kernel that wakes whoever polls it: kicks, calls and mailboxes.
 *
 * <p>{@link #signal()} may be called from any thread, {@link #drain()} from one thread at a time.
 * Neither allocates, and neither ever blocks, whatever a peer does to a counter that it shares.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/eventfd.2.html">eventfd(2)</a>
 */
public final class EventFd implements AutoCloseable {
  private static final String TARGET = "anon_inode:[eventfd]";
  private static final MemorySegment ONE = Arena.global().allocateFrom(JAVA_LONG, 1L);

  /** preadv2: read at the file's own position. */
  private static final long NO_OFFSET = -1;

  private final Fd fd;
  private final boolean shared;
  private final MemorySegment counter;
  private final MemorySegment iovec;

  private EventFd(Fd fd, boolean shared) {
    Arena arena = Arena.ofAuto();
    this.fd = fd;
    this.shared = shared;
    this.counter = arena.allocate(JAVA_LONG);
    this.iovec = arena.allocate(Iovec.SIZEOF, 8);
    iovec.set(ADDRESS, Iovec.IOV_BASE, counter);
    iovec.set(JAVA_LONG, Iovec.IOV_LEN, Long.BYTES);
  }

  /** A new counter at zero, non-blocking, of our own. */
  public static EventFd create() {
    int number = FileCalls.eventfd(0, Flags.EFD_CLOEXEC | Flags.EFD_NONBLOCK);
    return new EventFd(Fd.of(Native.check("eventfd", number, ""), "eventfd"), false);
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
    return new EventFd(fd, true);
  }

  /**
   * Whether the calling thread can signal a peer that clears O_NONBLOCK without any risk of being
   * held up. False only where the kernel (or a seccomp filter) forbids io_setup(2).
   */
  public static boolean canSignalHostilePeers() {
    return NeverBlockingSignal.ofThread().isAvailable();
  }

  public Fd fd() {
    return fd;
  }

  /**
   * Adds one to the counter. Does nothing when the counter stands at its maximum: whoever polls it
   * is awake anyway.
   */
  public void signal() {
    long result = shared ? signalPeer() : FileCalls.write(fd.number(), ONE, Long.BYTES);
    if (result < 0 && result != -Errno.EAGAIN) { // looked at here: a poll thread makes no text
      Native.check("signal(eventfd)", result, fd.toString());
    }
  }

  private long signalPeer() {
    NeverBlockingSignal signal = NeverBlockingSignal.ofThread();
    if (signal.isAvailable() && signal.signal(fd.number()) >= 0) {
      return 1;
    }
    fd.setNonBlocking(true);
    return FileCalls.write(fd.number(), ONE, Long.BYTES);
  }

  /** Sets the counter to zero and returns what it was; 0 when nothing was signalled. */
  public long drain() {
    long result = FileCalls.preadv2(fd.number(), iovec, 1, NO_OFFSET, Flags.RWF_NOWAIT);
    if (result == -Errno.EAGAIN || result == -Errno.EINTR) {
      return 0;
    }
    if (result < 0) {
      Native.check("preadv2(eventfd)", result, fd.toString());
    }
    return counter.get(JAVA_LONG, 0);
  }

  @Override
  public void close() {
    fd.close();
  }
}
