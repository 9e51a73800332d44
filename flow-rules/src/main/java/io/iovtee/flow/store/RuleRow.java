// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.store;

import io.iovtee.flow.FlowRule;
import org.jspecify.annotations.Nullable;

/** A rule in a {@link RuleStore}: who it is as long as its match and priority stay. */
public class RuleRow {
  private final long id;

  /** The rule as it is, or was when it was deleted. */
  FlowRule rule;

  long order;
  boolean present;

  /** Where it is among those with its match's shape. */
  int place;

  /** Its number in the {@link TouchedRows} that has it, if any has. */
  int touched;

  /** The next row with the same match. */
  @Nullable RuleRow sameMatch;

  /** A row that is not in a store yet. */
  public RuleRow(long id, FlowRule rule) {
    this.id = id;
    this.rule = rule;
  }

  /** Never that of another rule of the same store. */
  public final long id() {
    return id;
  }

  /** The rule as it is, or was when it was deleted. */
  public final FlowRule rule() {
    return rule;
  }

  /** Rules are in the order of these; of equal priorities that match the lowest wins. */
  public final long order() {
    return order;
  }
}
