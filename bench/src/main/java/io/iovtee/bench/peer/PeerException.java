// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.peer;

/** A peer could not be started, answered nothing in time, or died. Says what to do next. */
public final class PeerException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public PeerException(String message) {
    super(message);
  }

  public PeerException(String message, Throwable cause) {
    super(message, cause);
  }
}
