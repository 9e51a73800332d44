// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.store.FlowMod;
import io.iovtee.flow.store.RuleFilter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Reads commands to a rule table as ovs-ofctl(8) reads them from files: rules behind one of the
 * words {@code add}, {@code modify}, {@code modify_strict}, {@code delete} and {@code
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

    /** Whether it takes rules away. */
    public boolean deletes() {
      return this == DELETE || this == DELETE_STRICT;
    }
  }

  /** A megabyte of text has fewer lines: ranges of ports could make many more of them. */
  static final int MODIFICATIONS_MAX = 100_000;

  private FlowModParser() {}

  /**
   * The command that a verb and a rule make.
   *
   * @param rule for deletions any actions will do
   * @param named whether the rule's table was named: otherwise a deletion means all tables
   * @param filter which rules; for those that are added all
   */
  public static FlowMod mod(Verb verb, FlowRule rule, boolean named, RuleFilter filter) {
    return switch (verb) {
      case ADD -> new FlowMod.Add(rule);
      case MODIFY -> new FlowMod.Modify(rule, false, filter);
      case MODIFY_STRICT -> new FlowMod.Modify(rule, true, filter);
      case DELETE ->
          new FlowMod.Delete(
              named ? rule.match() : rule.match().inAnyTable(), OptionalInt.empty(), true, filter);
      case DELETE_STRICT ->
          new FlowMod.Delete(rule.match(), OptionalInt.of(rule.priority()), false, filter);
    };
  }

  private static List<FlowMod> read(Verb verb, Line line) {
    RuleReader reader = new RuleReader(line, verb);
    return reader.readAll().stream()
        .map(rule -> mod(verb, rule, reader.names("table"), reader.filter()))
        .toList();
  }

  /**
   * Reads what a single deletion says: a match, perhaps with priority, table and filter.
   *
   * @param loose also rules whose match is narrower; in all tables if none is named
   * @return one deletion, or with a range of ports several
   * @throws FlowSyntaxException with the column
   */
  public static List<FlowMod> parseDeletion(String text, boolean loose) {
    RuleReader reader = new RuleReader(deletion(text, 1), Verb.DELETE);
    List<FlowMod> deletions = new ArrayList<>();
    for (FlowRule rule : reader.readAll()) {
      boolean everywhere = loose && !reader.names("table");
      deletions.add(
          new FlowMod.Delete(
              everywhere ? rule.match().inAnyTable() : rule.match(),
              reader.names("priority") ? OptionalInt.of(rule.priority()) : OptionalInt.empty(),
              loose,
              reader.filter()));
    }
    return deletions;
  }

  /**
   * Reads what says which rules are meant, apart from their match: {@code cookie=VALUE/MASK},
   * {@code out_port=PORT}, {@code out_group=N}.
   *
   * @throws FlowSyntaxException with the column
   */
  public static RuleFilter parseFilter(String text) {
    RuleReader reader = new RuleReader(deletion(text, 1), Verb.DELETE);
    reader.read();
    return reader.filter();
  }

  /** A deletion as a rule that can be read. */
  private static Line deletion(String text, int number) {
    return Line.withoutActions(text, number, "a deletion has no actions");
  }

  /**
   * Reads modifications, one a line, without the command's word.
   *
   * @throws FlowSyntaxException at the first line that is none, or that makes them too many
   */
  public static List<FlowMod> parseModifications(String text, boolean strict) {
    List<FlowMod> mods = new ArrayList<>();
    int number = 1;
    for (String content : (Iterable<String>) text.lines()::iterator) {
      Line line = new Line(content, number++);
      if (!line.isBlank()) {
        mods.addAll(read(strict ? Verb.MODIFY_STRICT : Verb.MODIFY, line));
        if (mods.size() > MODIFICATIONS_MAX) {
          throw line.error(
              1,
              content,
              "a text has at most " + MODIFICATIONS_MAX + " modifications, this one more");
        }
      }
    }
    return mods;
  }

  /**
   * Reads one command; with a range of ports it is several.
   *
   * @param content a line without its comment
   */
  static List<FlowMod> parse(String content, int number) {
    int start = content.length() - content.stripLeading().length();
    int end = start;
    while (end < content.length() && !Character.isWhitespace(content.charAt(end))) {
      end++;
    }
    String word = content.substring(start, end);
    if (!Verb.WORDS.contains(word)) {
      return read(Verb.ADD, new Line(content, number));
    }
    Verb verb = Verb.ofWord(word);
    // Blanks in the place of the word, so that an error names the column of the file.
    String rest = " ".repeat(end) + content.substring(end);
    if (!verb.deletes()) {
      return read(verb, new Line(rest, number));
    }
    if (verb == Verb.DELETE && rest.contains("priority=")) {
      throw new Line(rest, number)
          .error(
              rest.indexOf("priority=") + 1,
              "priority",
              "delete takes rules of any priority; use delete_strict for one of them");
    }
    return read(verb, deletion(rest, number));
  }
}
