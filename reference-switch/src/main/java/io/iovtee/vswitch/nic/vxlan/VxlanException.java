// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.vxlan;

import org.jspecify.annotations.Nullable;

/** A VXLAN port can not be opened; the message says what to do. */
public final class VxlanException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public VxlanException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
