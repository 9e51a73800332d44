// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import org.jspecify.annotations.Nullable;

/** An AF_XDP port or queue cannot be set up; the message says what to do. */
public final class XdpException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public XdpException(String message) {
    super(message);
  }

  public XdpException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
