// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api;

/** What became of a frame that a queue received: exactly one per frame. Order = precedence. */
public enum Outcome {
  /** Delivered to nobody; {@link DropReason} says why. */
  DROPPED("dropped"),
  /** Sent to a port that is no guest. */
  FORWARDED("forwarded"),
  /** Copied into a guest's buffer; the queue is not mapped. */
  COPIED("copied"),
  /** Copied although the queue is mapped, since no guest buffer could take it. */
  COPIED_INELIGIBLE("copied_ineligible"),
  /** Lay in one guest's buffer but was for somebody else: copied out, buffer given back. */
  COPIED_MISDIRECTED("copied_misdirected"),
  /** Written by the NIC into the buffer of the guest that it was for. */
  WRITTEN_THROUGH("written_through");

  private final String label;

  Outcome(String label) {
    this.label = label;
  }

  /** The name in the HTTP API, in metrics and in tables. */
  public String label() {
    return label;
  }
}
