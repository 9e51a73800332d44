// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import io.iovtee.flow.FieldMatch;
import io.iovtee.flow.Match;
import io.iovtee.flow.MatchField;
import io.iovtee.flow.text.FlowRuleFormatter;

/** Writes what a switch knows about a frame as the match that is for it alone. */
public final class FlowKeyFormatter {
  private FlowKeyFormatter() {}

  /**
   * The key at {@code offset} as a match on all fields that the frame has.
   *
   * @param inPort name of the port
   */
  public static String format(long[] keys, int offset, String inPort) {
    Match.Builder match = Match.builder().inPort(inPort);
    // The order of the constants sets dl_type and nw_proto before what needs them.
    addAll(match, keys, offset, MatchField.DL_TYPE, MatchField.NW_PROTO, MatchField.NW_FRAG);
    for (MatchField field : MatchField.values()) {
      boolean partOfTag = field == MatchField.DL_VLAN || field == MatchField.DL_VLAN_PCP;
      if (field != MatchField.IN_PORT && !partOfTag && !isUnsetState(field, keys, offset)) {
        addAll(match, keys, offset, field);
      }
    }
    return FlowRuleFormatter.format(match.build());
  }

  /** Metadata and registers are told only where a rule has set them. */
  private static boolean isUnsetState(MatchField field, long[] keys, int offset) {
    return field.isState() && FlowKey.get(field, keys, offset) == 0;
  }

  private static void addAll(Match.Builder match, long[] keys, int offset, MatchField... fields) {
    for (MatchField field : fields) {
      if (match.allows(field)) {
        int word = field.word();
        long high = field.isWide() ? keys[offset + word] : 0;
        long low = keys[offset + (field.isWide() ? word + 1 : word)];
        match.with(
            new FieldMatch(
                field,
                high,
                field.extract(low) & field.exactMask(),
                field.isWide() ? -1L : 0,
                field.exactMask()));
      }
    }
  }
}
