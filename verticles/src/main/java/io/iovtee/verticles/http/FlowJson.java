// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.api.FlowTable.Expired;
import io.iovtee.api.FlowTable.FlowEntry;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.text.FlowRuleFormatter;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.flow.text.FlowRuleTree;
import io.iovtee.flow.text.FlowSyntaxException;
import io.iovtee.flow.text.FlowTreeException;
import io.iovtee.verticles.flows.FlowsView;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Rules as JSON: OVS's field names under {@code match}, actions as OVS text ({@code output:nf1}) or
 * as objects ({@code {"type":"OUTPUT","port":"nf1"}}), the form that OpenFlow controllers use.
 */
final class FlowJson {
  /** Rules that one event tells of: a second may take all of a table. */
  private static final int EXPIRED_MAX = 100;

  private FlowJson() {}

  // ---- out -----------------------------------------------------------------------------------

  static JsonObject view(FlowsView view) {
    JsonObject json = json(view);
    view.next().ifPresent(next -> json.put("next", next));
    return json;
  }

  /** What a command did; of many rules only the first. */
  static JsonObject changed(FlowsView view) {
    return json(view).put("changed", view.count());
  }

  private static JsonObject json(FlowsView view) {
    JsonArray flows = new JsonArray();
    view.entries().stream()
        .limit(FlowRoutes.PAGE_RULES_MAX)
        .forEach(entry -> flows.add(entry(entry)));
    return new JsonObject()
        .put("version", view.version())
        .put("total", view.total())
        .put("flows", flows);
  }

  /** Rules that went by themselves; of many only the first. */
  static JsonObject expired(List<Expired> expired) {
    JsonArray flows = new JsonArray();
    expired.stream()
        .limit(EXPIRED_MAX)
        .forEach(one ->
            flows.add(
                entry(one.entry()).put("reason", one.reason().name().toLowerCase(Locale.ROOT))));
    return new JsonObject().put("count", expired.size()).put("flows", flows);
  }

  static JsonObject entry(FlowEntry entry) {
    FlowRule rule = entry.rule();
    JsonObject json = new JsonObject().put("id", entry.id());
    FlowRuleTree.of(rule).forEach(json::put);
    return json.put("rule", FlowRuleFormatter.format(rule))
        .put("packets", entry.packets())
        .put("bytes", entry.bytes())
        .put("age_ms", entry.ageMs())
        .put("idle_ms", entry.idleMs());
  }

  static String table(FlowsView view) {
    TextTable table = new TextTable("ID", "PACKETS", "BYTES", "AGE", "RULE");
    for (FlowEntry entry : view.entries()) {
      table.row(
          entry.id(),
          entry.packets(),
          entry.bytes(),
          String.format(Locale.ROOT, "%.1fs", entry.ageMs() / 1000.0),
          FlowRuleFormatter.format(entry.rule()));
    }
    return table.toString();
  }

  /** The rules alone, one a line: what a replace reads back. */
  static String rules(FlowsView view) {
    StringBuilder lines = new StringBuilder();
    view.entries()
        .forEach(entry -> lines.append(FlowRuleFormatter.format(entry.rule())).append('\n'));
    return lines.toString();
  }

  // ---- in ------------------------------------------------------------------------------------

  /** Reads one rule, an array of rules, or an object with an array under {@code flows}. */
  static List<FlowRule> rules(RequestBody body) {
    if (!body.isJson()) {
      try {
        return FlowRuleParser.parseRules(body.text());
      } catch (FlowSyntaxException e) {
        throw HttpProblem.badRequest(String.valueOf(e.getMessage()));
      }
    }
    Object json = body.json();
    if (json instanceof JsonArray array) {
      return rules(array, "");
    }
    if (json instanceof JsonObject object && object.containsKey("flows")) {
      JsonInput input = new JsonInput(object, "").allow("flows");
      return rules(input.array("flows"), input.pointer("flows"));
    }
    return List.of(rule(json, ""));
  }

  /** Reads an array that stands at the pointer. */
  static List<FlowRule> rules(JsonArray array, String pointer) {
    List<FlowRule> rules = new ArrayList<>();
    for (int i = 0; i < array.size(); i++) {
      rules.add(rule(array.getValue(i), pointer + "/" + i));
    }
    return rules;
  }

  static FlowRule rule(@Nullable Object json, String pointer) {
    try {
      return FlowRuleTree.read(json instanceof JsonObject object ? object.getMap() : json);
    } catch (FlowTreeException e) {
      throw HttpProblem.badField(pointer + e.pointer(), e.problem());
    }
  }
}
