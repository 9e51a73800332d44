// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.iovtee;

/** A command that the engine does not carry out, with the reason and the next step. */
public final class MappingRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Kind kind;

  /** What is wrong with the command. */
  public enum Kind {
    /** There is no such mapping or queue. */
    NOT_FOUND,
    /** It contradicts what is there. */
    CONFLICT,
    /** The engine has stopped, or has too much to do. */
    UNAVAILABLE
  }

  public MappingRefusedException(Kind kind, String message) {
    super(message, null, false, false);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
