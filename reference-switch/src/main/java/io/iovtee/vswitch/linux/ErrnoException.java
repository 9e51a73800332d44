// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

/**
 * A system call failed.
 *
 * <p>The message names the call, what it was called for, and the error: {@code "bind failed: EBUSY
 * (Device or resource busy): interface=uplink, queue=0"}.
 */
public final class ErrnoException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final String call;
  private final int errno;
  private final String detail;

  /**
   * @param call the man page's name, for example {@code "mmap"}
   * @param errno positive error number
   * @param detail the values that matter and the next step; may be empty
   */
  public ErrnoException(String call, int errno, String detail) {
    super(
        call
            + " failed: "
            + Errno.name(errno)
            + " ("
            + Native.strerror(errno)
            + ")"
            + (detail.isEmpty() ? "" : ": " + detail));
    this.call = call;
    this.errno = errno;
    this.detail = detail;
  }

  /** The system call or libc function, as its man page is named. */
  public String call() {
    return call;
  }

  /** One of the constants of {@link Errno}. */
  public int errno() {
    return errno;
  }

  /** The symbolic name, for example {@code "EBUSY"}. */
  public String errnoName() {
    return Errno.name(errno);
  }

  /** The values that the failed call was about. */
  public String detail() {
    return detail;
  }
}
