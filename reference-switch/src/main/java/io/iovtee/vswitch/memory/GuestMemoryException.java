// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.memory;

/** A memory table that is refused; the message names the region, the values and the rule. */
public final class GuestMemoryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public GuestMemoryException(String message) {
    super(message);
  }

  public GuestMemoryException(String message, Throwable cause) {
    super(message, cause);
  }
}
