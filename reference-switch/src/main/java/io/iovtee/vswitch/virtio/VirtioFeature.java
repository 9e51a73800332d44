// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

/**
 * Feature bits of a virtio network device and of vhost-user, by the names of their specifications
 * (virtio 1.2, sections 5.1.3 and 6; vhost-user protocol, "Feature negotiation"). Only bits that
 * this project offers, refuses on purpose, or shows to people.
 */
public enum VirtioFeature {
  CSUM(0),
  GUEST_CSUM(1),
  MTU(3),
  MAC(5),
  GUEST_TSO4(7),
  GUEST_TSO6(8),
  HOST_TSO4(11),
  HOST_TSO6(12),
  /** One frame may fill several receive buffers. */
  MRG_RXBUF(15),
  STATUS(16),
  CTRL_VQ(17),
  GUEST_ANNOUNCE(21),
  /** Several queue pairs. */
  MQ(22),
  /** Dirty logging for live migration (vhost). */
  LOG_ALL(26),
  /** A descriptor may point to a table of descriptors. */
  INDIRECT_DESC(28),
  /** Both sides name the index at which they want to be notified. */
  EVENT_IDX(29),
  /** vhost-user: GET_PROTOCOL_FEATURES and SET_VRING_ENABLE exist. */
  PROTOCOL_FEATURES(30),
  /** Virtio 1.0 or later: little-endian, 12-byte network header. */
  VERSION_1(32),
  ACCESS_PLATFORM(33),
  RING_PACKED(34),
  /** Buffers are used in the order in which they were made available. */
  IN_ORDER(35),
  ORDER_PLATFORM(36);

  private final int bit;

  VirtioFeature(int bit) {
    this.bit = bit;
  }

  /** The bit's number, 0..63. */
  public int bit() {
    return bit;
  }

  /** The bit as a mask. */
  public long mask() {
    return 1L << bit;
  }

  /** Whether a set of acknowledged features contains this one. */
  public boolean in(long features) {
    return (features & mask()) != 0;
  }

  /** The names in a set of features, in bit order; unknown bits by number. */
  public static String describe(long features) {
    var text = new StringBuilder();
    for (int bit = 0; bit < Long.SIZE; bit++) {
      if ((features >>> bit & 1) != 0) {
        text.append(text.isEmpty() ? "" : "|").append(nameOf(bit));
      }
    }
    return text.isEmpty() ? "none" : text.toString();
  }

  private static String nameOf(int bit) {
    for (VirtioFeature feature : values()) {
      if (feature.bit == bit) {
        return feature.name();
      }
    }
    return "bit" + bit;
  }
}
