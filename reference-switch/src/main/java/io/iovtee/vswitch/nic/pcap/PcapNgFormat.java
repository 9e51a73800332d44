// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.pcap;

import io.iovtee.vswitch.nic.pcap.PcapReader.CapturedFrame;
import java.io.IOException;
import java.util.Arrays;

/** The pcapng format (draft-ietf-opsawg-pcapng, section 4): the blocks that carry frames. */
final class PcapNgFormat implements PcapReader.Format {
  static final int SECTION_HEADER_BLOCK = 0x0a0d0d0a;
  static final int BYTE_ORDER_MAGIC = 0x1a2b3c4d;
  static final int INTERFACE_DESCRIPTION_BLOCK = 1;
  static final int SIMPLE_PACKET_BLOCK = 3;
  static final int ENHANCED_PACKET_BLOCK = 6;

  /** Largest block taken, bytes: the limit that Wireshark uses too. */
  static final int BLOCK_LENGTH_MAX = 16 << 20;

  /** Interfaces of one section; a capture of more is malformed rather than rich. */
  static final int INTERFACES_MAX = 4096;

  /** Block type, length in front, length behind. */
  private static final int BLOCK_OVERHEAD = 12;

  private static final int OPTION_IF_TSRESOL = 9;
  private static final int OPTION_IF_TSOFFSET = 14;

  private final CaptureInput input;
  private byte[] body = new byte[4096];
  private int bodyLength;
  private int interfaces;
  private long[] snapLength = new long[4];
  private byte[] resolution = new byte[4];
  private long[] offsetSeconds = new long[4];

  /** The section header's type has been read already. */
  PcapNgFormat(CaptureInput input) throws IOException {
    this.input = input;
    readSection(0);
  }

  @Override
  public boolean next(CapturedFrame frame) throws IOException {
    byte[] type = new byte[4];
    while (true) {
      long start = input.offset();
      if (!input.read(type, 0, 4, start, "a block header")) {
        return false;
      }
      switch (input.integer(type, 0)) {
        case SECTION_HEADER_BLOCK -> readSection(start);
        case INTERFACE_DESCRIPTION_BLOCK -> {
          readBlock(start, readLength(start));
          addInterface(start);
        }
        case ENHANCED_PACKET_BLOCK -> {
          readBlock(start, readLength(start));
          enhancedPacket(start, frame);
          return true;
        }
        case SIMPLE_PACKET_BLOCK -> {
          readBlock(start, readLength(start));
          simplePacket(start, frame);
          return true;
        }
        default -> readBlock(start, readLength(start));
      }
    }
  }

  private void readSection(long start) throws IOException {
    // The length field stands before the magic number that tells its byte order.
    byte[] head = new byte[8];
    input.require(head, 0, 8, start, "a section header");
    input.bigEndian(false);
    if (input.integer(head, 4) != BYTE_ORDER_MAGIC) {
      input.bigEndian(true);
      if (input.integer(head, 4) != BYTE_ORDER_MAGIC) {
        throw input.failure(start, "the section header has no byte-order magic");
      }
    }
    int length = checkedLength(start, input.unsignedInt(head, 0));
    if (length < 28) {
      throw input.failure(start, "section header of " + length + " bytes; 28 is the least");
    }
    room(length - BLOCK_OVERHEAD);
    System.arraycopy(head, 4, body, 0, 4);
    input.require(body, 4, length - BLOCK_OVERHEAD - 4, start, "a section header");
    bodyLength = length - BLOCK_OVERHEAD;
    readTrailer(start, length);
    int major = input.unsignedShort(body, 4);
    if (major != 1) {
      throw input.failure(start, "pcapng version " + major + " is unknown; 1 is read");
    }
    interfaces = 0;
  }

  private int readLength(long start) throws IOException {
    byte[] field = new byte[4];
    input.require(field, 0, 4, start, "a block header");
    return checkedLength(start, input.unsignedInt(field, 0));
  }

  private int checkedLength(long start, long length) throws PcapException {
    if (length < BLOCK_OVERHEAD || length > BLOCK_LENGTH_MAX || (length & 3) != 0) {
      throw input.failure(
          start,
          "block length %d is not a multiple of 4 in %d..%d"
              .formatted(length, BLOCK_OVERHEAD, BLOCK_LENGTH_MAX));
    }
    return (int) length;
  }

  private void readBlock(long start, int length) throws IOException {
    bodyLength = length - BLOCK_OVERHEAD;
    room(bodyLength);
    input.require(body, 0, bodyLength, start, "a block");
    readTrailer(start, length);
  }

  private void readTrailer(long start, int length) throws IOException {
    byte[] field = new byte[4];
    input.require(field, 0, 4, start, "a block's trailing length");
    if (input.integer(field, 0) != length) {
      throw input.failure(
          start,
          "the block's trailing length %d differs from the leading one, %d"
              .formatted(input.unsignedInt(field, 0), length));
    }
  }

  /** Grows with what the file really holds: at most doubling over what has been read. */
  private void room(int length) {
    if (body.length < length) {
      body = new byte[Math.min(BLOCK_LENGTH_MAX, Integer.highestOneBit(length - 1) << 1)];
    }
  }

  private void addInterface(long start) throws PcapException {
    need(start, 8, "interface description");
    int linkType = input.unsignedShort(body, 0);
    if (linkType != PcapReader.LINK_TYPE_ETHERNET) {
      throw input.failure(
          start, "interface " + interfaces + ": link type " + linkType + " is not Ethernet (1)");
    }
    if (interfaces == INTERFACES_MAX) {
      throw input.failure(start, "more than " + INTERFACES_MAX + " interfaces in one section");
    }
    if (interfaces == snapLength.length) {
      snapLength = Arrays.copyOf(snapLength, 2 * interfaces);
      resolution = Arrays.copyOf(resolution, 2 * interfaces);
      offsetSeconds = Arrays.copyOf(offsetSeconds, 2 * interfaces);
    }
    snapLength[interfaces] = input.unsignedInt(body, 4);
    resolution[interfaces] = 6;
    offsetSeconds[interfaces] = 0;
    readInterfaceOptions(start);
    interfaces++;
  }

  private void readInterfaceOptions(long start) throws PcapException {
    int position = 8;
    while (position + 4 <= bodyLength) {
      int code = input.unsignedShort(body, position);
      int length = input.unsignedShort(body, position + 2);
      int value = position + 4;
      if (code == 0) {
        return;
      }
      if (length > bodyLength - value) {
        throw input.failure(
            start, "option " + code + " of " + length + " bytes reaches behind its block");
      }
      if (code == OPTION_IF_TSRESOL && length == 1) {
        resolution[interfaces] = body[value];
      } else if (code == OPTION_IF_TSOFFSET && length == 8) {
        offsetSeconds[interfaces] = input.longValue(body, value);
      }
      position = value + ((length + 3) & ~3);
    }
  }

  private void enhancedPacket(long start, CapturedFrame frame) throws PcapException {
    need(start, 20, "enhanced packet block");
    long id = input.unsignedInt(body, 0);
    if (id >= interfaces) {
      throw input.failure(
          start, "packet of interface " + id + ", but " + interfaces + " are known");
    }
    long timestamp = (input.unsignedInt(body, 4) << 32) | input.unsignedInt(body, 8);
    long captured = input.unsignedInt(body, 12);
    take(start, frame, 20, captured, input.unsignedInt(body, 16), toNs(start, (int) id, timestamp));
  }

  private void simplePacket(long start, CapturedFrame frame) throws PcapException {
    need(start, 4, "simple packet block");
    if (interfaces == 0) {
      throw input.failure(start, "a simple packet block without an interface description");
    }
    long original = input.unsignedInt(body, 0);
    long limit = snapLength[0] == 0 ? original : snapLength[0];
    take(start, frame, 4, Math.min(original, limit), original, 0);
  }

  private void take(
      long start, CapturedFrame frame, int position, long captured, long original, long timestampNs)
      throws PcapException {
    if (captured > PcapReader.FRAME_LENGTH_MAX) {
      throw input.failure(
          start, "captured length " + captured + " is more than " + PcapReader.FRAME_LENGTH_MAX);
    }
    if (captured > bodyLength - position) {
      throw input.failure(
          start,
          "captured length %d is more than the block's %d bytes"
              .formatted(captured, bodyLength - position));
    }
    int length = (int) captured;
    System.arraycopy(body, position, frame.room(length), 0, length);
    frame.set(length, original, timestampNs);
  }

  private void need(long start, int bytes, String what) throws PcapException {
    if (bodyLength < bytes) {
      throw input.failure(start, what + " of " + bodyLength + " bytes; needs " + bytes);
    }
  }

  /** If_tsresol: the most significant bit chooses powers of two, the rest is the exponent. */
  private long toNs(long start, int id, long timestamp) throws PcapException {
    int exponent = resolution[id] & 0x7f;
    boolean binary = resolution[id] < 0;
    if (exponent > (binary ? 63 : 18)) {
      throw input.failure(start, "interface " + id + ": time resolution exponent " + exponent);
    }
    long seconds;
    long ns;
    if (binary) {
      seconds = timestamp >>> exponent;
      long fraction = timestamp & ((1L << exponent) - 1);
      int kept = Math.min(exponent, 32);
      ns = ((fraction >>> (exponent - kept)) * 1_000_000_000L) >>> kept;
    } else {
      long perSecond = power10(exponent);
      seconds = Long.divideUnsigned(timestamp, perSecond);
      long fraction = Long.remainderUnsigned(timestamp, perSecond);
      ns = exponent <= 9 ? fraction * power10(9 - exponent) : fraction / power10(exponent - 9);
    }
    try {
      long shifted = Math.addExact(seconds, offsetSeconds[id]);
      return Math.addExact(Math.multiplyExact(shifted, 1_000_000_000L), ns);
    } catch (ArithmeticException e) {
      throw input.failure(start, "time stamp " + Long.toUnsignedString(timestamp) + " overflows");
    }
  }

  private static long power10(int exponent) {
    long power = 1;
    for (int i = 0; i < exponent; i++) {
      power *= 10;
    }
    return power;
  }
}
