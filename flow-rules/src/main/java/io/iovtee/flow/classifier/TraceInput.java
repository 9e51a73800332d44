// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import io.iovtee.flow.Match;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.flow.text.FlowSyntaxException;
import java.util.HexFormat;

/**
 * A frame to be traced, written as for {@code ofproto/trace}: a match, or a port and the bytes.
 *
 * @param inPort name of the port that the frame comes from
 * @param frame its bytes, without the checksum
 */
public record TraceInput(String inPort, byte[] frame) {
  /** An Ethernet header. */
  private static final int LENGTH_MIN = 14;

  /** What the switch's own buffers hold. */
  public static final int LENGTH_MAX = 1536;

  /**
   * Reads it.
   *
   * @param flow the match, for example {@code in_port=uplink,tcp,tp_dst=80}; in_port must be there,
   *     and with {@code hex} it must be alone
   * @param hex the frame in hexadecimal digits; blanks and colons between them are left out; empty
   *     for a frame made from the match
   * @throws IllegalArgumentException with what is wrong and what is allowed
   */
  public static TraceInput parse(String flow, String hex) {
    Match match;
    try {
      match = FlowRuleParser.parseFrame(flow);
    } catch (FlowSyntaxException e) {
      throw new IllegalArgumentException(
          "column " + e.column() + ": " + e.text() + ": " + e.problem(), e);
    }
    String inPort = match.inPort();
    if (inPort == null) {
      throw new IllegalArgumentException(
          "in_port is missing: say where the frame comes from, for example in_port=uplink");
    }
    if (match.table() != 0 || match.fields().stream().anyMatch(field -> field.field().isState())) {
      throw new IllegalArgumentException(
          "a frame starts in table 0 with metadata and registers 0: " + flow);
    }
    if (hex.isBlank()) {
      return new TraceInput(inPort, SampleFrame.of(match));
    }
    if (!match.fields().isEmpty()) {
      throw new IllegalArgumentException(
          "with the bytes of a frame only in_port can be given: " + flow);
    }
    return new TraceInput(inPort, bytes(hex));
  }

  private static byte[] bytes(String hex) {
    byte[] frame;
    try {
      frame = HexFormat.of().parseHex(hex.replaceAll("[\\s:]", ""));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("not hexadecimal digits in pairs: " + e.getMessage(), e);
    }
    if (frame.length < LENGTH_MIN || frame.length > LENGTH_MAX) {
      throw new IllegalArgumentException(
          "a frame has %d to %d bytes: length=%d".formatted(LENGTH_MIN, LENGTH_MAX, frame.length));
    }
    return frame;
  }
}
