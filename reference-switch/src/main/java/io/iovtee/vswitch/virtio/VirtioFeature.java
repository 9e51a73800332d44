// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import io.iovtee.vswitch.linux.CConstants;
import io.iovtee.vswitch.linux.CName;

/**
 * Feature bits of a virtio network device and of vhost-user, by the names of their specifications
 * (virtio 1.2, sections 5.1.3 and 6; vhost-user protocol, "Feature negotiation"). Only bits that
 * this project offers, refuses on purpose, or shows to people.
 */
public enum VirtioFeature {
  CSUM(Bit.CSUM),
  GUEST_CSUM(Bit.GUEST_CSUM),
  MTU(Bit.MTU),
  MAC(Bit.MAC),
  GUEST_TSO4(Bit.GUEST_TSO4),
  GUEST_TSO6(Bit.GUEST_TSO6),
  HOST_TSO4(Bit.HOST_TSO4),
  HOST_TSO6(Bit.HOST_TSO6),
  /** One frame may fill several receive buffers. */
  MRG_RXBUF(Bit.MRG_RXBUF),
  STATUS(Bit.STATUS),
  CTRL_VQ(Bit.CTRL_VQ),
  GUEST_ANNOUNCE(Bit.GUEST_ANNOUNCE),
  /** Several queue pairs. */
  MQ(Bit.MQ),
  /** Dirty logging for live migration (vhost). */
  LOG_ALL(Bit.LOG_ALL),
  /** A descriptor may point to a table of descriptors. */
  INDIRECT_DESC(Bit.INDIRECT_DESC),
  /** Both sides name the index at which they want to be notified. */
  EVENT_IDX(Bit.EVENT_IDX),
  /** vhost-user: GET_PROTOCOL_FEATURES and SET_VRING_ENABLE exist. */
  PROTOCOL_FEATURES(Bit.PROTOCOL_FEATURES),
  /** Virtio 1.0 or later: little-endian, 12-byte network header. */
  VERSION_1(Bit.VERSION_1),
  ACCESS_PLATFORM(Bit.ACCESS_PLATFORM),
  RING_PACKED(Bit.RING_PACKED),
  /** Buffers are used in the order in which they were made available. */
  IN_ORDER(Bit.IN_ORDER),
  ORDER_PLATFORM(Bit.ORDER_PLATFORM);

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

  /** The numbers. */
  @CConstants(
      header = {
        "linux/virtio_net.h",
        "linux/virtio_config.h",
        "linux/virtio_ring.h",
        "linux/vhost_types.h"
      })
  private static final class Bit {
    @CName("VIRTIO_NET_F_CSUM")
    static final int CSUM = 0;

    @CName("VIRTIO_NET_F_GUEST_CSUM")
    static final int GUEST_CSUM = 1;

    @CName("VIRTIO_NET_F_MTU")
    static final int MTU = 3;

    @CName("VIRTIO_NET_F_MAC")
    static final int MAC = 5;

    @CName("VIRTIO_NET_F_GUEST_TSO4")
    static final int GUEST_TSO4 = 7;

    @CName("VIRTIO_NET_F_GUEST_TSO6")
    static final int GUEST_TSO6 = 8;

    @CName("VIRTIO_NET_F_HOST_TSO4")
    static final int HOST_TSO4 = 11;

    @CName("VIRTIO_NET_F_HOST_TSO6")
    static final int HOST_TSO6 = 12;

    @CName("VIRTIO_NET_F_MRG_RXBUF")
    static final int MRG_RXBUF = 15;

    @CName("VIRTIO_NET_F_STATUS")
    static final int STATUS = 16;

    @CName("VIRTIO_NET_F_CTRL_VQ")
    static final int CTRL_VQ = 17;

    @CName("VIRTIO_NET_F_GUEST_ANNOUNCE")
    static final int GUEST_ANNOUNCE = 21;

    @CName("VIRTIO_NET_F_MQ")
    static final int MQ = 22;

    @CName("VHOST_F_LOG_ALL")
    static final int LOG_ALL = 26;

    @CName("VIRTIO_RING_F_INDIRECT_DESC")
    static final int INDIRECT_DESC = 28;

    @CName("VIRTIO_RING_F_EVENT_IDX")
    static final int EVENT_IDX = 29;

    /** Defined by vhost-user alone, so no kernel header knows it. */
    @CName(value = "VHOST_USER_F_PROTOCOL_FEATURES", newerThanHeaders = true)
    static final int PROTOCOL_FEATURES = 30;

    @CName("VIRTIO_F_VERSION_1")
    static final int VERSION_1 = 32;

    @CName("VIRTIO_F_ACCESS_PLATFORM")
    static final int ACCESS_PLATFORM = 33;

    @CName("VIRTIO_F_RING_PACKED")
    static final int RING_PACKED = 34;

    @CName("VIRTIO_F_IN_ORDER")
    static final int IN_ORDER = 35;

    @CName("VIRTIO_F_ORDER_PLATFORM")
    static final int ORDER_PLATFORM = 36;

    private Bit() {}
  }
}
