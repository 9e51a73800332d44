// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

/**
 * A rule that cannot be read: where, what stands there, what is wrong with it and what is allowed.
 */
public final class FlowSyntaxException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final int line;
  private final int column;
  private final String text;
  private final String problem;

  FlowSyntaxException(int line, int column, String text, String problem) {
    super("line %d, column %d: %s: %s".formatted(line, column, text, problem));
    this.line = line;
    this.column = column;
    this.text = text;
    this.problem = problem;
  }

  /** Counts from 1. */
  public int line() {
    return line;
  }

  /** Counts from 1, in characters. */
  public int column() {
    return column;
  }

  /** The piece of the input that is wrong, cut to a printable length. */
  public String text() {
    return text;
  }

  /** What is wrong, and what is allowed instead. */
  public String problem() {
    return problem;
  }
}
