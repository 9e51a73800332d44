// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nf;

import static io.iovtee.vswitch.nf.FrameAnswer.putMac;
import static io.iovtee.vswitch.nf.FrameAnswer.putU16;
import static io.iovtee.vswitch.nf.FrameAnswer.u16;

import io.iovtee.vswitch.linux.AddressSpace;

/**
 * Answers ICMPv6 for the link-local address that belongs to a MAC address (RFC 4291, appendix A):
 * neighbour solicitations that name the asker's address (RFC 4861), and echo requests (RFC 4443).
 * Byte order as in {@link FrameAnswer}.
 */
final class Icmpv6Answer {
  private static final int PAYLOAD_LENGTH = 18;
  private static final int NEXT_HEADER = 20;
  private static final int HOP_LIMIT = 21;
  private static final int SOURCE = 22;
  private static final int DESTINATION = 38;
  private static final int TYPE = 54;
  private static final int CHECKSUM = 56;
  private static final int FLAGS = 58;
  private static final int TARGET = 62;
  private static final int OPTION = 78;
  private static final int OPTION_MAC = 80;
  private static final int ECHO_END = 62;
  private static final int SOLICITATION_END = 86;
  private static final int SOLICITATION_LENGTH = SOLICITATION_END - TYPE;

  private static final int PROTOCOL_ICMPV6 = 58;
  private static final byte ECHO_REQUEST = (byte) 128;
  private static final byte ECHO_REPLY = (byte) 129;
  private static final byte SOLICITATION = (byte) 135;
  private static final byte ADVERTISEMENT = (byte) 136;

  /** Hop limit of what has not been forwarded; anything else is a forgery from afar. */
  private static final byte FROM_THE_LINK = (byte) 255;

  /** "Solicited" and "override", as they lie in memory. */
  private static final int ADVERTISEMENT_FLAGS = 0x60;

  private static final int OPTION_SOURCE_MAC = 1;
  private static final int OPTION_TARGET_MAC = 2;

  private final long mac;
  private final long prefix = Long.reverseBytes(0xfe80_0000_0000_0000L);
  private final long interfaceId;

  Icmpv6Answer(long mac) {
    this.mac = Long.reverseBytes(mac << 16);
    long upper = (mac >>> 24 ^ 0x02_0000L) << 40;
    this.interfaceId = Long.reverseBytes(upper | 0xff_fe00_0000L | (mac & 0xff_ffffL));
  }

  boolean answer(long frame, int length) {
    if (length < ECHO_END || AddressSpace.getByte(frame + NEXT_HEADER) != PROTOCOL_ICMPV6) {
      return false;
    }
    return switch (AddressSpace.getByte(frame + TYPE)) {
      case ECHO_REQUEST -> isOurs(frame + DESTINATION) && echo(frame);
      case SOLICITATION -> length >= SOLICITATION_END && isOurs(frame + TARGET) && advertise(frame);
      default -> false;
    };
  }

  private boolean isOurs(long address) {
    return AddressSpace.getLong(address) == prefix
        && AddressSpace.getLong(address + 8) == interfaceId;
  }

  private boolean echo(long frame) {
    FrameAnswer.swapMacs(frame);
    AddressSpace.copy(frame + SOURCE, frame + DESTINATION, 16);
    putOurs(frame + SOURCE);
    AddressSpace.putByte(frame + TYPE, ECHO_REPLY);
    // RFC 1624: the word with the type grew by 0x100; adding 0xfeff takes 0x100 away.
    int checksum = u16(frame + CHECKSUM) + 0xfeff;
    putU16(frame + CHECKSUM, checksum + (checksum >>> 16));
    return true;
  }

  private boolean advertise(long frame) {
    if (AddressSpace.getByte(frame + HOP_LIMIT) != FROM_THE_LINK
        || u16(frame + PAYLOAD_LENGTH) != SOLICITATION_LENGTH
        || AddressSpace.getByte(frame + OPTION) != OPTION_SOURCE_MAC) {
      return false;
    }
    AddressSpace.copy(frame + 6, frame, 6);
    putMac(frame + 6, mac);
    AddressSpace.copy(frame + SOURCE, frame + DESTINATION, 16);
    putOurs(frame + SOURCE);
    AddressSpace.putByte(frame + TYPE, ADVERTISEMENT);
    AddressSpace.putInt(frame + FLAGS, ADVERTISEMENT_FLAGS);
    AddressSpace.putByte(frame + OPTION, (byte) OPTION_TARGET_MAC);
    putMac(frame + OPTION_MAC, mac);
    putU16(frame + CHECKSUM, 0);
    putU16(frame + CHECKSUM, checksum(frame));
    return true;
  }

  private void putOurs(long address) {
    AddressSpace.putLong(address, prefix);
    AddressSpace.putLong(address + 8, interfaceId);
  }

  /** Over both addresses, the message, and its length and protocol (RFC 8200, 8.1). */
  private static int checksum(long frame) {
    int sum = SOLICITATION_LENGTH + PROTOCOL_ICMPV6;
    for (int i = SOURCE; i < SOLICITATION_END; i += 2) {
      sum += u16(frame + i);
    }
    sum = (sum & 0xffff) + (sum >>> 16);
    return ~(sum + (sum >>> 16));
  }
}
