// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.flows;

import io.iovtee.flow.store.GroupMod;
import java.util.List;

/**
 * What can be asked at {@link io.iovtee.verticles.bus.Addresses#GROUP_COMMANDS}. Each is answered
 * with a {@link GroupsView}.
 */
public sealed interface GroupCommand {
  /** All groups and meters. */
  record Read() implements GroupCommand {}

  /**
   * Carries out all or none; see {@link io.iovtee.api.GroupTable#change}.
   *
   * @param expectedVersion the version that the caller saw, or {@link FlowCommand#ANY_VERSION}
   */
  record Change(List<GroupMod> mods, long expectedVersion) implements GroupCommand {}
}
