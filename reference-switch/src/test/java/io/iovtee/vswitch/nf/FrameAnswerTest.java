// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nf;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Requests as they were seen on a wire, and the replies byte by byte. */
final class FrameAnswerTest {
  private static final String OURS = "020000000011";
  private static final String PEER = "0200000000aa";
  private static final String ARP =
      "ffffffffffff%s0806".formatted(PEER)
          + "0001080006040001%sc6120001".formatted(PEER)
          + "000000000000c612000b"
          + "00".repeat(18);
  private static final String PING =
      OURS + PEER + "0800" + "4500001e000100004001ee98c6120001c612000b" + "0800%s00010002" + "6162";
  private static final String LINK_LOCAL = "fe80000000000000000000fffe000011";
  private static final String PEER_LINK_LOCAL = "fe80000000000000000000fffe0000aa";

  private final Arena arena = Arena.ofConfined();
  private final FrameAnswer answer = new FrameAnswer(0x020000000011L, 0xc612000b);

  @AfterEach
  void free() {
    arena.close();
  }

  /** The reply, or null when there is none; then the frame must be as it was. */
  private String reply(String request) {
    byte[] bytes = HexFormat.of().parseHex(request);
    MemorySegment frame = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
    boolean answered = answer.echo(frame.address(), bytes.length);
    String after = HexFormat.of().formatHex(frame.toArray(ValueLayout.JAVA_BYTE));
    if (!answered) {
      assertThat(after).isEqualTo(request);
    }
    return answered ? after : null;
  }

  @Test
  void macsAreSwapped() {
    byte[] bytes = HexFormat.of().parseHex(PING.formatted("0000"));
    MemorySegment frame = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);

    FrameAnswer.swapMacs(frame.address());

    assertThat(HexFormat.of().formatHex(frame.toArray(ValueLayout.JAVA_BYTE)))
        .isEqualTo(PEER + OURS + PING.formatted("0000").substring(24));
  }

  @Test
  void arpRequest() {
    assertThat(reply(ARP))
        .isEqualTo(
            PEER
                + OURS
                + "0806"
                + "0001080006040002%sc612000b".formatted(OURS)
                + "%sc6120001".formatted(PEER)
                + "00".repeat(18));
  }

  @Test
  void arpForSomebodyElseAndArpReply() {
    assertThat(reply(ARP.replace("c612000b", "c612000c"))).isNull();
    assertThat(reply(ARP.replace("06040001", "06040002"))).isNull();
    assertThat(reply(ARP.substring(0, 82))).as("too short").isNull();
  }

  @Test
  void echoRequest() {
    // 0800 + 0001 + 0002 + 6162 = 6965, and the reply's 0000 + … = 6165
    assertThat(reply(PING.formatted("969a")))
        .isEqualTo(
            PEER
                + OURS
                + "0800"
                + "4500001e000100004001ee98c612000bc6120001"
                + "00009e9a00010002"
                + "6162");
  }

  @Test
  void checksumOfTheEchoReplyWrapsAround() {
    assertThat(reply(PING.formatted("f9ff"))).contains("0000020000010002");
  }

  @Test
  void echoThatIsNotForUs() {
    assertThat(reply(PING.formatted("0000").replace("c612000b", "c612000c"))).isNull();
    assertThat(reply(PING.formatted("0000").replace("45000", "46000"))).as("options").isNull();
    assertThat(reply(PING.formatted("0000").replace("4001", "4011"))).as("UDP").isNull();
    assertThat(reply(PING.formatted("0000").replace("6162", "").substring(0, 80))).isNull();
  }

  private static String ipv6(String payload, String source, String destination) {
    return OURS
        + PEER
        + "86dd"
        + "60000000%04x3aff".formatted(payload.length() / 2)
        + source
        + destination
        + payload;
  }

  @Test
  void icmpv6EchoRequest() {
    String request = "8000%s000100026162";
    String frame = ipv6(request.formatted("1234"), PEER_LINK_LOCAL, LINK_LOCAL);

    String reply = reply(frame);

    assertThat(reply)
        .isEqualTo(
            PEER
                + OURS
                + "86dd"
                + "60000000000a3aff"
                + LINK_LOCAL
                + PEER_LINK_LOCAL
                + "8100"
                + "1134"
                + "000100026162");
    assertThat(reply(frame.replace("1234", "00ff"))).contains("8100fffe0001");
  }

  @Test
  void neighbourSolicitation() {
    String option = "0101" + PEER;
    String group = "ff0200000000000000000001ff000011";
    String request = "87001234" + "00000000" + LINK_LOCAL + option;

    String reply = reply(ipv6(request, PEER_LINK_LOCAL, group));

    String advertisement = "8800%s" + "60000000" + LINK_LOCAL + "0201" + OURS;
    String sum = checksum(LINK_LOCAL + PEER_LINK_LOCAL + advertisement.formatted("0000"));
    assertThat(reply)
        .isEqualTo(
            PEER
                + OURS
                + "86dd"
                + "6000000000203aff"
                + LINK_LOCAL
                + PEER_LINK_LOCAL
                + advertisement.formatted(sum));
  }

  /** Of addresses and message, in the plain way; with the message's length and protocol. */
  private static String checksum(String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex);
    int sum = 32 + 58;
    for (int i = 0; i < bytes.length; i += 2) {
      sum += (bytes[i] & 0xff) * 256 + (bytes[i + 1] & 0xff);
      if (sum > 0xffff) {
        sum -= 0xffff;
      }
    }
    return "%04x".formatted(0xffff - sum);
  }

  @Test
  void neighbourSolicitationsThatAreNotAnswered() {
    String option = "0101" + PEER;
    String request = "87001234" + "00000000" + LINK_LOCAL + option;
    String good = ipv6(request, PEER_LINK_LOCAL, LINK_LOCAL);
    assertThat(reply(good)).isNotNull();
    assertThat(reply(good.replace("3aff", "3afe"))).as("forwarded").isNull();
    assertThat(reply(good.replace(LINK_LOCAL + "0101", LINK_LOCAL + "0e01"))).isNull();
    assertThat(reply(good.replace("00000000" + LINK_LOCAL, "00000000" + PEER_LINK_LOCAL)))
        .as("for somebody else")
        .isNull();
    assertThat(reply(good.substring(0, good.length() - 2))).as("too short").isNull();
  }
}
