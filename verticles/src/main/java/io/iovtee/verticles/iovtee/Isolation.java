// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.iovtee;

/** How a mapping keeps other guests' frames from the guest whose buffers it lends. */
public enum Isolation {
  /**
   * Something has checked that a frame is for this guest before any byte of it enters the guest's
   * memory; a foreign frame seen all the same ends the mapping at once.
   */
  STRICT("strict"),
  /** A foreign frame is copied out, and its bytes are zeroed. */
  SCRUB("scrub"),
  /** A foreign frame is copied out; its bytes stay until the next frame overwrites them. */
  TRUSTED("trusted");

  private final String label;

  Isolation(String label) {
    this.label = label;
  }

  /** The name in the configuration and in the HTTP API. */
  public String label() {
    return label;
  }

  /**
   * @throws IllegalArgumentException that says what is allowed
   */
  public static Isolation parse(String text) {
    return Labels.parse("isolation", text, values(), Isolation::label);
  }
}
