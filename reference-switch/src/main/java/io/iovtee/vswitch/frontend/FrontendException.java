// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.frontend;

/** The back-end did not do what the protocol asks of it, or has gone. */
public final class FrontendException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public FrontendException(String message) {
    super(message);
  }

  public FrontendException(String message, Throwable cause) {
    super(message, cause);
  }
}
