// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api;

/** Why a frame on a mapped queue could not be written through: a closed list. */
public enum CopyReason {
  NONE("none"),
  /** The chain has several descriptors or an indirect table. */
  CHAINED("chained_descriptors"),
  /** The descriptor is not device-writable. */
  NOT_WRITABLE("not_writable"),
  /** The buffer is shorter than header plus longest frame. */
  TOO_SHORT("buffer_too_short"),
  /** The buffer is in no region of the guest's memory, or crosses one's end. */
  UNMAPPED("outside_memory"),
  /** The NIC can not reach it: outside of the queue's DMA window. */
  OUTSIDE_WINDOW("outside_window"),
  /** It overlaps a buffer that is outstanding. */
  OVERLAP("overlaps_outstanding"),
  /** The guest has posted no buffer that may be lent. */
  NO_POSTED_BUFFER("no_posted_buffer"),
  /** The frame was received before the mapping became active or after it ended. */
  TRANSITION("transition");

  private final String label;

  CopyReason(String label) {
    this.label = label;
  }

  /** The name in the HTTP API, in metrics and in tables. */
  public String label() {
    return label;
  }
}
