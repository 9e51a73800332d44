// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

/**
 * Why one descriptor chain was refused. The head goes back to the driver with length 0 and is
 * counted under this reason; the virtqueue goes on.
 */
public enum ChainFault {
  NONE("none"),
  /** A descriptor's next, or a descriptor of an indirect table, is out of range. */
  NEXT_OUT_OF_RANGE("next_out_of_range"),
  /** More descriptors than the queue has: a loop. */
  TOO_MANY_DESCRIPTORS("too_many_descriptors"),
  /** More pieces than one frame may have ({@link DescriptorChain#SEGMENTS_MAX}). */
  TOO_MANY_SEGMENTS("too_many_segments"),
  /** An indirect descriptor although INDIRECT_DESC was not negotiated. */
  INDIRECT_NOT_NEGOTIATED("indirect_not_negotiated"),
  /** An indirect descriptor inside an indirect table. */
  INDIRECT_NESTED("indirect_nested"),
  /** A descriptor that is both indirect and followed by another one. */
  INDIRECT_WITH_NEXT("indirect_with_next"),
  /** A table that is empty, no multiple of 16 bytes, or larger than the queue. */
  INDIRECT_LENGTH("indirect_length"),
  /** A buffer or table that is outside of the guest's memory. */
  UNMAPPED("outside_memory"),
  /** A buffer of no bytes. */
  ZERO_LENGTH("zero_length"),
  /** A writable buffer on a transmit queue, a readable one on a receive queue. */
  WRONG_DIRECTION("wrong_direction"),
  /** No room for, or nothing but, the virtio-net header. */
  HEADER_ONLY("header_only"),
  /** A frame shorter than an Ethernet header. */
  RUNT("runt"),
  /** A frame longer than {@link TransmitFrames#FRAME_LENGTH_MAX}. */
  TOO_LONG("too_long"),
  /** The header asks for an offload that was not negotiated. */
  OFFLOAD("offload_not_negotiated");

  private final String label;

  ChainFault(String label) {
    this.label = label;
  }

  /** The name in metrics and tables. */
  public String label() {
    return label;
  }
}
