// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.Action;
import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import io.iovtee.flow.store.RuleFilter;
import io.iovtee.flow.text.FlowModParser.Verb;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Reads one rule, or with a range of ports several, from one line. The words may stand in any
 * order, only the actions come last.
 */
final class RuleReader {
  /** Fields that only {@code ovs-ofctl dump-flows} prints; it ignores them in its input, too. */
  private static final Set<String> STATISTICS =
      Set.of("duration", "n_packets", "n_bytes", "idle_age", "hard_age");

  /** What is no part of a match. */
  static final List<String> OF_RULES_ALONE =
      List.of("priority", "cookie", "idle_timeout", "hard_timeout");

  private final Line line;
  private final KnownActions known;
  private final MatchReader match;
  private final Set<String> seen = new HashSet<>();
  private int priority = FlowRule.PRIORITY_DEFAULT;
  private long cookie;
  private int idleTimeoutS;
  private int hardTimeoutS;
  private int table;
  private int actionsColumn;

  /** What the rule is read for, and which rules that is for. */
  private final Verb verb;

  private long filterCookie;
  private long filterMask;
  private final List<Action> filterActions = new ArrayList<>();

  /** A rule of its own, or one that is added. */
  RuleReader(Line line) {
    this(line, Verb.ADD);
  }

  /** A rule among others. */
  RuleReader(Line line, KnownActions known) {
    this(line, Verb.ADD, known);
  }

  /** What a command says. */
  RuleReader(Line line, Verb verb) {
    this(line, verb, new KnownActions());
  }

  private RuleReader(Line line, Verb verb, KnownActions known) {
    this.line = line;
    this.known = known;
    this.verb = verb;
    match = new MatchReader(line);
  }

  /** Which rules are meant, once the rule is read. */
  RuleFilter filter() {
    return new RuleFilter(filterCookie, filterMask, filterActions);
  }

  /** Whether this word was given. */
  boolean names(String word) {
    return seen.contains(word);
  }

  /** The rule of a line that says one. */
  FlowRule read() {
    List<Action> actions = readToEnd();
    return rule(match.build(), actions);
  }

  /** All rules that the line stands for. */
  List<FlowRule> readAll() {
    List<Action> actions = readToEnd();
    return match.buildAll().stream().map(frames -> rule(frames, actions)).toList();
  }

  private List<Action> readToEnd() {
    List<Action> actions = null;
    while (actions == null) {
      Word word = line.nextWord();
      if (word == null) {
        throw line.error(
            line.length() + 1,
            "end of line",
            "a rule ends with actions=, for example actions=drop");
      }
      if (word.name().equals("actions") || word.name().equals("action")) {
        actionsColumn = word.start() + 1;
        actions = known.read(line, word, table);
      } else {
        readWord(word);
      }
    }
    return actions;
  }

  private FlowRule rule(Match frames, List<Action> actions) {
    try {
      return new FlowRule(priority, cookie, frames, actions, idleTimeoutS, hardTimeoutS);
    } catch (IllegalArgumentException e) {
      throw line.error(actionsColumn, "actions", String.valueOf(e.getMessage()));
    }
  }

  private void readWord(Word word) {
    if (word.name().equals("priority")) {
      once(word);
      priority = (int) number(word, FlowRule.PRIORITY_MAX);
    } else if (word.name().equals("cookie")) {
      readCookie(word);
    } else if (verb.deletes() && word.name().equals("out_port")) {
      once(word);
      filterActions.add(ActionReader.output(line, word, match.valueOf(word)));
    } else if (verb.deletes() && word.name().equals("out_group")) {
      once(word);
      filterActions.add(new Action.Group(number(word, FlowGroup.ID_MAX)));
    } else if (word.name().equals("idle_timeout")) {
      once(word);
      idleTimeoutS = (int) number(word, FlowRule.TIMEOUT_MAX_S);
    } else if (word.name().equals("hard_timeout")) {
      once(word);
      hardTimeoutS = (int) number(word, FlowRule.TIMEOUT_MAX_S);
    } else if (word.name().equals("table")) {
      once(word);
      if ("255".equals(word.value())) {
        throw line.error(word, "not supported: all tables at once; allowed: 0 to 254");
      }
      table = (int) number(word, Match.TABLE_MAX);
      match.table(table);
    } else if (!match.take(word) && !STATISTICS.contains(word.name())) {
      throw match.unknown(word, "table priority cookie idle_timeout hard_timeout actions ");
    }
  }

  /** {@code cookie=VALUE} is the rule's own, {@code cookie=VALUE/MASK} says which rules. */
  private void readCookie(Word word) {
    String value = match.valueOf(word);
    int slash = value.indexOf('/');
    if (slash < 0 && verb.deletes()) {
      throw line.error(
          word, "which cookies is written with a mask: cookie=VALUE/MASK, as in cookie=1/-1");
    }
    if (slash < 0) {
      once(word);
      cookie = number(word, -1L);
      return;
    }
    if (verb == Verb.ADD) {
      throw line.error(word, "a cookie's mask goes with modify and delete only");
    }
    if (!seen.add("cookie's mask")) {
      throw line.error(word, "the cookie's mask is given twice");
    }
    try {
      filterCookie = bits(value.substring(0, slash));
      filterMask = bits(value.substring(slash + 1));
    } catch (IllegalArgumentException e) {
      throw line.error(word, e);
    }
  }

  /** As in OVS -1 stands for all bits. */
  private static long bits(String text) {
    return text.equals("-1") ? -1L : NumberSyntax.parse(text, -1L);
  }

  private void once(Word word) {
    if (!seen.add(word.name())) {
      throw line.error(word, word.name() + " is given twice");
    }
  }

  private long number(Word word, long max) {
    try {
      return NumberSyntax.parse(match.valueOf(word), max);
    } catch (IllegalArgumentException e) {
      throw line.error(word, e);
    }
  }
}
