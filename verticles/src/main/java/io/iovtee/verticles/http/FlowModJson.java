// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.store.FlowMod;
import io.iovtee.flow.text.FlowModParser;
import io.iovtee.flow.text.FlowModParser.Verb;
import io.iovtee.flow.text.FlowSyntaxException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Bundles of commands to the rule table: OVS text, a command a line, or JSON, in which a command is
 * a rule with {@code command} beside its other members; deletions need no actions.
 */
final class FlowModJson {
  private FlowModJson() {}

  /** Reads an array of commands, or an object with an array under {@code bundle}; or text. */
  static List<FlowMod> mods(RequestBody body) {
    if (!body.isJson()) {
      try {
        return FlowModParser.parseMods(body.text());
      } catch (FlowSyntaxException e) {
        throw HttpProblem.badRequest(String.valueOf(e.getMessage()));
      }
    }
    Object json = body.json();
    if (json instanceof JsonArray array) {
      return mods(array, "");
    }
    if (json instanceof JsonObject object) {
      JsonInput input = new JsonInput(object, "").allow("bundle");
      return mods(input.array("bundle"), input.pointer("bundle"));
    }
    throw HttpProblem.badField("", "a bundle must be an array, or an object with one");
  }

  private static List<FlowMod> mods(JsonArray array, String pointer) {
    List<FlowMod> mods = new ArrayList<>();
    for (int i = 0; i < array.size(); i++) {
      mods.add(mod(array.getValue(i), pointer + "/" + i));
    }
    return mods;
  }

  private static FlowMod mod(@Nullable Object json, String pointer) {
    if (!(json instanceof JsonObject object)) {
      throw HttpProblem.badField(pointer, "a command must be an object");
    }
    Map<String, Object> rule = new LinkedHashMap<>(object.getMap());
    Verb verb;
    try {
      Object word = rule.remove("command");
      verb = word == null ? Verb.ADD : Verb.ofWord(word.toString());
    } catch (IllegalArgumentException e) {
      throw HttpProblem.badField(pointer + "/command", String.valueOf(e.getMessage()));
    }
    boolean deletes = verb == Verb.DELETE || verb == Verb.DELETE_STRICT;
    if (deletes && rule.containsKey("actions")) {
      throw HttpProblem.badField(pointer + "/actions", "a deletion has no actions");
    }
    if (verb == Verb.DELETE && rule.containsKey("priority")) {
      throw HttpProblem.badField(
          pointer + "/priority", "delete takes rules of any priority; use delete_strict");
    }
    if (deletes) {
      rule.put("actions", List.of("drop"));
    }
    FlowRule read = FlowJson.rule(rule, pointer);
    return FlowModParser.mod(verb, read);
  }
}
