// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.Action;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Reads one rule from one line. The words may stand in any order, only the actions come last. */
final class RuleReader {
  /** Fields that only {@code ovs-ofctl dump-flows} prints; it ignores them in its input, too. */
  private static final Set<String> STATISTICS =
      Set.of("duration", "n_packets", "n_bytes", "idle_age", "hard_age");

  private final Line line;
  private final MatchReader match;
  private final Set<String> seen = new HashSet<>();
  private int priority = FlowRule.PRIORITY_DEFAULT;
  private long cookie;
  private int idleTimeoutS;
  private int hardTimeoutS;
  private int table;
  private int actionsColumn;

  RuleReader(Line line) {
    this.line = line;
    match = new MatchReader(line);
  }

  FlowRule read() {
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
        actions = new ActionReader(line, word, table).read();
      } else {
        readWord(word);
      }
    }
    Match frames = match.build();
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
      once(word);
      cookie = number(word, -1L);
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
