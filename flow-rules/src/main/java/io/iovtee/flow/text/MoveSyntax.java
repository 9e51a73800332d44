// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.Action;

/** {@code move:FIELD[..]->FIELD[..]} (ovs-actions(7)). */
final class MoveSyntax {
  private static final String ARROW = "->";

  private MoveSyntax() {}

  /**
   * Reads what follows {@code move:}.
   *
   * @throws IllegalArgumentException with what is wrong and what is allowed
   */
  static Action parse(String value) {
    int arrow = value.indexOf(ARROW);
    if (arrow < 0) {
      throw new IllegalArgumentException(
          "allowed: move:FIELD[FIRST..LAST]->FIELD[FIRST..LAST], of equal width");
    }
    BitRange from = BitRange.parse(value.substring(0, arrow));
    BitRange to = BitRange.parse(value.substring(arrow + ARROW.length()));
    if (from.width() != to.width()) {
      throw new IllegalArgumentException(
          "both must have the same width: %d and %d bits".formatted(from.width(), to.width()));
    }
    return new Action.Move(from.field(), from.from(), to.field(), to.from(), from.width());
  }

  /** Writes what {@link #parse} reads back as an equal action. */
  static String format(Action.Move move) {
    return "move:"
        + new BitRange(move.from(), move.fromBit(), move.bits())
        + ARROW
        + new BitRange(move.to(), move.toBit(), move.bits());
  }
}
