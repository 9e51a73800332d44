// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.FieldMatch;
import io.iovtee.flow.MatchField;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code tp_dst=1000-1999}: a range of ports, which no single rule can match. It is taken for the
 * fewest rules that match the same ports, with a mask each ({@code 0x3e8/0xfff8}, ...):
 * ovs-fields(7) shows how to write them by hand.
 */
final class PortRange {
  /** Rules that a range becomes at most: those of 1-65534. */
  static final int RULES_MAX = 30;

  private static final int PORT_MAX = 0xffff;

  private PortRange() {}

  /** Whether the value of this field is a range. */
  static boolean isRange(MatchField field, String value) {
    return (field == MatchField.TP_SRC || field == MatchField.TP_DST) && value.indexOf('-') > 0;
  }

  /**
   * The matches that together are the range, lowest ports first.
   *
   * @throws IllegalArgumentException with what is wrong and what is allowed
   */
  static List<FieldMatch> parse(MatchField field, String value) {
    int dash = value.indexOf('-');
    int first = (int) NumberSyntax.parse(value.substring(0, dash), PORT_MAX);
    int last = (int) NumberSyntax.parse(value.substring(dash + 1), PORT_MAX);
    if (first > last) {
      throw new IllegalArgumentException("the first port is above the last");
    }
    List<FieldMatch> parts = new ArrayList<>();
    for (int from = first; from <= last; ) {
      // The largest block that starts here: as its place allows, and no longer than what is left.
      int aligned = from == 0 ? PORT_MAX + 1 : Integer.lowestOneBit(from);
      int length = Math.min(aligned, Integer.highestOneBit(last - from + 1));
      parts.add(FieldMatch.masked(field, from, PORT_MAX + 1 - length));
      from += length;
    }
    return parts;
  }
}
