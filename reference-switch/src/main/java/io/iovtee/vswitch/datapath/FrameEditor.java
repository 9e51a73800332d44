// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import java.util.zip.CRC32C;

/**
 * Changes the headers of one frame in its private snapshot, with the checksums that cover them: the
 * frame's memory is not touched. Checksums are corrected by the difference (RFC 1624, equation 3),
 * so payload is never read, and one that was wrong stays wrong. One loop owns it.
 *
 * <p>What a frame has not is not changed; what OVS changes byte for byte is changed the same way
 * (lib/packets.c), but for later fragments, whose payload OVS's own datapath takes for a header.
 */
public final class FrameEditor {
  private static final int MACS_LENGTH = 12;
  private static final int TAG_LENGTH = 4;
  private static final int TYPE_VLAN = 0x8100;
  private static final int TAG_PRIORITY_AND_ID = 0xefff;
  private static final int CHECKSUM_IPV4 = 10;
  private static final int NONE = -1;
  private static final byte[] ZEROS = new byte[2048];

  private final HeaderOffsets at = new HeaderOffsets();
  private final CRC32C crc = new CRC32C();
  private byte[] h = {};
  private int base;
  private int captured;

  /** Bytes that tags made the frame longer (or shorter). */
  private int grown;

  /** The outermost tag's control information as it came or was last sent; NONE if it is gone. */
  private int cameWith;

  /** Tags in front of that one. */
  private int pushed;

  /** Whether a checksum lies behind the snapshot, so that the frame can not be mended. */
  private boolean beyond;

  /** As in OVS a header that is not whole has a TTL, too: 0 at first, and not in the frame. */
  private int absentTtl;

  /** Starts with a frame: {@code length} bytes of it lie from {@code offset} in {@code headers}. */
  public void open(byte[] headers, int offset, int length, int vlanLimit, long[] keys, int key) {
    h = headers;
    base = offset;
    captured = length;
    grown = 0;
    absentTtl = 0;
    beyond = false;
    at.locate(headers, offset, length, vlanLimit, keys, key);
    cameWith = at.tags == 0 ? NONE : getShort(MACS_LENGTH + 2);
    pushed = 0;
  }

  /** Goes on as the other one is; the snapshot's bytes are the caller's part. */
  void copyFrom(FrameEditor other) {
    h = other.h;
    base = other.base;
    captured = other.captured;
    grown = other.grown;
    absentTtl = other.absentTtl;
    beyond = other.beyond;
    at.copyFrom(other.at);
    cameWith = other.cameWith;
    pushed = other.pushed;
  }

  /** The frame leaves as it is now. */
  void sent() {
    if (pushed == 0 && cameWith != NONE && getShort(MACS_LENGTH + 2) != cameWith) {
      cameWith = NONE;
    }
  }

  int grown() {
    return grown;
  }

  boolean isBeyond() {
    return beyond;
  }

  /** Whether a tag is known that the frame starts with. */
  boolean isTagged() {
    return at.tags > 0;
  }

  /** The IP protocol as {@code nw_proto} matches it; 0 if there is none. */
  int protocol() {
    return at.protocol;
  }

  /** Where the network layer starts. */
  int network() {
    return at.network;
  }

  /** End of what the parser can have looked at: up to here the snapshot must be kept. */
  int headersEnd() {
    int network = at.network + (at.type == HeaderOffsets.TYPE_IPV6 ? 40 : 28);
    int transport = at.transport == 0 ? 0 : at.transport + 18;
    if (at.isNeighbour(h, base)) {
      int option = at.neighbourOption(h, base, captured, 0);
      transport = Math.max(transport + 6, option == 0 ? 0 : option + HeaderOffsets.OPTION_LENGTH);
    }
    return Math.max(network, transport);
  }

  /** Gives up captured bytes behind {@code length}, to make room in the snapshot. */
  void trim(int length) {
    captured = Math.min(captured, length);
  }

  int captured() {
    return captured;
  }

  long destination() {
    return getMac(0);
  }

  long source() {
    return getMac(6);
  }

  /** Whether the frame ends within its VLAN tag. */
  boolean endsInTag() {
    return at.tags == 0 && LearningSwitch.isTag(at.type);
  }

  private long getMac(int position) {
    return (long) getShort(position) << 32
        | (long) getShort(position + 2) << 16
        | getShort(position + 4);
  }

  private int getShort(int position) {
    return HeaderOffsets.getShort(h, base + position);
  }

  private void putShort(int position, int value) {
    h[base + position] = (byte) (value >>> 8);
    h[base + position + 1] = (byte) value;
  }

  // ---- tags ----------------------------------------------------------------------------------

  /** The snapshot has room for four bytes more. */
  public void pushVlan(int type) {
    int from = base + MACS_LENGTH;
    System.arraycopy(h, from, h, from + TAG_LENGTH, captured - MACS_LENGTH);
    putShort(MACS_LENGTH, type);
    putShort(MACS_LENGTH + 2, 0);
    captured += TAG_LENGTH;
    grown += TAG_LENGTH;
    pushed++;
    at.tags++;
    at.shift(TAG_LENGTH);
  }

  public void popVlan() {
    if (at.tags == 0) {
      return;
    }
    int from = base + MACS_LENGTH;
    captured -= TAG_LENGTH;
    System.arraycopy(h, from + TAG_LENGTH, h, from, captured - MACS_LENGTH);
    grown -= TAG_LENGTH;
    at.tags--;
    at.shift(-TAG_LENGTH);
    if (pushed == 0) {
      cameWith = at.tags == 0 ? NONE : getShort(MACS_LENGTH + 2);
    } else {
      pushed--;
    }
  }

  /**
   * As in OVS a tag that gets another value loses its drop eligible bit, unless it has the old
   * value again before the frame is sent.
   */
  void setVlan(int value, int mask) {
    if (at.tags == 0) {
      pushVlan(TYPE_VLAN);
    }
    int before = getShort(MACS_LENGTH + 2) & TAG_PRIORITY_AND_ID;
    int after = (before & ~mask) | value;
    if (after != before) {
      boolean again = pushed == 0 && cameWith != NONE && after == (cameWith & TAG_PRIORITY_AND_ID);
      putShort(MACS_LENGTH + 2, again ? cameWith : after);
    }
  }

  // ---- addresses -----------------------------------------------------------------------------

  /** An Ethernet address, at 0 or 6. */
  void setMac(int position, long value, long mask) {
    setWords(position, 3, value, mask, false, 0);
  }

  /**
   * An IPv4 address.
   *
   * @param field 12 for the source, 16 for the destination
   */
  public void setIpv4(int field, long value, long mask) {
    if (at.type == HeaderOffsets.TYPE_IPV4 && at.protocol != 0) {
      int network = at.network;
      setWords(network + field, 2, value, mask, true, network + CHECKSUM_IPV4);
    }
  }

  /**
   * An IPv6 address.
   *
   * @param field 8 for the source, 24 for the destination
   */
  void setIpv6(int field, long high, long low, long maskHigh, long maskLow) {
    if (at.type == HeaderOffsets.TYPE_IPV6 && at.protocol != 0) {
      // On its way by a routing header the checksum is about the last destination.
      boolean covered = field == 8 || !at.onRoute;
      setWords(at.network + field, 4, high, maskHigh, covered, 0);
      setWords(at.network + field + 8, 4, low, maskLow, covered, 0);
    }
  }

  /**
   * Sets words of 16 bits and corrects what covers them.
   *
   * @param value right aligned, as is its mask
   * @param covered whether the transport checksum covers them
   * @param headerChecksum another checksum that does; 0 if none
   */
  private void setWords(
      int position, int words, long value, long mask, boolean covered, int headerChecksum) {
    for (int i = 0; i < words; i++) {
      int shift = 16 * (words - 1 - i);
      int wordMask = (int) (mask >>> shift) & 0xffff;
      int before = getShort(position + 2 * i);
      int after = (before & ~wordMask) | ((int) (value >>> shift) & wordMask);
      if (after != before) {
        putShort(position + 2 * i, after);
        if (covered) {
          correctTransport(before, after);
        }
        if (headerChecksum != 0) {
          correct(headerChecksum, before, after);
        }
      }
    }
  }

  // ---- the rest of IP ------------------------------------------------------------------------

  /** Bits of the TOS or traffic class byte. */
  void setTos(int value, int mask) {
    if (at.protocol == 0) {
      return;
    }
    if (at.type == HeaderOffsets.TYPE_IPV4) {
      setHeaderWord(0, value, mask);
    } else {
      int before = getShort(at.network);
      putShort(at.network, (before & ~(mask << 4)) | value << 4);
    }
  }

  /** Bits of IPv6's flow label, which no checksum covers. */
  void setLabel(int value, int mask) {
    if (at.type == HeaderOffsets.TYPE_IPV6 && at.protocol != 0) {
      setWords(at.network, 2, value, mask, false, 0);
    }
  }

  void setTtl(int value) {
    if (at.protocol == 0) {
      absentTtl = value;
      return;
    }
    if (at.type == HeaderOffsets.TYPE_IPV4) {
      setHeaderWord(8, value << 8, 0xff00);
    } else {
      h[base + at.network + 7] = (byte) value;
    }
  }

  private void setHeaderWord(int field, int value, int mask) {
    int before = getShort(at.network + field);
    int after = (before & ~mask) | value;
    if (after != before) {
      putShort(at.network + field, after);
      correct(at.network + CHECKSUM_IPV4, before, after);
    }
  }

  /** Takes one from the TTL; false if it would be 0. */
  public boolean decrementTtl() {
    boolean ipv4 = at.type == HeaderOffsets.TYPE_IPV4;
    if (!ipv4 && at.type != HeaderOffsets.TYPE_IPV6) {
      return true;
    }
    int ttl = at.protocol == 0 ? absentTtl : h[base + at.network + (ipv4 ? 8 : 7)] & 0xff;
    if (ttl <= 1) {
      return false;
    }
    setTtl(ttl - 1);
    return true;
  }

  // ---- transport -----------------------------------------------------------------------------

  /**
   * A port.
   *
   * @param field 0 for the source, 2 for the destination
   */
  public void setPort(int field, int value, int mask) {
    if (!at.hasPorts()) {
      return;
    }
    int position = at.transport + field;
    int before = getShort(position);
    int after = (before & ~mask) | value;
    if (after == before) {
      return;
    }
    putShort(position, after);
    if (at.protocol == HeaderOffsets.SCTP) {
      correctSctp(field, before ^ after);
    } else {
      correctTransport(before, after);
    }
  }

  /**
   * Type or code of ICMP.
   *
   * @param mask 0xff00 for the type, 0xff for the code; the value has its place under it
   */
  void setIcmp(int value, int mask) {
    boolean icmp =
        at.type == HeaderOffsets.TYPE_IPV4
            ? at.protocol == HeaderOffsets.ICMP
            : at.protocol == HeaderOffsets.ICMPV6;
    if (at.transport == 0 || !icmp || at.transportLength < 8) {
      return;
    }
    int before = getShort(at.transport);
    int after = (before & ~mask) | value;
    if (after != before && has(at.transport + 2, 2)) {
      putShort(at.transport, after);
      correct(at.transport + 2, before, after);
    }
  }

  // ---- neighbour discovery -------------------------------------------------------------------

  /** The target of a neighbour solicitation or advertisement. */
  void setNeighbourTarget(long high, long low, long maskHigh, long maskLow) {
    int position = at.transport + 8;
    if (at.isNeighbour(h, base) && has(position, 16)) {
      setWords(position, 4, high, maskHigh, true, 0);
      setWords(position + 8, 4, low, maskLow, true, 0);
    }
  }

  /** The 32 bits before the target, which are flags in an advertisement. */
  void setNeighbourFlags(long value, long mask) {
    if (at.isNeighbour(h, base) && has(at.transport + 4, 4)) {
      setWords(at.transport + 4, 2, value, mask, true, 0);
    }
  }

  /**
   * The address in a link-layer address option.
   *
   * @param kind {@link HeaderOffsets#SOURCE_OPTION} or {@link HeaderOffsets#TARGET_OPTION}
   */
  void setNeighbourAddress(int kind, long value, long mask) {
    int option = neighbourOption(kind);
    if (option != 0) {
      setWords(option + 2, 3, value, mask, true, 0);
    }
  }

  /** The kind of the first link-layer address option. */
  void setNeighbourOption(int kind) {
    int option = neighbourOption(0);
    if (option != 0) {
      setWords(option, 1, (long) kind << 8, 0xff00, true, 0);
    }
  }

  private int neighbourOption(int kind) {
    int option = at.isNeighbour(h, base) ? at.neighbourOption(h, base, captured, kind) : 0;
    return option != 0 && has(option, HeaderOffsets.OPTION_LENGTH) ? option : 0;
  }

  // ---- ARP -----------------------------------------------------------------------------------

  /**
   * A field of an ARP packet, never of RARP: as in OVS.
   *
   * @param field its place in the packet
   * @param words its length, in 16 bits
   */
  void setArp(int field, int words, long value, long mask) {
    boolean whole =
        at.type == HeaderOffsets.TYPE_ARP
            && has(at.network, 28)
            && getShort(at.network) == 1
            && getShort(at.network + 2) == HeaderOffsets.TYPE_IPV4
            && getShort(at.network + 4) == 0x0604
            && getShort(at.network + 6) != 0;
    if (whole) {
      setWords(at.network + field, words, value, mask, false, 0);
    }
  }

  // ---- checksums -----------------------------------------------------------------------------

  private boolean has(int position, int length) {
    boolean there = position + length <= captured;
    beyond |= !there;
    return there;
  }

  private void correctTransport(int before, int after) {
    int position = at.checksum();
    if (position == 0 || !has(position, 2)) {
      return;
    }
    boolean udp = at.protocol == HeaderOffsets.UDP;
    if (udp && getShort(position) == 0) {
      return; // the sender made none
    }
    correct(position, before, after);
    if (udp && getShort(position) == 0) {
      putShort(position, 0xffff);
    }
  }

  private void correct(int position, int before, int after) {
    int sum = (~getShort(position) & 0xffff) + (~before & 0xffff) + after;
    sum = (sum & 0xffff) + (sum >>> 16);
    sum = (sum & 0xffff) + (sum >>> 16);
    putShort(position, ~sum);
  }

  /**
   * A CRC is linear: its change depends on the changed bits and the length alone, not on the
   * payload. RFC 9260, appendix A: the CRC's bytes are sent from the least significant on.
   */
  private void correctSctp(int field, int difference) {
    int length = at.transportLength;
    int position = at.transport + 8;
    if (length < 12 || length > ZEROS.length || !has(position, 4)) {
      return;
    }
    crc.reset();
    crc.update(ZEROS, 0, length);
    long change = crc.getValue();
    crc.reset();
    crc.update(ZEROS, 0, field);
    crc.update(difference >>> 8);
    crc.update(difference);
    crc.update(ZEROS, 0, length - field - 2);
    change ^= crc.getValue();
    for (int i = 0; i < 4; i++) {
      h[base + position + i] ^= (byte) (change >>> (8 * i));
    }
  }
}
