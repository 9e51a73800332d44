// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.store.FlowMod;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Reads commands to a rule table as ovs-ofctl(8) reads them from files: rules, one a line, behind
 * one of the words {@code add}, {@code modify}, {@code modify_strict}, {@code delete} and {@code
 * delete_strict}; without a word the rule is added. No state, any thread.
 */
public final class FlowModParser {
  /** What a command does; the names in lower case are the words of the text form. */
  public enum Verb {
    ADD,
    MODIFY,
    MODIFY_STRICT,
    DELETE,
    DELETE_STRICT;

    private static final Set<String> WORDS =
        Set.of("add", "modify", "modify_strict", "delete", "delete_strict");

    /**
     * @throws IllegalArgumentException if there is no such word, with those there are
     */
    public static Verb ofWord(String word) {
      if (!WORDS.contains(word)) {
        throw new IllegalArgumentException(
            "unknown command; allowed are add, modify, modify_strict, delete, delete_strict: "
                + word);
      }
      return valueOf(word.toUpperCase(Locale.ROOT));
    }

    private boolean deletes() {
      return this == DELETE || this == DELETE_STRICT;
    }
  }

  private FlowModParser() {}

  /**
   * The command that a verb and a rule make.
   *
   * @param rule for deletions any actions will do
   */
  public static FlowMod mod(Verb verb, FlowRule rule) {
    return switch (verb) {
      case ADD -> new FlowMod.Add(rule);
      case MODIFY -> new FlowMod.Modify(rule, false);
      case MODIFY_STRICT -> new FlowMod.Modify(rule, true);
      case DELETE -> new FlowMod.Delete(rule.match(), OptionalInt.empty(), true);
      case DELETE_STRICT ->
          new FlowMod.Delete(rule.match(), OptionalInt.of(rule.priority()), false);
    };
  }

  /**
   * Reads commands, one a line; blank lines, and what follows a #, are left out.
   *
   * @return the commands in the order of the lines
   * @throws FlowSyntaxException at the first line that is none
   */
  public static List<FlowMod> parseMods(String text) {
    return parseMods(text, 1);
  }

  /**
   * As above, for a piece of a text.
   *
   * @param firstLine number of the piece's first line, from 1, for errors
   */
  public static List<FlowMod> parseMods(String text, int firstLine) {
    List<FlowMod> mods = new ArrayList<>();
    int number = firstLine;
    for (String content : (Iterable<String>) text.lines()::iterator) {
      Line line = new Line(content, number);
      if (!line.isBlank()) {
        mods.add(parse(content.substring(0, line.length()), number));
      }
      number++;
    }
    return mods;
  }

  private static FlowMod parse(String content, int number) {
    int start = content.length() - content.stripLeading().length();
    int end = start;
    while (end < content.length() && !Character.isWhitespace(content.charAt(end))) {
      end++;
    }
    String word = content.substring(start, end);
    if (!Verb.WORDS.contains(word)) {
      return mod(Verb.ADD, new RuleReader(new Line(content, number)).read());
    }
    Verb verb = Verb.ofWord(word);
    // Blanks in the place of the word, so that an error names the column of the file.
    String rest = " ".repeat(end) + content.substring(end);
    if (!verb.deletes()) {
      return mod(verb, new RuleReader(new Line(rest, number)).read());
    }
    if (rest.contains("actions=") || rest.contains("action=")) {
      throw new Line(rest, number)
          .error(rest.indexOf("action") + 1, "actions", "a deletion has no actions");
    }
    if (verb == Verb.DELETE && rest.contains("priority=")) {
      throw new Line(rest, number)
          .error(
              rest.indexOf("priority=") + 1,
              "priority",
              "delete takes rules of any priority; use delete_strict for one of them");
    }
    return mod(verb, new RuleReader(new Line(rest + ",actions=drop", number)).read());
  }
}
