// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.remap;

/** What is done to a mapping, in the order of one cycle. */
enum Change {
  /** Nothing: what the measurement itself shows. */
  NONE("none"),
  /** The guest's memory comes into the queue's reach, and the queue writes through. */
  MAP("map"),
  /** The queue fills itself from the switch's pool. */
  TO_COPY("to-copy"),
  /** The queue fills itself from the guest's ring. */
  TO_WRITE_THROUGH("to-write-through"),
  /** The guest's memory leaves the queue's reach. */
  UNMAP("unmap");

  private final String label;

  Change(String label) {
    this.label = label;
  }

  String label() {
    return label;
  }

  /** Whether only the buffer source changes: then no frame may be lost. */
  boolean isOfSource() {
    return this == TO_COPY || this == TO_WRITE_THROUGH;
  }

  /** Whether the queue writes through afterwards. */
  boolean lendsAfter() {
    return this == MAP || this == TO_WRITE_THROUGH;
  }
}
