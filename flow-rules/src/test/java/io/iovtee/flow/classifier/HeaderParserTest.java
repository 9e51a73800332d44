// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import static io.iovtee.flow.classifier.HeaderParser.OK;
import static io.iovtee.flow.classifier.HeaderParser.RUNT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Frames by hand: every byte is here, and every word that must come out. */
final class HeaderParserTest {
  private static final String MACS = "020000000011 0200000000aa ";
  private static final long DST = 0x0200_0000_0011_0000L;
  private static final long SRC = 0x0200_0000_00aa_0000L;
  private static final String IPV6_PAIR =
      "20010db8000000000000000000000001 20010db8000000000000000000000002";

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  private static long[] parse(String hex, int expectedStatus) {
    byte[] frame = bytes(hex);
    long[] keys = new long[FlowKey.WORDS];
    Arrays.fill(keys, 0x5a5a5a5a5a5a5a5aL);
    int status = HeaderParser.parse(frame, 0, frame.length, frame.length, 7, keys, 0);
    assertThat(status).isEqualTo(expectedStatus);
    for (int word = FlowKey.USED_WORDS; word < FlowKey.WORDS; word++) {
      assertThat(keys[word]).as("word %d is not ours", word).isEqualTo(0x5a5a5a5a5a5a5a5aL);
    }
    return SaidWords.of(keys, 0);
  }

  private static void assertKey(String hex, long... words) {
    assertThat(Arrays.stream(parse(hex, OK)).mapToObj(Long::toHexString))
        .containsExactlyElementsOf(
            Arrays.stream(Arrays.copyOf(words, FlowKey.USED_WORDS))
                .mapToObj(Long::toHexString)
                .toList());
  }

  private static String zeros(int count) {
    return "00".repeat(count);
  }

  // ---- IPv4

  @Test
  void udpOverIpv4() {
    assertKey(
        MACS
            + "0800 45b8 002e 0001 4000 40 11 0000 0a000001 0a000002 1234 12b5 001a 0000"
            + zeros(18),
        0x0007_0800_0000_11b8L,
        DST,
        SRC | 0x4000,
        0x0a000001_0a000002L,
        0x1234_12b5_0000_0000L);
  }

  @Test
  void tcpOverIpv4WithOptionsAndFlags() {
    assertKey(
        MACS
            + "0800 4500 002c 0001 0000 3f 06 0000 c0a80001 ffffffff ffff 0050"
            + "00000001 00000002 6f12 0000 0000 0000 02040 5b4".replace(" ", ""),
        0x0007_0800_0000_0600L,
        DST | 0xf12,
        SRC | 0x3f00,
        0xc0a80001_ffffffffL,
        0xffff_0050_0000_0000L);
  }

  @Test
  void ipv4WithOptions() {
    assertKey(
        MACS + "0800 4600 0020 0001 0000 40 11 0000 0a000001 0a000002 94040000 0035 0036 0008 0000",
        0x0007_0800_0000_1100L,
        DST,
        SRC | 0x4000,
        0x0a000001_0a000002L,
        0x0035_0036_0000_0000L);
  }

  @Test
  void icmpOverIpv4() {
    assertKey(
        MACS + "0800 4500 001c 0001 0000 40 01 0000 0a000001 0a000002 0800 0000 0001 0002",
        0x0007_0800_0000_0100L,
        DST,
        SRC | 0x4000,
        0x0a000001_0a000002L,
        0x0008_0000_0000_0000L);
    assertKey(
        MACS + "0800 4500 001c 0001 0000 40 01 0000 0a000001 0a000002 0304 0000 0001 0002",
        0x0007_0800_0000_0100L,
        DST,
        SRC | 0x4000,
        0x0a000001_0a000002L,
        0x0003_0004_0000_0000L);
  }

  @Test
  void sctpOverIpv4() {
    assertKey(
        MACS + "0800 4500 0020 0001 0000 40 84 0000 0a000001 0a000002 0b59 0b5a 00000000 00000000",
        0x0007_0800_0000_8400L,
        DST,
        SRC | 0x4000,
        0x0a000001_0a000002L,
        0x0b59_0b5a_0000_0000L);
  }

  @Test
  void theFirstFragmentHasPortsLaterOnesHaveNone() {
    String start = MACS + "0800 4500 001c 0001 ";
    String rest = " 40 11 0000 0a000001 0a000002 0035 0036 0008 0000" + zeros(20);
    assertKey(
        start + "2000" + rest,
        0x0007_0800_0000_1100L,
        DST,
        SRC | 0x4001,
        0x0a000001_0a000002L,
        0x0035_0036_0000_0000L);
    for (String later : new String[] {"2001", "0001", "1fff"}) {
      assertKey(
          start + later + rest, 0x0007_0800_0000_1100L, DST, SRC | 0x4003, 0x0a000001_0a000002L, 0);
    }
  }

  @Test
  void aBadIpv4HeaderLeavesTheLinkLayer() {
    String[] headers = {
      "4400 0028", // header of 16 bytes
      "4f00 0028", // header of 60 bytes in a packet of 40
      "4500 0029", // packet one byte longer than the frame
      "4500 0013", // packet shorter than its header
    };
    for (String header : headers) {
      assertKey(
          MACS
              + "0800"
              + header
              + "0001 0000 40 06 0000 0a000001 0a000002 0035 0036"
              + "00000000 00000000 5002 0000 00000000",
          0x0007_0800_0000_0000L,
          DST,
          SRC);
    }
    assertKey(MACS + "0800" + zeros(19), 0x0007_0800_0000_0000L, DST, SRC);
  }

  @Test
  void aCutTransportHeaderHasNoPorts() {
    // UDP of 7 bytes, SCTP of 11, ICMP of 7, TCP of 19: followed by padding that must not be read.
    for (String shape : new String[] {"001b 11", "001f 84", "001b 01", "0027 06"}) {
      String length = shape.substring(0, 4);
      int protocol = Integer.parseInt(shape.substring(5), 16);
      assertKey(
          MACS
              + "0800 4500"
              + length
              + "0001 0000 40"
              + shape.substring(5)
              + "0000 0a000001 0a000002 0035 0036 00000000 00000000 5002"
              + zeros(30),
          0x0007_0800_0000_0000L | (long) protocol << 8,
          DST,
          SRC | 0x4000,
          0x0a000001_0a000002L);
    }
  }

  @Test
  void aTcpHeaderWithABadLengthHasNoPorts() {
    for (String control : new String[] {"4002", "6002", "f002"}) {
      assertKey(
          MACS
              + "0800 4500 0028 0001 0000 40 06 0000 0a000001 0a000002 0035 0036"
              + "00000000 00000000"
              + control
              + "0000 00000000"
              + zeros(30),
          0x0007_0800_0000_0600L,
          DST,
          SRC | 0x4000,
          0x0a000001_0a000002L);
    }
  }

  // ---- tags

  @Test
  void aTagIsReadAndItsPresenceShown() {
    assertKey(
        MACS
            + "8100 e009 0800 4500 001c 0001 0000 40 11 0000 0a000001 0a000002 0035 0036 0008 0000",
        0x0007_0800_f009_1100L,
        DST,
        SRC | 0x4000,
        0x0a000001_0a000002L,
        0x0035_0036_0000_0000L);
    assertKey(MACS + "88a8 0000 88cc" + zeros(40), 0x0007_88cc_1000_0000L, DST, SRC);
  }

  @Test
  void onlyTheOuterTagIsRead() {
    assertKey(MACS + "88a8 0064 8100 0005 0800 4500" + zeros(40), 0x0007_8100_1064_0000L, DST, SRC);
  }

  @Test
  void aCutTagIsNone() {
    assertKey(MACS + "8100 0005", 0x0007_8100_0000_0000L, DST, SRC);
    assertKey(MACS + "8100 0005 08", 0x0007_8100_0000_0000L, DST, SRC);
  }

  // ---- link layer

  @Test
  void framesWithoutAnEthertype() {
    // Spanning tree: 802.2, no SNAP.
    assertKey(MACS + "0026 424203" + zeros(35), 0x0007_05ff_0000_0000L, DST, SRC);
    // SNAP with an Ethertype: IPv4 behind it is read.
    assertKey(
        MACS
            + "0024 aaaa03 000000 0800 4500 001c 0001 0000 40 11 0000 0a000001 0a000002 0035 0036"
            + "0008 0000",
        0x0007_0800_0000_1100L,
        DST,
        SRC | 0x4000,
        0x0a000001_0a000002L,
        0x0035_0036_0000_0000L);
    // SNAP of another organisation, and SNAP with a length for a type.
    assertKey(MACS + "0024 aaaa03 00000c 0800" + zeros(40), 0x0007_05ff_0000_0000L, DST, SRC);
    assertKey(MACS + "0024 aaaa03 000000 0500" + zeros(40), 0x0007_05ff_0000_0000L, DST, SRC);
    // Too short for SNAP.
    assertKey(MACS + "0007 aaaa03 000000 08", 0x0007_05ff_0000_0000L, DST, SRC);
    assertKey(MACS + "0600", 0x0007_0600_0000_0000L, DST, SRC);
  }

  @Test
  void aRuntHasOnlyItsPort() {
    assertThat(parse("020000000011 0200000000aa 08", RUNT))
        .containsExactly(Arrays.copyOf(new long[] {0x0007_0000_0000_0000L}, FlowKey.USED_WORDS));
    assertThat(parse("", RUNT)[0]).isEqualTo(0x0007_0000_0000_0000L);
  }

  // ---- ARP

  @Test
  void arp() {
    String request = "0001 0800 06 04 0001 0200000000aa 0a000001 0600000000bb 0a000002" + zeros(18);
    assertKey(
        MACS + "0806" + request,
        0x0007_0806_0000_0000L,
        DST,
        SRC,
        0x0a000001_0a000002L,
        0,
        0,
        0,
        0,
        0,
        0x0200_0000_00aa_0001L,
        0x0600_0000_00bb_0000L);
    assertThat(parse(MACS + "8100 0005 8035" + request, OK)[9]).isEqualTo(0x0200_0000_00aa_0001L);
  }

  @Test
  void whatIsNotArpForIpv4OverEthernetIsNotRead() {
    String rest = "0001 0200000000aa 0a000001 000000000000 0a000002" + zeros(18);
    for (String kind :
        new String[] {"0006 0800 06 04", "0001 0801 06 04", "0001 0800 08 04", "0001 0800 06 10"}) {
      assertKey(MACS + "0806" + kind + rest, 0x0007_0806_0000_0000L, DST, SRC);
    }
    assertKey(
        MACS + "0806 0001 0800 06 04 0001 0200000000aa 0a000001 000000000000 0a0000",
        0x0007_0806_0000_0000L,
        DST,
        SRC);
  }

  // ---- IPv6

  private static void assertKey6(
      String frame, int protocol, int tos, int ttlAndFrag, long transport, int tcpFlags) {
    assertKey(
        frame,
        0x0007_86dd_0000_0000L | (long) protocol << 8 | tos,
        DST | tcpFlags,
        SRC | ttlAndFrag,
        0,
        transport,
        0x20010db8_00000000L,
        1,
        0x20010db8_00000000L,
        2,
        0,
        0);
  }

  @Test
  void udpAndTcpOverIpv6() {
    assertKey6(
        MACS + "86dd 6b812345 0008 11 3f" + IPV6_PAIR + "0035 0036 0008 0000",
        17,
        0xb8,
        0x3f00,
        0x0035_0036_0123_4500L,
        0);
    assertKey6(
        MACS
            + "86dd 60000000 0014 06 40"
            + IPV6_PAIR
            + "ffff 0050 00000001 00000002 5112 0000 0000 0000",
        6,
        0,
        0x4000,
        0xffff_0050_0000_0000L,
        0x112);
  }

  @Test
  void icmpv6() {
    assertKey6(
        MACS + "86dd 60000000 0018 3a ff" + IPV6_PAIR + "8700 0000 00000000" + zeros(16),
        58,
        0,
        0xff00,
        0x0087_0000_0000_0000L,
        0);
  }

  private static final String SOLICITATION = "8700 0000 01020304 fe800000000000000000000000000009";
  private static final String ADVERTISEMENT = "88" + SOLICITATION.substring(2);
  private static final String SOURCE = "0101 0200000000bb";
  private static final String TARGET = "0201 0600000000cc";
  private static final String NONCE = "0e02 000102030405 060708090a0b0c0d";

  /** Words of nd_sll, nd_tll, nd_target, nd_reserved and nd_options_type. */
  private static void assertNeighbour(
      String message, long source, long target, boolean hasTarget, long reserved, int option) {
    String body = message.replace(" ", "");
    long type = Long.parseLong(body.substring(0, 4), 16);
    assertKey(
        MACS + "86dd 60000000 %04x 3a ff".formatted(body.length() / 2) + IPV6_PAIR + body,
        0x0007_86dd_0000_3a00L,
        DST | option,
        SRC | 0xff00,
        reserved << 32,
        type >>> 8 << 48 | (type & 0xff) << 32,
        0x20010db8_00000000L,
        1,
        0x20010db8_00000000L,
        2,
        source << 16,
        target << 16,
        hasTarget ? 0xfe800000_00000000L : 0,
        hasTarget ? 9 : 0);
  }

  @Test
  void neighbourDiscovery() {
    long source = 0x0200_0000_00bbL;
    long target = 0x0600_0000_00ccL;
    assertNeighbour(SOLICITATION, 0, 0, true, 0x01020304, 0);
    assertNeighbour(SOLICITATION + SOURCE, source, 0, true, 0x01020304, 1);
    assertNeighbour(ADVERTISEMENT + TARGET, 0, target, true, 0x01020304, 2);
    assertNeighbour(SOLICITATION + NONCE + SOURCE, source, 0, true, 0x01020304, 1);
    // A solicitation has no target's address to match, nor an advertisement a source's.
    assertNeighbour(SOLICITATION + TARGET + SOURCE, source, 0, true, 0x01020304, 2);
    assertNeighbour(ADVERTISEMENT + SOURCE, 0, 0, true, 0x01020304, 1);
  }

  @Test
  void whatIsNoNeighbourMessageHasNoFieldsOfOne() {
    // Another code, another type, cut off before the target.
    assertNeighbour("8701" + SOLICITATION.substring(4), 0, 0, false, 0, 0);
    assertNeighbour("86" + SOLICITATION.substring(2) + SOURCE, 0, 0, false, 0, 0);
    assertNeighbour("8900" + SOLICITATION.substring(4) + SOURCE, 0, 0, false, 0, 0);
    assertNeighbour(
        "8700 0000 01020304 fe800000 00000000 00000000 000000", 0, 0, false, 0x01020304, 0);
    // ICMPv6 in IPv4.
    assertKey(
        MACS + "0800 4500 0034 0001 0000 40 3a 0000 0a000001 0a000002" + SOLICITATION + SOURCE,
        0x0007_0800_0000_3a00L,
        DST,
        SRC | 0x4000,
        0x0a000001_0a000002L,
        0x0087_0000_0000_0000L);
  }

  @Test
  void badNeighbourOptionsEndTheSearch() {
    long source = 0x0200_0000_00bbL;
    // Length 0, one that reaches behind the packet, less than an option, an address of 14 bytes.
    assertNeighbour(SOLICITATION + "0100 000000000000" + SOURCE, 0, 0, true, 0x01020304, 0);
    assertNeighbour(SOLICITATION + SOURCE + "0202 000000000000", source, 0, true, 0x01020304, 1);
    assertNeighbour(SOLICITATION + "0101 0200000000", 0, 0, true, 0x01020304, 0);
    assertNeighbour(SOLICITATION + "0102" + zeros(14), 0, 0, true, 0x01020304, 0);
    // The same address twice: OVS takes the message for a forged one.
    assertNeighbour(SOLICITATION + SOURCE + SOURCE, 0, 0, false, 0x01020304, 1);
    assertNeighbour(ADVERTISEMENT + TARGET + SOURCE + TARGET, 0, 0, false, 0x01020304, 2);
  }

  @Test
  void ipv6ExtensionsAreFollowed() {
    // Hop by hop (8), routing (24), authentication (12), destination (8), then UDP.
    assertKey6(
        MACS
            + "86dd 60000000 003c 00 40"
            + IPV6_PAIR
            + "2b00 0104 00000000"
            + "3302 0401 00000000"
            + zeros(16)
            + "3c01 0000 00000000 00000000"
            + "1100 0104 00000000"
            + "0035 0036 0008 0000",
        17,
        0,
        0x4000,
        0x0035_0036_0000_0000L,
        0);
  }

  @Test
  void ipv6Fragments() {
    String start = MACS + "86dd 60000000 0010 2c 40" + IPV6_PAIR + "1100";
    String udp = "00000001 0035 0036 0008 0000";
    // First, later, and one that is whole ("atomic", RFC 6946).
    assertKey6(start + "0001" + udp, 17, 0, 0x4001, 0x0035_0036_0000_0000L, 0);
    assertKey6(start + "0008" + udp, 44, 0, 0x4003, 0, 0);
    assertKey6(start + "0000" + udp, 17, 0, 0x4000, 0x0035_0036_0000_0000L, 0);
  }

  @Test
  void aBrokenIpv6ChainLeavesTheAddresses() {
    String[] payloads = {
      "0008 00 40" + IPV6_PAIR + "1101 0104 00000000" + zeros(8), // longer than the packet
      "0007 00 40" + IPV6_PAIR + "1100 0104 00000000" + zeros(8), // shorter than any extension
      "0008 2c 40" + IPV6_PAIR + "0000 0001 00000000", // nothing behind the fragment header
    };
    for (String payload : payloads) {
      assertKey6(MACS + "86dd 60000000" + payload, 0, 0, 0, 0, 0);
    }
  }

  @Test
  void aLongIpv6ChainIsNotFollowed() {
    String eight = "3c00 0104 00000000".repeat(NetworkHeader.EXTENSION_HEADERS_MAX - 1);
    String udp = "1100 0104 00000000 0035 0036 0008 0000";
    assertKey6(
        MACS + "86dd 60000000 0048 3c 40" + IPV6_PAIR + eight + udp,
        17,
        0,
        0x4000,
        0x0035_0036_0000_0000L,
        0);
    assertKey6(
        MACS + "86dd 60000000 0050 3c 40" + IPV6_PAIR + eight + "3c00 0104 00000000" + udp,
        0,
        0,
        0,
        0,
        0);
  }

  @Test
  void aBadIpv6HeaderLeavesTheLinkLayer() {
    assertKey(
        MACS + "86dd 60000000 0009 11 40" + IPV6_PAIR + "0035 0036 0008 0000",
        0x0007_86dd_0000_0000L,
        DST,
        SRC);
    assertKey(MACS + "86dd" + zeros(39), 0x0007_86dd_0000_0000L, DST, SRC);
  }

  @Test
  void paddingBeyondAnyFrameIsABrokenLength() {
    byte[] frame =
        bytes(
            MACS
                + "0800 4500 0028 0001 0000 40 06 0000 0a000001 0a000002 0035 0036"
                + "00000000 00000000 5002 0000 00000000"
                + zeros(10));
    long[] keys = new long[FlowKey.WORDS];
    int most = 14 + 40 + 0xffff;
    assertThat(HeaderParser.parse(frame, 0, 60, most, 7, keys, 0)).isEqualTo(OK);
    assertThat(keys[4]).isEqualTo(0x0035_0036_0000_0000L);
    assertThat(HeaderParser.parse(frame, 0, 60, most + 1, 7, keys, 0)).isEqualTo(OK);
    assertThat(keys[0]).isEqualTo(0x0007_0800_0000_0000L);
    assertThat(keys[4]).isZero();
    byte[] frame6 =
        bytes(MACS + "86dd 60000000 0008 11 40" + IPV6_PAIR + "0035 0036 0008 0000" + zeros(10));
    most = 14 + 48 + 0xffff;
    assertThat(HeaderParser.parse(frame6, 0, 72, most, 7, keys, 0)).isEqualTo(OK);
    assertThat(keys[5]).isNotZero();
    assertThat(HeaderParser.parse(frame6, 0, 72, most + 1, 7, keys, 0)).isEqualTo(OK);
    assertThat(keys[5]).isZero();
  }

  // ---- arguments

  @Test
  void theKeyGoesWhereTheCallerSays() {
    byte[] frame = bytes(zeros(3) + MACS + "88cc" + zeros(46));
    long[] keys = new long[3 * FlowKey.WORDS];
    assertThat(HeaderParser.parse(frame, 3, 60, 60, 0xffff, keys, FlowKey.WORDS)).isEqualTo(OK);
    assertThat(keys[FlowKey.WORDS]).isEqualTo(0xffff_88cc_0000_0000L);
    assertThat(keys[FlowKey.WORDS + 1]).isEqualTo(DST);
    assertThat(keys[0] | keys[2 * FlowKey.WORDS]).isZero();
  }

  @Test
  void whatWasCapturedMustLieInTheArray() {
    byte[] headers = new byte[64];
    long[] keys = new long[FlowKey.WORDS];
    assertThatThrownBy(() -> HeaderParser.parse(headers, 1, 64, 64, 0, keys, 0))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> HeaderParser.parse(headers, -1, 64, 64, 0, keys, 0))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> HeaderParser.parse(headers, 0, -1, 64, 0, keys, 0))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> HeaderParser.parse(headers, 0, 64, 64, 0, keys, FlowKey.WORDS - 10))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }
}
