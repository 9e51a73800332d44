// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

/** How a mapped queue's frames come to their guest: where the queue gets its buffers from. */
enum Way {
  /** The queue has the switch's own buffers; the switch copies. */
  COPY("copy"),
  /** The queue has the guest's buffers. */
  WRITE_THROUGH("write-through");

  private final String label;

  Way(String label) {
    this.label = label;
  }

  /** For people. */
  String label() {
    return label;
  }

  Way other() {
    return this == COPY ? WRITE_THROUGH : COPY;
  }
}
