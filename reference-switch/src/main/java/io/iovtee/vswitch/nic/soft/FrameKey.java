// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

/**
 * What the emulated NIC's parser sees in a frame's headers: the fields that steering entries can
 * name, and where the RSS hash finds its input. Reused; one thread.
 */
final class FrameKey {
  /** Exact-match fields by OVS name, in the order of {@link #field}. */
  enum Field {
    DL_DST("dl_dst"),
    DL_SRC("dl_src"),
    DL_TYPE("dl_type"),
    DL_VLAN("dl_vlan"),
    NW_SRC("nw_src"),
    NW_DST("nw_dst"),
    NW_PROTO("nw_proto"),
    TP_SRC("tp_src"),
    TP_DST("tp_dst");

    private final String ovsName;

    Field(String ovsName) {
      this.ovsName = ovsName;
    }

    String ovsName() {
      return ovsName;
    }
  }

  static final int FIELDS = Field.values().length;
  static final int ETHERTYPE_IPV4 = 0x0800;
  static final int ETHERTYPE_VLAN = 0x8100;
  static final int ETHERTYPE_QINQ = 0x88a8;
  static final int ETHERTYPE_IPV6 = 0x86dd;
  static final int PROTOCOL_TCP = 6;
  static final int PROTOCOL_UDP = 17;

  private static final int ETHERNET_LENGTH = 14;
  private static final int VLAN_LENGTH = 4;

  /** Tags that are looked behind, as NICs do. */
  private static final int VLAN_TAGS_MAX = 2;

  private static final int IPV4_LENGTH = 20;
  private static final int IPV6_LENGTH = 40;

  /** Values by {@link Field#ordinal}, right-aligned. */
  final long[] value = new long[FIELDS];

  /** Bit {@code 1 << ordinal} for each field that the frame has. */
  int present;

  /** Where the source address starts, the destination's following it; 0 = no IP. */
  int addressesOffset;

  /** Bytes of both addresses: 8 or 32. */
  int addressesLength;

  /** Where the source port starts, the destination's following it; 0 = none for RSS. */
  int portsOffset;

  /** Reads {@code length} bytes from {@code offset} on; never fails, whatever they are. */
  void parse(byte[] frame, int offset, int length) {
    present = 0;
    addressesOffset = 0;
    addressesLength = 0;
    portsOffset = 0;
    if (length < ETHERNET_LENGTH) {
      return;
    }
    int end = offset + length;
    put(Field.DL_DST, (long) u16(frame, offset) << 32 | u32(frame, offset + 2));
    put(Field.DL_SRC, (long) u16(frame, offset + 6) << 32 | u32(frame, offset + 8));
    int l3 = offset + ETHERNET_LENGTH;
    int etherType = u16(frame, l3 - 2);
    for (int tag = 0; tag < VLAN_TAGS_MAX && isTag(etherType) && l3 + VLAN_LENGTH <= end; tag++) {
      if (tag == 0) {
        put(Field.DL_VLAN, u16(frame, l3) & 0xfff);
      }
      etherType = u16(frame, l3 + 2);
      l3 += VLAN_LENGTH;
    }
    put(Field.DL_TYPE, etherType);
    if (etherType == ETHERTYPE_IPV4 && l3 + IPV4_LENGTH <= end) {
      parseIpv4(frame, l3, end);
    } else if (etherType == ETHERTYPE_IPV6 && l3 + IPV6_LENGTH <= end) {
      int protocol = frame[l3 + 6] & 0xff;
      addressesOffset = l3 + 8;
      addressesLength = 32;
      put(Field.NW_PROTO, protocol);
      parsePorts(frame, protocol, l3 + IPV6_LENGTH, end);
    }
  }

  private void parseIpv4(byte[] frame, int l3, int end) {
    int headerLength = (frame[l3] & 0xf) * 4;
    if ((frame[l3] & 0xf0) != 0x40 || headerLength < IPV4_LENGTH) {
      return;
    }
    int protocol = frame[l3 + 9] & 0xff;
    addressesOffset = l3 + 12;
    addressesLength = 8;
    put(Field.NW_SRC, u32(frame, l3 + 12));
    put(Field.NW_DST, u32(frame, l3 + 16));
    put(Field.NW_PROTO, protocol);
    boolean fragment = (u16(frame, l3 + 6) & 0x3fff) != 0;
    if (!fragment) {
      parsePorts(frame, protocol, l3 + headerLength, end);
    }
  }

  private void parsePorts(byte[] frame, int protocol, int l4, int end) {
    if ((protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP) && l4 + 4 <= end) {
      portsOffset = l4;
      put(Field.TP_SRC, u16(frame, l4));
      put(Field.TP_DST, u16(frame, l4 + 2));
    }
  }

  private void put(Field field, long fieldValue) {
    value[field.ordinal()] = fieldValue;
    present |= 1 << field.ordinal();
  }

  private static boolean isTag(int etherType) {
    return etherType == ETHERTYPE_VLAN || etherType == ETHERTYPE_QINQ;
  }

  private static int u16(byte[] bytes, int offset) {
    return (bytes[offset] & 0xff) << 8 | (bytes[offset + 1] & 0xff);
  }

  private static long u32(byte[] bytes, int offset) {
    return (long) u16(bytes, offset) << 16 | u16(bytes, offset + 2);
  }
}
