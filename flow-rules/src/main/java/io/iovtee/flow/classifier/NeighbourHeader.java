// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import static io.iovtee.flow.classifier.HeaderParser.OK;
import static io.iovtee.flow.classifier.HeaderParser.getByte;
import static io.iovtee.flow.classifier.HeaderParser.getInt;
import static io.iovtee.flow.classifier.HeaderParser.getLong;

/**
 * Neighbour solicitations and advertisements of ICMPv6 (RFC 4861 sections 4.3, 4.4 and 4.6.1): the
 * fields whose names start with {@code nd_}. What is malformed is 0, as in OVS (lib/flow.c, {@code
 * parse_icmpv6}): an option that does not fit ends the search, and a link-layer address that comes
 * twice leaves neither addresses nor target.
 */
final class NeighbourHeader {
  private static final int SOLICITATION = 135;
  private static final int ADVERTISEMENT = 136;

  /** Before the target: type, code, checksum, and 32 bits that are flags in an advertisement. */
  private static final int TARGET = 8;

  /** Before the options. */
  private static final int OPTIONS = 24;

  /** An option's length counts these; one with a link-layer address of Ethernet has one of them. */
  private static final int OPTION_UNIT = 8;

  private static final int SOURCE_ADDRESS = 1;
  private static final int TARGET_ADDRESS = 2;
  private static final long ADDRESS_BITS = 0xffff_ffff_ffffL;

  private NeighbourHeader() {}

  /**
   * Fills the key if the message is one of these; type and code are captured.
   *
   * @param position where the ICMPv6 header starts, counted from {@code offset}
   * @param available bytes that were captured, perhaps more than the frame has
   * @param length bytes from {@code position} to the end of the IP packet, 8 and more
   */
  static int parse(
      byte[] headers, int offset, int position, int available, int length, long[] keys, int key) {
    int start = offset + position;
    int type = getByte(headers, start);
    boolean neighbour =
        (type == SOLICITATION || type == ADVERTISEMENT) && getByte(headers, start + 1) == 0;
    if (!neighbour) {
      return OK;
    }
    if (available < position + TARGET) {
      return NetworkHeader.missing(available);
    }
    keys[key + FlowKey.NW_ADDRESS_WORD] = (long) getInt(headers, start + 4) << 32;
    if (length < OPTIONS) {
      return OK;
    }
    if (available < position + OPTIONS) {
      return NetworkHeader.missing(available);
    }
    keys[key + FlowKey.ND_TARGET_WORD] = getLong(headers, start + TARGET);
    keys[key + FlowKey.ND_TARGET_WORD + 1] = getLong(headers, start + TARGET + 8);
    return parseOptions(headers, offset, position, available, length, type, keys, key);
  }

  private static int parseOptions(
      byte[] headers,
      int offset,
      int position,
      int available,
      int length,
      int type,
      long[] keys,
      int key) {
    long source = 0;
    long target = 0;
    int first = 0;
    int at = OPTIONS;
    int status = OK;
    while (length - at >= OPTION_UNIT) {
      if (available < position + at + OPTION_UNIT) {
        status = NetworkHeader.missing(available);
        break;
      }
      int option = offset + position + at;
      int kind = getByte(headers, option);
      int optionLength = getByte(headers, option + 1) * OPTION_UNIT;
      if (optionLength == 0 || optionLength > length - at) {
        break;
      }
      boolean isAddress =
          optionLength == OPTION_UNIT && (kind == SOURCE_ADDRESS || kind == TARGET_ADDRESS);
      if (isAddress) {
        if ((kind == SOURCE_ADDRESS ? source : target) != 0) {
          source = 0;
          target = 0;
          keys[key + FlowKey.ND_TARGET_WORD] = 0;
          keys[key + FlowKey.ND_TARGET_WORD + 1] = 0;
          break;
        }
        long address = getLong(headers, option) & ADDRESS_BITS;
        source = kind == SOURCE_ADDRESS ? address : source;
        target = kind == TARGET_ADDRESS ? address : target;
        first = first == 0 ? kind : first;
      }
      at += optionLength;
    }
    if (type == SOLICITATION) {
      keys[key + FlowKey.ARP_SHA_WORD] = source << FlowKey.MAC_SHIFT;
    } else {
      keys[key + FlowKey.ARP_THA_WORD] = target << FlowKey.MAC_SHIFT;
    }
    keys[key + FlowKey.TCP_FLAGS_WORD] |= first;
    return status;
  }
}
