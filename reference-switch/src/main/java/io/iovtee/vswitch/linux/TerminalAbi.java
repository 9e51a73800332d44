// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

/** Numbers of the kernel's terminals, the same on amd64 and aarch64. */
final class TerminalAbi {
  private TerminalAbi() {}

  /** Requests, and bits of the local modes. */
  @CConstants(header = {"asm/termbits.h", "asm/ioctls.h"})
  static final class Numbers {
    static final int TCGETS = 0x5401;
    static final int TCSETSW = 0x5403;
    static final int TIOCGWINSZ = 0x5413;
    static final int ICANON = 2;
    static final int ECHO = 8;
    static final int VTIME = 5;
    static final int VMIN = 6;
    static final int VSUSP = 10;

    private Numbers() {}
  }

  /**
   * {@code struct termios} of the kernel: {@code c_iflag(4) c_oflag(4) c_cflag(4) c_lflag(4)
   * c_line(1) c_cc(19)}.
   */
  @CStruct(value = "struct termios", header = "asm/termbits.h")
  static final class Termios {
    static final int SIZEOF = 36;
    static final int C_LFLAG = 12;
    static final int C_CC = 17;

    private Termios() {}
  }

  /** {@code struct winsize}: {@code ws_row(2) ws_col(2) ws_xpixel(2) ws_ypixel(2)}. */
  @CStruct(value = "struct winsize", header = "asm/termios.h")
  static final class Winsize {
    static final int SIZEOF = 8;
    static final int WS_ROW = 0;
    static final int WS_COL = 2;

    private Winsize() {}
  }
}
