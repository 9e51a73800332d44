// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

/**
 * How a driver broke the accounting of a virtqueue. There is no way back: the virtqueue stays
 * broken until the front-end sets it up anew.
 */
public enum RingFault {
  NONE("none"),
  /** The available index moved by more than the ring's size, or backwards. */
  AVAIL_INDEX_JUMP("available index jumped"),
  /** An entry of the available ring names no descriptor. */
  HEAD_OUT_OF_RANGE("available entry is not below the queue size"),
  /** A head was made available again before it was used. */
  HEAD_OUTSTANDING("head made available while it is outstanding");

  private final String label;

  RingFault(String label) {
    this.label = label;
  }

  /** In words, for messages. */
  public String label() {
    return label;
  }
}
