// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.Action;
import io.iovtee.flow.FieldMatch;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A rule as a tree of maps, lists, texts and numbers, which is what JSON and YAML hold: {@code
 * {"table": 0, "priority": 100, "match": {"in_port": "uplink", "dl_vlan": 5}, "actions":
 * ["output:nf1"]}}. The names, and the texts of values and actions, are those of the text form. No
 * state, any thread.
 */
public final class FlowRuleTree {
  private static final List<String> MEMBERS =
      List.of("table", "priority", "cookie", "idle_timeout", "hard_timeout", "match", "actions");

  private FlowRuleTree() {}

  /** What {@link #read} reads back as an equal rule; maps keep the order of the text form. */
  public static Map<String, Object> of(FlowRule rule) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("table", rule.table());
    tree.put("priority", rule.priority());
    tree.put("cookie", "0x" + Long.toHexString(rule.cookie()));
    if (rule.idleTimeoutS() != 0) {
      tree.put("idle_timeout", rule.idleTimeoutS());
    }
    if (rule.hardTimeoutS() != 0) {
      tree.put("hard_timeout", rule.hardTimeoutS());
    }
    tree.put("match", of(rule.match()));
    tree.put("actions", rule.actions().stream().map(FlowRuleFormatter::format).toList());
    return tree;
  }

  private static Map<String, Object> of(Match match) {
    Map<String, Object> tree = new LinkedHashMap<>();
    if (match.inPort() != null) {
      tree.put("in_port", match.inPort());
    }
    for (FieldMatch field : match.fields()) {
      tree.put(field.field().fieldName(), FieldSyntax.format(field));
    }
    return tree;
  }

  /**
   * Reads a rule. Numbers may be numbers or texts; a protocol's word stands with {@code true}; an
   * action may also be a map with {@code type} and, for output, {@code port}.
   *
   * @throws FlowTreeException if it is none
   */
  public static FlowRule read(@Nullable Object tree) {
    Map<?, ?> rule = Trees.map(tree, "", "a rule must be an object");
    Trees.allow(rule, "", MEMBERS);
    int priority =
        (int) Trees.number(rule, "priority", "", FlowRule.PRIORITY_DEFAULT, FlowRule.PRIORITY_MAX);
    long cookie = Trees.number(rule, "cookie", "", 0, -1L);
    int idleTimeoutS = (int) Trees.number(rule, "idle_timeout", "", 0, FlowRule.TIMEOUT_MAX_S);
    int hardTimeoutS = (int) Trees.number(rule, "hard_timeout", "", 0, FlowRule.TIMEOUT_MAX_S);
    Object match = rule.get("match");
    int table = (int) Trees.number(rule, "table", "", 0, Match.TABLE_MAX);
    Match frames =
        match(match == null ? Map.of() : Trees.map(match, "/match", "must be an object"), table);
    List<Action> actions = actions(rule.get("actions"), "/actions", table);
    try {
      return new FlowRule(priority, cookie, frames, actions, idleTimeoutS, hardTimeoutS);
    } catch (IllegalArgumentException e) {
      throw new FlowTreeException("", String.valueOf(e.getMessage()));
    }
  }

  private static Match match(Map<?, ?> tree, int table) {
    MatchReader reader = new MatchReader(new AtMember());
    reader.table(table);
    for (Map.Entry<?, ?> member : tree.entrySet()) {
      String name = String.valueOf(member.getKey());
      Word word;
      try {
        boolean bare = Shorthand.byWord(name) != null && Boolean.TRUE.equals(member.getValue());
        word = new Word(name, bare ? null : Trees.scalar(member.getValue()), 0, 0, 0);
      } catch (IllegalArgumentException e) {
        throw new FlowTreeException(
            Trees.pointer("/match", name), e.getMessage() + ": " + member.getValue());
      }
      if (!reader.take(word)) {
        throw reader.unknown(word, "");
      }
    }
    try {
      return reader.build();
    } catch (FlowTreeException e) {
      throw e;
    } catch (IllegalArgumentException e) {
      throw new FlowTreeException("/match", String.valueOf(e.getMessage()));
    }
  }

  /** Errors about members of the match. */
  private static final class AtMember implements MatchReader.Errors {
    @Override
    public FlowTreeException error(Word word, String problem) {
      String value = word.value() == null ? "" : ": " + word.name() + "=" + word.value();
      return new FlowTreeException(Trees.pointer("/match", word.name()), problem + value);
    }

    @Override
    public FlowTreeException error(Word word, IllegalArgumentException cause) {
      return error(word, String.valueOf(cause.getMessage()));
    }
  }

  /**
   * Actions of a rule or a bucket.
   *
   * @param pointer where they stand
   * @param table the rule's, or {@link ActionReader#NO_TABLE}
   */
  static List<Action> actions(@Nullable Object tree, String pointer, int table) {
    if (!(tree instanceof List<?> list)) {
      throw new FlowTreeException(pointer, "must be an array");
    }
    if (list.size() > FlowRule.ACTIONS_MAX) {
      throw new FlowTreeException(
          pointer, "a rule may have at most " + FlowRule.ACTIONS_MAX + " actions");
    }
    List<Action> actions = new ArrayList<>();
    for (Object element : list) {
      actions.add(action(element, pointer + "/" + actions.size(), table));
    }
    return actions;
  }

  private static Action action(@Nullable Object tree, String pointer, int table) {
    String text =
        tree instanceof Map<?, ?> map
            ? actionText(map, pointer)
            : tree instanceof String word ? word : null;
    if (text == null) {
      throw new FlowTreeException(pointer, "an action must be a string or an object");
    }
    try {
      List<Action> parsed = ActionReader.parse(text, table);
      if (parsed.size() == 1) {
        return parsed.getFirst();
      }
      throw new FlowTreeException(pointer, "must be one action: " + text);
    } catch (FlowSyntaxException e) {
      throw new FlowTreeException(pointer, e.text() + ": " + e.problem());
    }
  }

  /** The form of OpenFlow controllers' interfaces: {@code {"type":"OUTPUT","port":"nf1"}}. */
  private static String actionText(Map<?, ?> map, String pointer) {
    for (Object member : map.keySet()) {
      if (!"type".equals(member) && !"port".equals(member)) {
        throw new FlowTreeException(
            Trees.pointer(pointer, member), "unknown member; allowed are type, port");
      }
    }
    String type = text(map, "type", pointer).toLowerCase(Locale.ROOT);
    return switch (type) {
      case "output", "mirror" -> type + ":" + text(map, "port", pointer);
      default -> type;
    };
  }

  private static String text(Map<?, ?> map, String member, String pointer) {
    if (map.get(member) instanceof String text && !text.isEmpty()) {
      return text;
    }
    throw new FlowTreeException(Trees.pointer(pointer, member), "is missing or empty");
  }
}
