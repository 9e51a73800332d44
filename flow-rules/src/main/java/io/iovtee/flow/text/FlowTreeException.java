// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

/** A tree of maps and lists is not a rule: where in it, and what is wrong. */
public final class FlowTreeException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final String pointer;
  private final String problem;

  FlowTreeException(String pointer, String problem) {
    super((pointer.isEmpty() ? "" : pointer + ": ") + problem);
    this.pointer = pointer;
    this.problem = problem;
  }

  /** JSON pointer (RFC 6901) to what is wrong, from the rule; empty for the rule itself. */
  public String pointer() {
    return pointer;
  }

  /** What is wrong there, and what is allowed. */
  public String problem() {
    return problem;
  }
}
