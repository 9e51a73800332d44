// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.api.FlowTable.FlowEntry;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.text.FlowRuleFormatter;
import io.iovtee.verticles.flows.FlowsView;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Rules as {@code ovs-ofctl dump-flows} prints them; what it prints can be read back as rules. */
final class FlowDump {
  private static final Pattern TABLE = Pattern.compile("(?:^|,)table=(\\d+)");

  private FlowDump() {}

  static String text(FlowsView view) {
    StringBuilder text = new StringBuilder();
    view.entries().forEach(entry -> append(entry, text));
    return text.toString();
  }

  private static void append(FlowEntry entry, StringBuilder text) {
    FlowRule rule = entry.rule();
    String line =
        FlowRuleFormatter.format(new FlowRule(rule.priority(), 0, rule.match(), rule.actions()));
    int actions = line.indexOf("actions=");
    String match = line.substring(0, Math.max(0, actions - 1));
    Matcher table = TABLE.matcher(match);
    boolean named = table.find();
    String rest = named ? table.replaceFirst("") : match;
    text.append(" cookie=0x%x, ".formatted(rule.cookie()))
        .append(String.format(Locale.ROOT, "duration=%.3fs, ", entry.ageMs() / 1000.0))
        .append("table=%s, ".formatted(named ? table.group(1) : "0"))
        .append("n_packets=%d, n_bytes=%d, ".formatted(entry.packets(), entry.bytes()));
    if (rule.idleTimeoutS() != 0) {
      text.append("idle_timeout=").append(rule.idleTimeoutS()).append(", ");
    }
    if (rule.hardTimeoutS() != 0) {
      text.append("hard_timeout=").append(rule.hardTimeoutS()).append(", ");
    }
    text.append("idle_age=").append(entry.idleMs() / 1000).append(", ");
    if (!rest.isEmpty()) {
      text.append(rest.startsWith(",") ? rest.substring(1) : rest).append(' ');
    }
    text.append(line, actions, line.length()).append('\n');
  }
}
