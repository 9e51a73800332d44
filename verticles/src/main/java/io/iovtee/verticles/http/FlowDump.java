// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.api.FlowTable.FlowEntry;
import io.iovtee.flow.Action;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.text.FlowRuleFormatter;
import io.iovtee.verticles.flows.FlowsView;
import java.util.List;

/** Rules as {@code ovs-ofctl dump-flows} prints them; what it prints can be read back as rules. */
final class FlowDump {
  /** In place of a rule's own actions, some of which only stand in their own table. */
  private static final List<Action> BARE = List.of(Action.DROP);

  private static final int BARE_LENGTH = "actions=drop".length();

  /** Most lines are shorter. */
  private static final int LINE_LENGTH_USUAL = 192;

  private FlowDump() {}

  static String text(FlowsView view) {
    StringBuilder text = new StringBuilder(view.entries().size() * LINE_LENGTH_USUAL);
    view.entries().forEach(entry -> append(entry, text));
    return text.toString();
  }

  private static void append(FlowEntry entry, StringBuilder text) {
    FlowRule rule = entry.rule();
    text.append(" cookie=0x").append(Long.toHexString(rule.cookie()));
    text.append(", duration=");
    appendSeconds(entry.ageMs(), text);
    text.append("s, table=").append(rule.table());
    text.append(", n_packets=").append(entry.packets());
    text.append(", n_bytes=").append(entry.bytes()).append(", ");
    if (rule.idleTimeoutS() != 0) {
      text.append("idle_timeout=").append(rule.idleTimeoutS()).append(", ");
    }
    if (rule.hardTimeoutS() != 0) {
      text.append("hard_timeout=").append(rule.hardTimeoutS()).append(", ");
    }
    text.append("idle_age=").append(entry.idleMs() / 1000).append(", ");
    appendRule(rule, text);
    text.append('\n');
  }

  private static void appendSeconds(long ms, StringBuilder text) {
    text.append(ms / 1000).append('.');
    long rest = ms % 1000;
    text.append(rest < 100 ? "0" : "").append(rest < 10 ? "0" : "").append(rest);
  }

  /** Priority and match, a blank, the actions; the table stands before them. */
  private static void appendRule(FlowRule rule, StringBuilder text) {
    String line =
        FlowRuleFormatter.format(new FlowRule(rule.priority(), 0, rule.match().inTable(0), BARE));
    int match = line.length() - BARE_LENGTH;
    if (match > 0) {
      text.append(line, 0, match - 1).append(' ');
    }
    text.append("actions=");
    for (int i = 0; i < rule.actions().size(); i++) {
      text.append(i == 0 ? "" : ",").append(FlowRuleFormatter.format(rule.actions().get(i)));
    }
  }
}
