// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.pcap;

import io.iovtee.vswitch.nic.pcap.PcapReader.CapturedFrame;
import java.io.IOException;

/** The classic pcap format (draft-ietf-opsawg-pcap, sections 4 and 5). */
final class ClassicFormat implements PcapReader.Format {
  static final int MAGIC_MICROSECONDS = 0xa1b2c3d4;
  static final int MAGIC_NANOSECONDS = 0xa1b23c4d;

  /** Bytes of the file header behind the magic number. */
  private static final int HEADER_REST = 20;

  private static final int RECORD_HEADER = 16;

  /** The link type is in the low 16 bits; the high ones may tell the FCS length. */
  private static final int LINK_TYPE_MASK = 0xffff;

  private final CaptureInput input;
  private final byte[] header = new byte[HEADER_REST];
  private final long nsPerFraction;

  /**
   * @param magic the file's first four bytes, read as little-endian
   */
  ClassicFormat(CaptureInput input, int magic) throws IOException {
    this.input = input;
    int reversed = Integer.reverseBytes(magic);
    boolean bigEndian = reversed == MAGIC_MICROSECONDS || reversed == MAGIC_NANOSECONDS;
    input.bigEndian(bigEndian);
    int order = bigEndian ? reversed : magic;
    if (order != MAGIC_MICROSECONDS && order != MAGIC_NANOSECONDS) {
      throw input.failure(
          0, "neither pcap nor pcapng: the file starts with 0x%08x".formatted(reversed));
    }
    nsPerFraction = order == MAGIC_NANOSECONDS ? 1 : 1000;
    input.require(header, 0, HEADER_REST, 0, "the file header");
    int major = input.unsignedShort(header, 0);
    if (major != 2) {
      throw input.failure(0, "pcap version " + major + " is unknown; 2 is read");
    }
    int linkType = input.integer(header, 16) & LINK_TYPE_MASK;
    if (linkType != PcapReader.LINK_TYPE_ETHERNET) {
      throw input.failure(0, "link type " + linkType + " is not Ethernet (1)");
    }
  }

  @Override
  public boolean next(CapturedFrame frame) throws IOException {
    long start = input.offset();
    if (!input.read(header, 0, RECORD_HEADER, start, "a record header")) {
      return false;
    }
    long captured = input.unsignedInt(header, 8);
    if (captured > PcapReader.FRAME_LENGTH_MAX) {
      throw input.failure(
          start, "captured length " + captured + " is more than " + PcapReader.FRAME_LENGTH_MAX);
    }
    int length = (int) captured;
    input.require(frame.room(length), 0, length, start, "a frame");
    long timestampNs =
        input.unsignedInt(header, 0) * 1_000_000_000L
            + input.unsignedInt(header, 4) * nsPerFraction;
    frame.set(length, input.unsignedInt(header, 12), timestampNs);
    return true;
  }
}
