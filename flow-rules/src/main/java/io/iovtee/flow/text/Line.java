// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One line of rule text: cuts it into words, and knows where each of them stands. */
final class Line implements MatchReader.Errors {
  /** More than any sensible rule has; an error message can say so before memory is spent. */
  static final int LENGTH_MAX = 8192;

  /** What an error quotes of the input. */
  static final int QUOTE_LENGTH_MAX = 80;

  /** What an error says of it: the list of all fields fits, a line that is repeated does not. */
  static final int PROBLEM_LENGTH_MAX = 1_500;

  private static final Pattern ACTIONS = Pattern.compile("\\bactions?\\s*=");
  private static final String DROP = "actions=drop";

  private final String text;
  private final int number;

  /** Where the line ends: at its end, or at the comment. */
  private final int length;

  private int position;

  /**
   * @param number counts from 1
   */
  Line(String text, int number) {
    this.text = text;
    this.number = number;
    int comment = text.indexOf('#');
    length = comment < 0 ? text.length() : comment;
    if (text.length() > LENGTH_MAX) {
      throw error(
          LENGTH_MAX + 1,
          text.substring(0, QUOTE_LENGTH_MAX),
          "a line may have at most " + LENGTH_MAX + " characters, this one has " + text.length());
    }
  }

  /**
   * A text that says what a rule does before its actions, made a rule that can be read.
   *
   * @param problem said of actions
   */
  static Line withoutActions(String text, int number, String problem) {
    Matcher actions = ACTIONS.matcher(text);
    if (actions.find()) {
      throw new Line(text, number).error(actions.start() + 1, "actions", problem);
    }
    return new Line(text.isEmpty() ? DROP : text + "," + DROP, number);
  }

  /** Without the comment. */
  int length() {
    return length;
  }

  /** What stands before the comment. */
  String said() {
    return text.substring(0, length);
  }

  /** What has not been read yet, without the comment. */
  String rest() {
    return text.substring(position, length);
  }

  /** Counts from 1. */
  int number() {
    return number;
  }

  /**
   * A piece of this line, in which all words stand where they stand here.
   *
   * @param from where it starts, from 0
   * @param to where it ends
   */
  Line piece(int from, int to) {
    return new Line(" ".repeat(from) + text.substring(from, to), number);
  }

  /** Where a word starts that has a value: everywhere that this text follows a separator. */
  List<Integer> startsOf(String nameAndMark) {
    List<Integer> starts = new ArrayList<>();
    int at = text.indexOf(nameAndMark);
    while (at >= 0 && at < length) {
      if (at == 0 || isSeparator(text.charAt(at - 1))) {
        starts.add(at);
      }
      at = text.indexOf(nameAndMark, at + nameAndMark.length());
    }
    return starts;
  }

  boolean isBlank() {
    for (int i = 0; i < length; i++) {
      if (!Character.isWhitespace(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  /** The next word, and the position behind it; null at the end of the line. */
  @Nullable Word nextWord() {
    while (position < length && isSeparator(text.charAt(position))) {
      position++;
    }
    if (position == length) {
      return null;
    }
    int start = position;
    while (position < length && !endsName(text.charAt(position))) {
      position++;
    }
    String name = text.substring(start, position);
    if (name.equals("actions") || name.equals("action")) {
      skipBlanksTo('=');
    }
    if (position == length || isSeparator(text.charAt(position))) {
      return new Word(name, null, start, position, position);
    }
    boolean inParentheses = text.charAt(position) == '(';
    int valueStart = ++position;
    if (name.equals("actions") || name.equals("action")) {
      return new Word(name, "", start, valueStart, valueStart);
    }
    int valueEnd = skipValue(inParentheses, start);
    return new Word(name, text.substring(valueStart, valueEnd), start, valueStart, position);
  }

  /** Goes on to this character if nothing but blanks stands before it. */
  private void skipBlanksTo(char mark) {
    int at = position;
    while (at < length && text.charAt(at) != ',' && isSeparator(text.charAt(at))) {
      at++;
    }
    if (at < length && text.charAt(at) == mark) {
      position = at;
    }
  }

  /** A value ends at a separator, or at the parenthesis that closes it; inner ones are skipped. */
  private int skipValue(boolean inParentheses, int start) {
    int depth = inParentheses ? 1 : 0;
    while (position < length && (depth > 0 || !isSeparator(text.charAt(position)))) {
      char c = text.charAt(position++);
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
      if (depth < 0) {
        throw error(position, ")", "a closing parenthesis too many");
      }
      if (inParentheses && depth == 0) {
        return position - 1;
      }
    }
    if (depth > 0) {
      throw error(start + 1, text.substring(start, length), "a closing parenthesis is missing");
    }
    return position;
  }

  private static boolean isSeparator(char c) {
    return c == ',' || c == ' ' || c == '\t' || c == '\r';
  }

  private static boolean endsName(char c) {
    return isSeparator(c) || c == '=' || c == ':' || c == '(';
  }

  static String unquoted(String value) {
    boolean quoted = value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"");
    return quoted ? value.substring(1, value.length() - 1) : value;
  }

  @Override
  public FlowSyntaxException error(Word word, String problem) {
    return error(word.start() + 1, text.substring(word.start(), word.end()), problem);
  }

  @Override
  public FlowSyntaxException error(Word word, IllegalArgumentException cause) {
    FlowSyntaxException error = error(word, String.valueOf(cause.getMessage()));
    error.initCause(cause);
    return error;
  }

  FlowSyntaxException error(int column, String offending, String problem) {
    return new FlowSyntaxException(
        number,
        column,
        printable(cut(offending, QUOTE_LENGTH_MAX)),
        printable(cut(problem, PROBLEM_LENGTH_MAX)));
  }

  private static String cut(String text, int lengthMax) {
    return text.length() > lengthMax ? text.substring(0, lengthMax) + "..." : text;
  }

  /** Without characters that could upset a terminal or a log. */
  private static String printable(String text) {
    StringBuilder printable = new StringBuilder(text);
    for (int i = 0; i < printable.length(); i++) {
      char c = printable.charAt(i);
      if (c < 0x20 || (c >= 0x7f && c < 0xa0) || Character.isSurrogate(c)) {
        printable.setCharAt(i, '?');
      }
    }
    return printable.toString();
  }
}
