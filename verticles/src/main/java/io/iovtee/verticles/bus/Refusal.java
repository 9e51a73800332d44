// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.bus;

/** Why a verticle does not carry out a request. The code is what travels on the event bus. */
public enum Refusal {
  NOT_FOUND(1),
  CONFLICT(2),
  STALE_VERSION(3),
  INVALID(4),
  UNAVAILABLE(5),
  FAILED(6);

  private final int code;

  Refusal(int code) {
    this.code = code;
  }

  public int code() {
    return code;
  }

  /** The constant of a code; {@link #FAILED} for any other number. */
  public static Refusal of(int code) {
    for (Refusal refusal : values()) {
      if (refusal.code == code) {
        return refusal;
      }
    }
    return FAILED;
  }
}
