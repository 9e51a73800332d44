// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.tap;

import org.jspecify.annotations.Nullable;

/** A tap port can not be opened; the message says what to do. */
public final class TapException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public TapException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
