// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.Action;
import io.iovtee.flow.FlowRule;
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
        actions = new ActionReader(line, word).read();
      } else {
        readWord(word);
      }
    }
    return new FlowRule(priority, cookie, match.build(), actions, idleTimeoutS, hardTimeoutS);
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
      if (number(word, 255) != 0) {
        throw line.error(word, "not supported: more than one table; allowed: table=0");
      }
    } else if (!match.take(word) && !STATISTICS.contains(word.name())) {
      throw match.unknown(word, "priority cookie idle_timeout hard_timeout actions ");
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
