// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.Action;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Actions of earlier lines of a text. Of a million rules most do what others do: they are read
 * once, and the rules share one list. For one text, one thread.
 */
final class KnownActions {
  /** Texts that are remembered; beyond, rules have little in common. */
  private static final int TEXTS_MAX = 256;

  private final Map<Text, List<Action>> known = new HashMap<>();

  /** What stands behind {@code actions=}, and the table that a resubmit without a table means. */
  private record Text(String text, int table) {}

  /**
   * Reads what the line says from here on to its end.
   *
   * @param start the word {@code actions=}; the line stands behind it
   * @throws FlowSyntaxException as {@link ActionReader#read}
   */
  List<Action> read(Line line, Word start, int table) {
    Text text = new Text(line.rest(), table);
    List<Action> before = known.get(text);
    if (before != null && start.value() != null) { // without a = it is an error
      return before;
    }
    List<Action> actions = List.copyOf(new ActionReader(line, start, table).read());
    if (known.size() < TEXTS_MAX) {
      known.put(text, actions);
    }
    return actions;
  }
}
