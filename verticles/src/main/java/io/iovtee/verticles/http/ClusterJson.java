// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.text.FlowRuleFormatter;
import io.iovtee.flow.text.FlowRuleTree;
import io.iovtee.verticles.cluster.ClusterView;
import io.iovtee.verticles.cluster.ClusterView.Row;
import io.iovtee.verticles.cluster.DesiredRules;
import io.iovtee.verticles.cluster.MemberStatus;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The cluster, its members and its rules as JSON and as tables. */
final class ClusterJson {
  private ClusterJson() {}

  /** Where no cluster is configured. */
  static JsonObject none() {
    return new JsonObject().put("enabled", false);
  }

  static JsonObject view(ClusterView view) {
    JsonArray members = new JsonArray();
    view.members().forEach(row -> members.add(member(row, view)));
    return new JsonObject()
        .put("enabled", true)
        .put("name", view.name())
        .put("self", view.self())
        .put("state", view.state().name().toLowerCase(Locale.ROOT))
        .put("since", time(view.sinceMs()))
        .put("configured", view.listed())
        .put("live", view.live())
        .put("quorum", view.quorum())
        .put("problem", view.problem())
        .put(
            "rules",
            new JsonObject()
                .put("version", view.rules().version())
                .put("total", view.rules().rules().size())
                .put("changed_at", time(view.rules().changedMs()))
                .put("changed_by", view.rules().changedBy()))
        .put("members", members);
  }

  static JsonObject member(Row row, ClusterView view) {
    MemberStatus status = row.status();
    MemberStatus.Switched switched = status.switched();
    return new JsonObject()
        .put("name", row.name())
        .put("state", row.live() ? "live" : "gone")
        .put("since", time(row.sinceMs()))
        .put("self", row.self())
        .put("oldest", row.oldest())
        .put("address", row.address())
        .put("http", status.http())
        .put("version", status.version())
        .put("started", time(status.startedMs()))
        .put("ports", switched.ports())
        .put("ports_up", switched.portsUp())
        .put("loops", switched.loops())
        .put("mappings", switched.mappings())
        .put("rx_pps", switched.rxPps())
        .put("tx_pps", switched.txPps())
        .put("rules_version", status.applied().version())
        .put("behind", isBehind(row, view))
        .put("left_out", status.applied().leftOutCount())
        .put("left_out_rules", new JsonArray(status.applied().leftOut()))
        .put("error", status.applied().error())
        .put("problem", status.problem());
  }

  /** Null for a time that nobody knows. */
  private static @Nullable Object time(long ms) {
    return ms == 0 ? null : Instant.ofEpochMilli(ms).toString();
  }

  private static boolean isBehind(Row row, ClusterView view) {
    return row.status().applied().version() != view.rules().version();
  }

  /** One line for people. */
  static String summary(ClusterView view) {
    String state =
        switch (view.state()) {
          case STARTING -> "not met yet";
          case MAJORITY -> "rules can be changed";
          case MINORITY -> "no majority, rules can not be changed";
        };
    return "cluster %s, seen by %s: %d of %d members, %s; rules version %d (%s)%s"
        .formatted(
            TextTable.printable(view.name()),
            view.self(),
            view.live(),
            view.listed(),
            state,
            view.rules().version(),
            FlowRoutes.counted(view.rules().rules().size(), "rule"),
            view.problem().isEmpty() ? "" : "; " + TextTable.printable(view.problem()));
  }

  static String table(ClusterView view) {
    TextTable table =
        new TextTable(
            "NAME",
            "STATE",
            "FOR",
            "RULES",
            "LEFT OUT",
            "PORTS",
            "LOOPS",
            "MAPPINGS",
            "RX PPS",
            "TX PPS",
            "UP",
            "VERSION",
            "HTTP");
    for (Row row : view.members()) {
      MemberStatus status = row.status();
      MemberStatus.Switched switched = status.switched();
      table.row(
          row.name() + (row.self() ? " (here)" : ""),
          row.live() ? row.oldest() ? "oldest" : "live" : "gone",
          age(row.sinceMs()),
          rulesText(row, view),
          status.applied().leftOutCount(),
          switched.portsUp() + "/" + switched.ports(),
          switched.loops(),
          switched.mappings(),
          Math.round(switched.rxPps()),
          Math.round(switched.txPps()),
          row.live() ? age(status.startedMs()) : "-",
          status.version(),
          status.http());
    }
    return summary(view) + "\n" + table;
  }

  private static String rulesText(Row row, ClusterView view) {
    String error = row.status().applied().error().isEmpty() ? "" : " (error)";
    return row.status().applied().version() + (isBehind(row, view) ? " (behind)" : "") + error;
  }

  private static String age(long sinceMs) {
    if (sinceMs == 0) {
      return "-";
    }
    Duration age = Duration.ofMillis(Math.max(0, System.currentTimeMillis() - sinceMs));
    return age.toDays() > 0
        ? "%dd%dh".formatted(age.toDays(), age.toHoursPart())
        : age.toHours() > 0
            ? "%dh%dm".formatted(age.toHours(), age.toMinutesPart())
            : age.toMinutes() > 0
                ? "%dm%ds".formatted(age.toMinutes(), age.toSecondsPart())
                : age.toSeconds() + "s";
  }

  /** All that is known of a member, a line each. */
  static String details(Row row, ClusterView view) {
    StringBuilder text = new StringBuilder();
    for (var member : member(row, view)) {
      if (member.getValue() instanceof JsonArray rules) {
        rules.forEach(rule -> line(text, "left out", rule));
      } else if (member.getValue() != null && !"".equals(member.getValue())) {
        line(text, member.getKey().replace('_', ' '), member.getValue());
      }
    }
    return text.toString();
  }

  private static void line(StringBuilder text, String key, Object value) {
    text.append("%-14s %s%n".formatted(key, TextTable.printable(String.valueOf(value))));
  }

  static JsonObject rules(DesiredRules rules) {
    JsonArray flows = new JsonArray();
    for (FlowRule rule : rules.rules()) {
      JsonObject json = new JsonObject();
      FlowRuleTree.of(rule).forEach(json::put);
      flows.add(json.put("rule", FlowRuleFormatter.format(rule)));
    }
    return new JsonObject()
        .put("version", rules.version())
        .put("total", rules.rules().size())
        .put("changed_at", time(rules.changedMs()))
        .put("changed_by", rules.changedBy())
        .put("flows", flows);
  }

  /** One rule a line: what a replacement reads back. */
  static String rulesText(DesiredRules rules) {
    StringBuilder text = new StringBuilder();
    rules.rules().forEach(rule -> text.append(FlowRuleFormatter.format(rule)).append('\n'));
    return text.toString();
  }
}
