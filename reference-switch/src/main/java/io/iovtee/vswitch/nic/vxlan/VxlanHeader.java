// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.vxlan;

/**
 * The header before an inner frame: {@code flags(1) reserved(3) vni(3) reserved(1)}, RFC 7348
 * section 5. Of the flags only I counts, which says that there is a VNI; all other bits are sent as
 * zero and, as the RFC wants it, not looked at.
 */
final class VxlanHeader {
  /** Bytes. */
  static final int LENGTH = 8;

  static final int VNI_MAX = (1 << 24) - 1;

  private static final int FLAG_VNI = 0x08;
  private static final int VNI = 4;

  private VxlanHeader() {}

  /** The whole header as a big-endian number. */
  static long of(int vni) {
    return ((long) FLAG_VNI << 56) | ((long) vni << 8);
  }

  /**
   * Whether the header says that it has a VNI.
   *
   * @param datagram {@link #LENGTH} bytes or more
   */
  static boolean hasVni(byte[] datagram) {
    return (datagram[0] & FLAG_VNI) != 0;
  }

  /** The VNI of a header that has one, 0 to {@link #VNI_MAX}. */
  static int vni(byte[] datagram) {
    return ((datagram[VNI] & 0xff) << 16)
        | ((datagram[VNI + 1] & 0xff) << 8)
        | (datagram[VNI + 2] & 0xff);
  }
}
