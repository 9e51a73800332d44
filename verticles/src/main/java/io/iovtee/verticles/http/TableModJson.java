// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.FlowMeter;
import io.iovtee.flow.store.FlowMod;
import io.iovtee.flow.store.GroupStore;
import io.iovtee.flow.store.RuleFilter;
import io.iovtee.flow.store.TableContent;
import io.iovtee.flow.store.TableMod;
import io.iovtee.flow.text.FlowModParser;
import io.iovtee.flow.text.FlowModParser.Verb;
import io.iovtee.flow.text.FlowSyntaxException;
import io.iovtee.flow.text.FlowTreeException;
import io.iovtee.flow.text.GroupModTree;
import io.iovtee.flow.text.GroupTree;
import io.iovtee.flow.text.MeterSyntax;
import io.iovtee.flow.text.TableModParser;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * Bundles of commands to rules, groups and meters: OVS text, a command a line, or JSON, in which a
 * command is a rule, group or meter with {@code command} beside its other members; deletions need
 * nothing but what says which are meant. Which rules are meant say also {@code "cookie":
 * "VALUE/MASK"} and, of deletions, {@code out_port} and {@code out_group}.
 */
final class TableModJson {
  private TableModJson() {}

  /** Reads an array of commands, or an object with an array under {@code bundle}; or text. */
  static List<TableMod> mods(RequestBody body) {
    if (!body.isJson()) {
      try {
        return TableModParser.parseMods(body.text());
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

  /**
   * Reads what a table shall have: rules in any of their forms, or an object that has {@code
   * groups}, {@code meters} or both beside {@code flows}.
   *
   * @throws IllegalArgumentException if groups do not go together
   */
  static TableContent content(RequestBody body) {
    if (!body.isJson()
        || !(body.json() instanceof JsonObject object)
        || !(object.containsKey("groups") || object.containsKey("meters"))) {
      return TableContent.ofRules(FlowJson.rules(body));
    }
    JsonInput input = new JsonInput(object, "").allow("flows", "groups", "meters");
    List<FlowGroup> groups = GroupJson.readAll(input, "groups", GroupTree::read);
    List<FlowMeter> meters = GroupJson.readAll(input, "meters", MeterSyntax::read);
    return new TableContent(
        Optional.of(GroupStore.of(groups, meters)),
        FlowJson.rules(input.array("flows"), input.pointer("flows")));
  }

  /** Reads rules whose actions others shall have: one, an array, an array under flows; or text. */
  static List<FlowMod> modifications(RequestBody body, boolean strict) {
    if (!body.isJson()) {
      try {
        return FlowModParser.parseModifications(body.text(), strict);
      } catch (FlowSyntaxException e) {
        throw HttpProblem.badRequest(String.valueOf(e.getMessage()));
      }
    }
    Verb verb = strict ? Verb.MODIFY_STRICT : Verb.MODIFY;
    Object json = body.json();
    if (json instanceof JsonArray array) {
      return modifications(array, "", verb);
    }
    if (json instanceof JsonObject object && object.containsKey("flows")) {
      JsonInput input = new JsonInput(object, "").allow("flows");
      return modifications(input.array("flows"), input.pointer("flows"), verb);
    }
    return List.of(mod(verb, members(json, ""), ""));
  }

  private static List<FlowMod> modifications(JsonArray array, String pointer, Verb verb) {
    List<FlowMod> mods = new ArrayList<>();
    for (int i = 0; i < array.size(); i++) {
      String at = pointer + "/" + i;
      mods.add(mod(verb, members(array.getValue(i), at), at));
    }
    return mods;
  }

  private static List<TableMod> mods(JsonArray array, String pointer) {
    List<TableMod> mods = new ArrayList<>();
    for (int i = 0; i < array.size(); i++) {
      mods.add(mod(array.getValue(i), pointer + "/" + i));
    }
    return mods;
  }

  private static Map<String, Object> members(@Nullable Object json, String pointer) {
    if (json instanceof JsonObject object) {
      return new LinkedHashMap<>(object.getMap());
    }
    throw HttpProblem.badField(pointer, "a command must be an object");
  }

  private static TableMod mod(@Nullable Object json, String pointer) {
    Map<String, Object> members = members(json, pointer);
    Object word = members.remove("command");
    String command = word == null ? "add" : word.toString();
    boolean group = GroupModTree.isGroup(members);
    if (!group && !GroupModTree.isMeter(members)) {
      return ruleMod(command, members, pointer);
    }
    Map<String, Object> tree = new JsonInput(new JsonObject(members), pointer).plain();
    try {
      return group ? GroupModTree.group(command, tree) : GroupModTree.meter(command, tree);
    } catch (FlowTreeException e) {
      throw HttpProblem.badField(pointer + e.pointer(), e.problem());
    }
  }

  private static FlowMod ruleMod(String command, Map<String, Object> rule, String pointer) {
    Verb verb;
    try {
      verb = Verb.ofWord(command);
    } catch (IllegalArgumentException e) {
      throw HttpProblem.badField(pointer + "/command", String.valueOf(e.getMessage()));
    }
    return mod(verb, rule, pointer);
  }

  private static FlowMod mod(Verb verb, Map<String, Object> rule, String pointer) {
    boolean deletes = verb.deletes();
    if (deletes && rule.containsKey("actions")) {
      throw HttpProblem.badField(pointer + "/actions", "a deletion has no actions");
    }
    if (verb == Verb.DELETE && rule.containsKey("priority")) {
      throw HttpProblem.badField(
          pointer + "/priority", "delete takes rules of any priority; use delete_strict");
    }
    boolean named = rule.get("table") != null;
    RuleFilter filter = verb == Verb.ADD ? RuleFilter.ANY : filter(verb, rule, pointer);
    if (deletes) {
      rule.put("actions", List.of("drop"));
    }
    return FlowModParser.mod(verb, FlowJson.rule(rule, pointer), named, filter);
  }

  /** Takes the members out of the rule that say which rules are meant. */
  private static RuleFilter filter(Verb verb, Map<String, Object> rule, String pointer) {
    StringJoiner words = new StringJoiner(",");
    for (String member : List.of("cookie", "out_port", "out_group")) {
      String value = String.valueOf(rule.get(member));
      boolean cookie = member.equals("cookie");
      if (rule.containsKey(member) && (verb.deletes() || (cookie && value.indexOf('/') >= 0))) {
        if (value.chars().anyMatch(c -> c == ',' || Character.isWhitespace(c))) {
          throw HttpProblem.badField(pointer + "/" + member, "must be one value: " + value);
        }
        words.add(member + "=" + value);
        rule.remove(member);
      }
    }
    try {
      return FlowModParser.parseFilter(words.toString());
    } catch (FlowSyntaxException e) {
      String member = e.text().substring(0, Math.max(0, e.text().indexOf('=')));
      throw HttpProblem.badField(pointer + "/" + member, e.text() + ": " + e.problem());
    }
  }
}
