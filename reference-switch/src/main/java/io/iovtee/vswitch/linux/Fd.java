// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A file descriptor that is closed exactly once.
 *
 * <p>The owner closes it. {@link #number()} of a closed descriptor throws, because the kernel may
 * have given the number to another file meanwhile; so closing must not run beside a call that uses
 * the descriptor.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/close.2.html">close(2)</a>
 */
public final class Fd implements AutoCloseable {
  private final int number;
  private final String what;
  private final AtomicBoolean closed = new AtomicBoolean();

  private Fd(int number, String what) {
    this.number = number;
    this.what = what;
  }

  /**
   * Takes ownership of an open descriptor.
   *
   * @param number the descriptor, not negative
   * @param what what it is, for error messages
   */
  public static Fd of(int number, String what) {
    if (number < 0) {
      throw new IllegalArgumentException("not a file descriptor: number=" + number);
    }
    return new Fd(number, what);
  }

  /** Opens an existing file, close-on-exec. */
  public static Fd open(Path path, boolean writable) {
    try (Arena arena = Arena.ofConfined()) {
      int flags =
          (writable ? FileAbi.Flags.O_RDWR : FileAbi.Flags.O_RDONLY) | FileAbi.Flags.O_CLOEXEC;
      int fd = FileCalls.open(arena.allocateFrom(path.toString()), flags, 0);
      return new Fd(Native.check("open", fd, "path=" + path), path.toString());
    }
  }

  /**
   * The descriptor's number.
   *
   * @throws IllegalStateException when it is closed
   */
  public int number() {
    if (closed.get()) {
      throw new IllegalStateException("descriptor is closed: fd=" + number + ", " + what);
    }
    return number;
  }

  public boolean isClosed() {
    return closed.get();
  }

  /** Another descriptor of the same open file. */
  public Fd duplicate() {
    int copy = FileCalls.fcntl(number(), FileAbi.Flags.F_DUPFD_CLOEXEC, 0);
    return new Fd(Native.check("fcntl(F_DUPFD_CLOEXEC)", copy, toString()), what);
  }

  /** True when the file was opened for reading and writing. */
  public boolean isReadWrite() {
    return (statusFlags() & FileAbi.Flags.O_ACCMODE) == FileAbi.Flags.O_RDWR;
  }

  public boolean isNonBlocking() {
    return (statusFlags() & FileAbi.Flags.O_NONBLOCK) != 0;
  }

  /** Sets or clears {@code O_NONBLOCK}, for everyone who shares the open file. */
  public void setNonBlocking(boolean nonBlocking) {
    int flags = statusFlags();
    int wanted = nonBlocking ? flags | FileAbi.Flags.O_NONBLOCK : flags & ~FileAbi.Flags.O_NONBLOCK;
    Native.check(
        "fcntl(F_SETFL)", FileCalls.fcntl(number(), FileAbi.Flags.F_SETFL, wanted), toString());
  }

  private int statusFlags() {
    return Native.check(
        "fcntl(F_GETFL)", FileCalls.fcntl(number(), FileAbi.Flags.F_GETFL, 0), toString());
  }

  /**
   * What the kernel says the descriptor is, for example {@code "anon_inode:[eventfd]"}; empty when
   * {@code /proc} cannot tell.
   */
  public String target() {
    try {
      return Files.readSymbolicLink(Path.of("/proc/self/fd/" + number())).toString();
    } catch (IOException e) {
      return "";
    }
  }

  /**
   * Reads into {@code buffer}.
   *
   * @return bytes read, 0 at end of file, or a negative errno ({@link Errno#EAGAIN})
   */
  public long read(MemorySegment buffer) {
    return FileCalls.read(number(), buffer, buffer.byteSize());
  }

  /**
   * Writes {@code buffer}.
   *
   * @return bytes written, or a negative errno ({@link Errno#EAGAIN})
   */
  public long write(MemorySegment buffer) {
    return FileCalls.write(number(), buffer, buffer.byteSize());
  }

  /** Closes the descriptor; a second call does nothing. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      int result = FileCalls.close(number);
      // Linux frees the number whatever close says; only EBADF means that somebody else closed it.
      if (result == -Errno.EBADF) {
        throw new ErrnoException("close", Errno.EBADF, "closed by someone else: " + this);
      }
    }
  }

  @Override
  public String toString() {
    return "fd=" + number + " (" + what + ")";
  }
}
