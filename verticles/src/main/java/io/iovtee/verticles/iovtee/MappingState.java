// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.iovtee;

/** Where a mapping stands; each state has a reason, see {@link MappingReason}. */
public enum MappingState {
  /** Wanted; waits for its guest. */
  REQUESTED("requested"),
  /** The guest is there: proofs are sought and its memory is brought into the queue's reach. */
  CHECKING("checking"),
  /** The queue fills itself with the guest's buffers. */
  ACTIVE("active"),
  /** Frames are copied; the mapping goes back to checking when the cause ends. */
  FALLBACK("fallback"),
  /** Being removed: lending has stopped, the NIC still holds buffers of the guest. */
  DRAINING("draining"),
  /** Gone. */
  REMOVED("removed");

  private final String label;

  MappingState(String label) {
    this.label = label;
  }

  /** The name in the HTTP API. */
  public String label() {
    return label;
  }
}
