// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

/** A poll loop did not acknowledge a change in time; whatever it may still use must stay mapped. */
public final class BackendTimeoutException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public BackendTimeoutException(String message) {
    super(message);
  }
}
