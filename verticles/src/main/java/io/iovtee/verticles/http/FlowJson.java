// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.api.FlowTable.FlowEntry;
import io.iovtee.flow.Action;
import io.iovtee.flow.FieldMatch;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import io.iovtee.flow.MatchField;
import io.iovtee.flow.text.FieldSyntax;
import io.iovtee.flow.text.FlowRuleFormatter;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.flow.text.FlowSyntaxException;
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
  private FlowJson() {}

  // ---- out -----------------------------------------------------------------------------------

  static JsonObject view(FlowsView view) {
    JsonArray flows = new JsonArray();
    view.entries().forEach(entry -> flows.add(entry(entry)));
    return new JsonObject()
        .put("version", view.version())
        .put("total", view.total())
        .put("flows", flows);
  }

  static JsonObject entry(FlowEntry entry) {
    FlowRule rule = entry.rule();
    JsonArray actions = new JsonArray();
    rule.actions().forEach(action -> actions.add(FlowRuleFormatter.format(action)));
    return new JsonObject()
        .put("id", entry.id())
        .put("priority", rule.priority())
        .put("cookie", "0x" + Long.toHexString(rule.cookie()))
        .put("match", match(rule.match()))
        .put("actions", actions)
        .put("rule", FlowRuleFormatter.format(rule))
        .put("packets", entry.packets())
        .put("bytes", entry.bytes())
        .put("age_ms", entry.ageMs());
  }

  private static JsonObject match(Match match) {
    JsonObject json = new JsonObject();
    if (match.inPort() != null) {
      json.put("in_port", match.inPort());
    }
    for (FieldMatch field : match.fields()) {
      json.put(field.field().fieldName(), FieldSyntax.format(field));
    }
    return json;
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

  private static List<FlowRule> rules(JsonArray array, String pointer) {
    List<FlowRule> rules = new ArrayList<>();
    for (int i = 0; i < array.size(); i++) {
      rules.add(rule(array.getValue(i), pointer + "/" + i));
    }
    return rules;
  }

  private static FlowRule rule(@Nullable Object json, String pointer) {
    if (!(json instanceof JsonObject object)) {
      throw HttpProblem.badField(pointer, "a rule must be an object");
    }
    JsonInput input =
        new JsonInput(object, pointer).allow("priority", "cookie", "match", "actions");
    int priority = input.integer("priority", FlowRule.PRIORITY_DEFAULT, 0, FlowRule.PRIORITY_MAX);
    long cookie = cookie(input);
    Match match = match(input.object("match"));
    List<Action> actions = actions(input);
    try {
      return new FlowRule(priority, cookie, match, actions);
    } catch (IllegalArgumentException e) {
      throw HttpProblem.badField(pointer, String.valueOf(e.getMessage()));
    }
  }

  private static long cookie(JsonInput input) {
    Object value = input.value("cookie");
    if (value == null) {
      return 0;
    }
    if (value instanceof Integer || value instanceof Long) {
      return ((Number) value).longValue();
    }
    return input.parsed(
        "cookie",
        "0",
        text -> {
          boolean hex = text.startsWith("0x");
          try {
            return Long.parseUnsignedLong(hex ? text.substring(2) : text, hex ? 16 : 10);
          } catch (NumberFormatException e) {
            throw new IllegalArgumentException("must be 64 bits, as 0x1f or 31: cookie=" + text, e);
          }
        });
  }

  static Match match(JsonInput input) {
    Match.Builder builder = Match.builder();
    for (String key : input.keys()) {
      MatchField field = MatchField.byName(key);
      if (field == null) {
        throw HttpProblem.badField(input.pointer(key), "no field has this name: " + key);
      }
      try {
        if (field == MatchField.IN_PORT) {
          builder.inPort(input.requiredText(key));
        } else {
          builder.with(FieldSyntax.parse(field, scalar(input, key)));
        }
      } catch (IllegalArgumentException e) {
        throw HttpProblem.badField(
            input.pointer(key), e.getMessage() + ": " + key + "=" + input.value(key));
      }
    }
    try {
      return builder.build();
    } catch (IllegalArgumentException e) {
      throw HttpProblem.badField(input.here(), String.valueOf(e.getMessage()));
    }
  }

  /** A field's value may be a string or a whole number. */
  private static String scalar(JsonInput input, String key) {
    Object value = input.value(key);
    if (value instanceof String || value instanceof Integer || value instanceof Long) {
      return value.toString();
    }
    throw HttpProblem.badField(input.pointer(key), "must be a string or a whole number: " + value);
  }

  private static List<Action> actions(JsonInput input) {
    JsonArray array = input.array("actions");
    List<Action> actions = new ArrayList<>();
    for (int i = 0; i < array.size(); i++) {
      actions.add(action(array.getValue(i), input.pointer("actions") + "/" + i));
    }
    return actions;
  }

  private static Action action(@Nullable Object json, String pointer) {
    String text;
    if (json instanceof String word) {
      text = word;
    } else if (json instanceof JsonObject object) {
      JsonInput input = new JsonInput(object, pointer).allow("type", "port");
      String type = input.requiredText("type").toLowerCase(Locale.ROOT);
      text = type.equals("output") ? "output:" + input.requiredText("port") : type;
    } else {
      throw HttpProblem.badField(pointer, "an action must be a string or an object");
    }
    try {
      List<Action> parsed = FlowRuleParser.parseRule("actions=" + text).actions();
      if (parsed.size() == 1) {
        return parsed.getFirst();
      }
      throw HttpProblem.badField(pointer, "must be one action: " + text);
    } catch (FlowSyntaxException e) {
      throw HttpProblem.badField(pointer, e.text() + ": " + e.problem());
    }
  }
}
