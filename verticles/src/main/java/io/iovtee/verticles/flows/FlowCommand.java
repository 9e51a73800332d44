// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.flows;

import io.iovtee.flow.store.TableContent;
import io.iovtee.flow.store.TableMod;
import java.util.List;

/**
 * What can be asked at {@link io.iovtee.verticles.bus.Addresses#FLOW_COMMANDS}. Each is answered
 * with a {@link FlowsView}. {@code expectedVersion} is the version that the caller saw, or {@link
 * #ANY_VERSION}.
 */
public sealed interface FlowCommand {
  /** The caller does not care what the table was. */
  long ANY_VERSION = -1;

  /**
   * Some rules in table order.
   *
   * @param from 0, or where the page before said that the next one begins
   */
  record Page(long from, int limit) implements FlowCommand {}

  /** The rule with this id; refused as not found if there is none. */
  record One(long id) implements FlowCommand {}

  /** Carries out all or none; see {@link io.iovtee.api.FlowTable#change}. */
  record Change(List<? extends TableMod> mods, long expectedVersion) implements FlowCommand {}

  /** Makes the table equal to the content; see {@link io.iovtee.api.FlowTable#replace}. */
  record Replace(TableContent content, long expectedVersion) implements FlowCommand {}
}
