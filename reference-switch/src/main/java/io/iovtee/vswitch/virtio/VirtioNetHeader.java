// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import io.iovtee.vswitch.linux.CConstants;
import io.iovtee.vswitch.linux.CName;
import io.iovtee.vswitch.linux.CStruct;

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

  private VirtioNetHeader() {}

  /** Offsets of the fields. */
  @CStruct(value = "struct virtio_net_hdr_v1", header = "linux/virtio_net.h")
  static final class Field {
    static final int FLAGS = 0;
    static final int GSO_TYPE = 1;
    static final int HDR_LEN = 2;
    static final int GSO_SIZE = 4;
    static final int CSUM_START = 6;
    static final int CSUM_OFFSET = 8;
    static final int NUM_BUFFERS = 10;
    static final int SIZEOF = LENGTH;

    private Field() {}
  }

  /** What flags and gso_type can say. */
  @CConstants(header = "linux/virtio_net.h")
  static final class Offload {
    /** In flags: the checksum from csum_start on is for the other side to complete. */
    @CName("VIRTIO_NET_HDR_F_NEEDS_CSUM")
    static final int NEEDS_CSUM = 1;

    /** In flags: the checksum was verified. */
    @CName("VIRTIO_NET_HDR_F_DATA_VALID")
    static final int DATA_VALID = 2;

    /** In gso_type: the frame is one frame, not several to be cut. */
    @CName("VIRTIO_NET_HDR_GSO_NONE")
    static final int GSO_NONE = 0;

    /** In gso_type: to be cut into TCP segments over IPv4. */
    @CName("VIRTIO_NET_HDR_GSO_TCPV4")
    static final int GSO_TCPV4 = 1;

    private Offload() {}
  }
}
