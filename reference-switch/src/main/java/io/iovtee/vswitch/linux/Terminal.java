// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.iovtee.vswitch.linux.TerminalAbi.Numbers;
import io.iovtee.vswitch.linux.TerminalAbi.Termios;
import io.iovtee.vswitch.linux.TerminalAbi.Winsize;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * A terminal as one of the process's standard files.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/ioctl_tty.2.html">ioctl_tty(2)</a>
 * @see <a href="https://man7.org/linux/man-pages/man3/termios.3.html">termios(3)</a>
 */
public final class Terminal {
  /** The process's standard input. */
  public static final int STDIN = 0;

  /** The process's standard output. */
  public static final int STDOUT = 1;

  private final int fd;
  private final MemorySegment before;

  private Terminal(int fd, MemorySegment before) {
    this.fd = fd;
    this.before = before;
  }

  /** Columns and rows of characters. */
  public record Size(int columns, int rows) {}

  /** The terminal with its settings as they are now; empty when the file is something else. */
  public static Optional<Terminal> of(int fd) {
    MemorySegment settings = Arena.ofAuto().allocate(Termios.SIZEOF, 8);
    return FileCalls.ioctl(fd, Numbers.TCGETS, settings) < 0
        ? Optional.empty()
        : Optional.of(new Terminal(fd, settings));
  }

  /** Empty when it does not say; asked anew each time, for windows change. */
  public Optional<Size> size() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment size = arena.allocate(Winsize.SIZEOF, 8);
      if (FileCalls.ioctl(fd, Numbers.TIOCGWINSZ, size) < 0) {
        return Optional.empty();
      }
      int rows = Short.toUnsignedInt(size.get(JAVA_SHORT, Winsize.WS_ROW));
      int columns = Short.toUnsignedInt(size.get(JAVA_SHORT, Winsize.WS_COL));
      return rows == 0 || columns == 0 ? Optional.empty() : Optional.of(new Size(columns, rows));
    }
  }

  /**
   * Keys come one by one and are not shown. Ctrl-C goes on to end the process; Ctrl-Z is only a
   * key, for a stopped process would leave the terminal so.
   */
  public void readKeys() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment settings = arena.allocate(Termios.SIZEOF, 8);
      settings.copyFrom(before);
      int local = settings.get(JAVA_INT, Termios.C_LFLAG);
      settings.set(JAVA_INT, Termios.C_LFLAG, local & ~(Numbers.ICANON | Numbers.ECHO));
      settings.set(JAVA_BYTE, Termios.C_CC + Numbers.VMIN, (byte) 1);
      settings.set(JAVA_BYTE, Termios.C_CC + Numbers.VTIME, (byte) 0);
      settings.set(JAVA_BYTE, Termios.C_CC + Numbers.VSUSP, (byte) 0);
      Native.check("ioctl(TCSETSW)", FileCalls.ioctl(fd, Numbers.TCSETSW, settings), "fd=" + fd);
    }
  }

  /** Sets everything as it was when this was made; a terminal that is gone is no error. */
  public void restore() {
    FileCalls.ioctl(fd, Numbers.TCSETSW, before);
  }
}
