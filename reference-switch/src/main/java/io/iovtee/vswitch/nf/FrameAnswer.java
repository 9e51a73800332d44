// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nf;

import io.iovtee.vswitch.linux.AddressSpace;

/**
 * Turns a received frame into the frame that goes back, in its own buffer. All numbers on the wire
 * are big-endian; reads are little-endian, so constants here are byte-swapped.
 */
final class FrameAnswer {
  private static final long MAC_MASK = 0xffff_ffff_ffffL;
  private static final int ETHERTYPE = 12;
  private static final int ETHERTYPE_ARP = 0x0608;
  private static final int ETHERTYPE_IPV4 = 0x0008;
  private static final int ARP_LENGTH = 42;
  private static final int ARP_OPERATION = 20;
  private static final int ARP_SENDER_MAC = 22;
  private static final int ARP_SENDER_IP = 28;
  private static final int ARP_TARGET_MAC = 32;
  private static final int ARP_TARGET_IP = 38;
  private static final int ARP_REQUEST = 0x0100;
  private static final int ARP_REPLY = 0x0200;
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

  FrameAnswer(long mac, int ipv4) {
    this.mac = Long.reverseBytes(mac << 16) & MAC_MASK;
    this.ipv4 = Integer.reverseBytes(ipv4);
  }

  /** Swaps destination and source address. */
  static void swapMacs(long frame) {
    long destination = AddressSpace.getLong(frame) & MAC_MASK;
    int sourceLow = AddressSpace.getInt(frame + 6);
    short sourceHigh = AddressSpace.getShort(frame + 10);
    AddressSpace.putInt(frame, sourceLow);
    AddressSpace.putShort(frame + 4, sourceHigh);
    AddressSpace.putInt(frame + 6, (int) destination);
    AddressSpace.putShort(frame + 10, (short) (destination >>> 32));
  }

  /** Makes the reply to an ARP request or an ICMP echo request for us; false for anything else. */
  boolean echo(long frame, int length) {
    int type = AddressSpace.getShort(frame + ETHERTYPE) & 0xffff;
    if (type == ETHERTYPE_ARP && length >= ARP_LENGTH) {
      return arp(frame);
    }
    return type == ETHERTYPE_IPV4 && length >= ICMP_HEADER_END && icmp(frame);
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
    putMac(frame + 6, mac);
    return true;
  }

  private boolean icmp(long frame) {
    if (AddressSpace.getByte(frame + 14) != IP_VERSION_5_WORDS
        || AddressSpace.getByte(frame + IP_PROTOCOL) != PROTOCOL_ICMP
        || AddressSpace.getByte(frame + ICMP_TYPE) != ECHO_REQUEST
        || AddressSpace.getInt(frame + IP_DESTINATION) != ipv4) {
      return false;
    }
    swapMacs(frame);
    AddressSpace.putInt(frame + IP_DESTINATION, AddressSpace.getInt(frame + IP_SOURCE));
    AddressSpace.putInt(frame + IP_SOURCE, ipv4);
    AddressSpace.putByte(frame + ICMP_TYPE, (byte) 0);
    int checksum = Short.reverseBytes(AddressSpace.getShort(frame + ICMP_CHECKSUM)) & 0xffff;
    checksum += ECHO_REQUEST << 8; // RFC 1624: the type went from 8 to 0
    checksum = (checksum & 0xffff) + (checksum >>> 16);
    AddressSpace.putShort(frame + ICMP_CHECKSUM, Short.reverseBytes((short) checksum));
    return true;
  }

  private static void putMac(long target, long macLittleEndian) {
    AddressSpace.putInt(target, (int) macLittleEndian);
    AddressSpace.putShort(target + 4, (short) (macLittleEndian >>> 32));
  }
}
