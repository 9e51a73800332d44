// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.Action;
import io.iovtee.flow.FieldMatch;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import io.iovtee.flow.MatchField;
import org.jspecify.annotations.Nullable;

/**
 * Writes rules in the text form of OVS: cookie, timeouts, table and priority if they are not the
 * default, the protocol by its shorthand, then the fields in the order in which OVS prints them. No
 * state, any thread.
 */
public final class FlowRuleFormatter {
  /** Room for most rules. */
  private static final int LENGTH_USUAL = 128;

  private FlowRuleFormatter() {}

  /** One line that {@link FlowRuleParser} reads back as an equal rule. */
  public static String format(FlowRule rule) {
    StringBuilder text = new StringBuilder(LENGTH_USUAL);
    if (rule.cookie() != 0) {
      text.append("cookie=0x").append(Long.toHexString(rule.cookie())).append(',');
    }
    if (rule.idleTimeoutS() != 0) {
      text.append("idle_timeout=").append(rule.idleTimeoutS()).append(',');
    }
    if (rule.hardTimeoutS() != 0) {
      text.append("hard_timeout=").append(rule.hardTimeoutS()).append(',');
    }
    if (rule.table() != 0) {
      text.append("table=").append(rule.table()).append(',');
    }
    if (rule.priority() != FlowRule.PRIORITY_DEFAULT) {
      text.append("priority=").append(rule.priority()).append(',');
    }
    appendMatch(text, rule.match());
    text.append("actions=");
    for (int i = 0; i < rule.actions().size(); i++) {
      text.append(i == 0 ? "" : ",").append(format(rule.actions().get(i)));
    }
    return text.toString();
  }

  /** The part of a rule that says which frames; empty if all. */
  public static String format(Match match) {
    StringBuilder text = new StringBuilder();
    appendMatch(text, match);
    return text.isEmpty() ? "" : text.substring(0, text.length() - 1);
  }

  /** One action. */
  public static String format(Action action) {
    return switch (action) {
      case Action.Output(String port) -> "output:" + port;
      case Action.Drop() -> "drop";
      case Action.Normal() -> "NORMAL";
      case Action.Flood() -> "FLOOD";
      case Action.InPort() -> "IN_PORT";
      case Action.SetField set -> SetFieldSyntax.format(set);
      case Action.PushVlan(int type) -> "push_vlan:0x%04x".formatted(type);
      case Action.PopVlan() -> "strip_vlan";
      case Action.DecTtl() -> "dec_ttl";
      case Action.Move move -> MoveSyntax.format(move);
      case Action.Resubmit(int table, String port) ->
          "resubmit(%s,%d)".formatted(port == null ? "" : port, table);
      case Action.GotoTable(int table) -> "goto_table:" + table;
      case Action.Mirror(String port) -> "mirror:" + port;
      case Action.Punt(int lengthMax) ->
          lengthMax == Action.Punt.WHOLE_FRAME ? "punt" : "punt:" + lengthMax;
      case Action.Group(long group) -> "group:" + group;
      case Action.Meter(long meter) -> "meter:" + meter;
    };
  }

  private static void appendMatch(StringBuilder text, Match match) {
    Shorthand shorthand = Shorthand.of(match);
    if (shorthand != null) {
      text.append(shorthand.word()).append(',');
    }
    if (match.inPort() != null) {
      text.append("in_port=").append(match.inPort()).append(',');
    }
    for (FieldMatch field : match.fields()) {
      if (!isSaidBy(shorthand, field.field())) {
        text.append(field.field().fieldName())
            .append('=')
            .append(FieldSyntax.format(field))
            .append(',');
      }
    }
  }

  private static boolean isSaidBy(@Nullable Shorthand shorthand, MatchField field) {
    return shorthand != null
        && (field == MatchField.DL_TYPE
            || (field == MatchField.NW_PROTO && shorthand.protocol() != Shorthand.ANY_PROTOCOL));
  }
}
