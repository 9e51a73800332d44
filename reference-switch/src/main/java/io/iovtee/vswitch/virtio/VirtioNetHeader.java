// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

/**
 * What stands in front of each frame, {@code struct virtio_net_hdr} as of virtio 1.x (virtio 1.2,
 * 5.1.6). Little-endian, byte-aligned.
 *
 * <pre>
 *  0       1          2         4          6            8             10            12
 * +-------+----------+---------+----------+------------+-------------+-------------+
 * | flags | gso_type | hdr_len | gso_size | csum_start | csum_offset | num_buffers |
 * +-------+----------+---------+----------+------------+-------------+-------------+
 * </pre>
 */
public final class VirtioNetHeader {
  /** Bytes. */
  public static final int LENGTH = 12;

  public static final int FLAGS = 0;
  public static final int GSO_TYPE = 1;
  public static final int HDR_LEN = 2;
  public static final int GSO_SIZE = 4;
  public static final int CSUM_START = 6;
  public static final int CSUM_OFFSET = 8;
  public static final int NUM_BUFFERS = 10;

  /** In flags: the checksum from csum_start on is for the other side to complete. */
  public static final int NEEDS_CSUM = 1;

  /** In flags: the checksum was verified. */
  public static final int DATA_VALID = 2;

  /** In gso_type: the frame is one frame, not several to be cut. */
  public static final int GSO_NONE = 0;

  private VirtioNetHeader() {}
}
