// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

/**
 * A front-end broke a rule of the protocol. The message names the request, the values and the rule;
 * it ends up in the log and in the port's link reason. The connection is closed, nothing else is.
 */
public final class VhostUserException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public VhostUserException(String message) {
    super(message);
  }

  public VhostUserException(String message, Throwable cause) {
    super(message, cause);
  }
}
