// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nf;

import io.iovtee.vswitch.linux.AddressSpace;

/**
 * Turns a received frame into the frame that goes back, in its own buffer. All numbers on the wire
 * are big-endian; reads are little-endian, so constants here are byte-swapped.
 */
final class FrameAnswer {
  private static final long MAC_MASK = 0xffff_ffff_ffffL;
  private static final int SOURCE_MAC = 6;
  private static final int ETHERTYPE = 12;
  private static final int ETHERTYPE_ARP = 0x0608;
  private static final int ETHERTYPE_IPV4 = 0x0008;
  private static final int ETHERTYPE_IPV6 = 0xdd86;
  private static final int ARP_LENGTH = 42;
  private static final int ARP_OPERATION = 20;
  private static final int ARP_SENDER_MAC = 22;
  private static final int ARP_SENDER_IP = 28;
  private static final int ARP_TARGET_MAC = 32;
  private static final int ARP_TARGET_IP = 38;
  private static final int ARP_REQUEST = 0x0100;
  private static final int ARP_REPLY = 0x0200;
  private static final int IP = 14;
  private static final int IP_PROTOCOL = 23;
  private static final int IP_SOURCE = 26;
  private static final int IP_DESTINATION = 30;
  private static final int ICMP_TYPE = 34;
  private static final int ICMP_CHECKSUM = 36;
  private static final int ICMP_HEADER_END = 42;
  private static final int IP_VERSION_5_WORDS = 0x45;
  private static final int PROTOCOL_ICMP = 1;
  private static final int ECHO_REQUEST = 8;

  private final long mac;
  private final int ipv4;
  private final Icmpv6Answer icmpv6;

  /**
   * @param mac 48 bits
   * @param ipv4 as {@code 0xc6120001} for 198.18.0.1
   */
  FrameAnswer(long mac, int ipv4) {
    this.mac = Long.reverseBytes(mac << 16) & MAC_MASK;
    this.ipv4 = Integer.reverseBytes(ipv4);
    this.icmpv6 = new Icmpv6Answer(mac);
  }

  /** Swaps destination and source address. */
  static void swapMacs(long frame) {
    long destination = AddressSpace.getLong(frame) & MAC_MASK;
    int sourceLow = AddressSpace.getInt(frame + SOURCE_MAC);
    short sourceHigh = AddressSpace.getShort(frame + SOURCE_MAC + 4);
    AddressSpace.putInt(frame, sourceLow);
    AddressSpace.putShort(frame + 4, sourceHigh);
    AddressSpace.putInt(frame + SOURCE_MAC, (int) destination);
    AddressSpace.putShort(frame + SOURCE_MAC + 4, (short) (destination >>> 32));
  }

  /**
   * Makes the reply to an ARP, neighbour or echo request for us; false for anything else.
   *
   * @param frame first byte of a frame that lies in one piece, and only there
   */
  boolean echo(long frame, int length) {
    if (length < ARP_LENGTH) {
      return false;
    }
    int type = AddressSpace.getShort(frame + ETHERTYPE) & 0xffff;
    return switch (type) {
      case ETHERTYPE_ARP -> arp(frame);
      case ETHERTYPE_IPV4 -> length >= ICMP_HEADER_END && icmp(frame);
      case ETHERTYPE_IPV6 -> icmpv6.answer(frame, length);
      default -> false;
    };
  }

  private boolean arp(long frame) {
    if (AddressSpace.getShort(frame + ARP_OPERATION) != ARP_REQUEST
        || AddressSpace.getInt(frame + ARP_TARGET_IP) != ipv4) {
      return false;
    }
    AddressSpace.copy(frame + ARP_SENDER_MAC, frame + ARP_TARGET_MAC, 10);
    putMac(frame + ARP_SENDER_MAC, mac);
    AddressSpace.putInt(frame + ARP_SENDER_IP, ipv4);
    AddressSpace.putShort(frame + ARP_OPERATION, (short) ARP_REPLY);
    AddressSpace.copy(frame + ARP_TARGET_MAC, frame, 6);
    putMac(frame + SOURCE_MAC, mac);
    return true;
  }

  private boolean icmp(long frame) {
    if (AddressSpace.getByte(frame + IP) != IP_VERSION_5_WORDS
        || AddressSpace.getByte(frame + IP_PROTOCOL) != PROTOCOL_ICMP
        || AddressSpace.getByte(frame + ICMP_TYPE) != ECHO_REQUEST
        || AddressSpace.getInt(frame + IP_DESTINATION) != ipv4) {
      return false;
    }
    swapMacs(frame);
    AddressSpace.putInt(frame + IP_DESTINATION, AddressSpace.getInt(frame + IP_SOURCE));
    AddressSpace.putInt(frame + IP_SOURCE, ipv4);
    AddressSpace.putByte(frame + ICMP_TYPE, (byte) 0);
    // RFC 1624: the word with the type got smaller, so the checksum gets larger by as much.
    int checksum = u16(frame + ICMP_CHECKSUM) + (ECHO_REQUEST << 8);
    putU16(frame + ICMP_CHECKSUM, checksum + (checksum >>> 16));
    return true;
  }

  /** 16 bits on the wire. */
  static int u16(long address) {
    return Short.reverseBytes(AddressSpace.getShort(address)) & 0xffff;
  }

  static void putU16(long address, int value) {
    AddressSpace.putShort(address, Short.reverseBytes((short) value));
  }

  static void putMac(long target, long macLittleEndian) {
    AddressSpace.putInt(target, (int) macLittleEndian);
    AddressSpace.putShort(target + 4, (short) (macLittleEndian >>> 32));
  }
}
