// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import java.util.List;

/**
 * What of a NIC decides on which receive queue a frame comes in: its table of flow rules, and the
 * indirection table that RSS spreads all other frames by. Control thread.
 */
public interface RxFlowTable {
  /**
   * A rule of the table.
   *
   * @param location its place; on most NICs the lower one wins
   * @param queue where its frames go; negative if they are dropped, or go to no queue of the NIC
   */
  record Rule(int location, int queue, RxFlowSpec spec) {}

  /**
   * Adds a rule at a free place.
   *
   * @return its location
   * @throws ErrnoException EOPNOTSUPP when the driver has no such table, EINVAL when it can not
   *     match that, ENOSPC when it is full
   */
  int insert(RxFlowSpec spec, int queue);

  /** Removes a rule; false when there was none. */
  boolean delete(int location);

  /** All rules, others' too. */
  List<Rule> rules();

  /** The receive queue of each entry of the indirection table. */
  int[] indirection();

  /** Replaces the indirection table, which keeps its size. */
  void setIndirection(int[] queues);
}
