// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.cluster;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.store.FlowMod;
import java.util.List;

/**
 * What can be asked at {@link io.iovtee.verticles.bus.Addresses#CLUSTER_COMMANDS}; nobody answers
 * there where no cluster is configured. {@code expectedVersion} is the version that the caller saw,
 * or {@link #ANY_VERSION}.
 */
public sealed interface ClusterCommand {
  /** The caller does not care what the rules were. */
  long ANY_VERSION = -1;

  /** Answered with a {@link ClusterView}, at once. */
  record Look() implements ClusterCommand {}

  /** All or none; answered with {@link Changed}. */
  record Change(List<FlowMod> mods, long expectedVersion) implements ClusterCommand {}

  /** Makes the cluster's rules equal to these; answered with {@link Changed}. */
  record Replace(List<FlowRule> rules, long expectedVersion) implements ClusterCommand {}

  /**
   * A majority of the members keeps the rules as they are now.
   *
   * @param count rules that were named by the command
   */
  record Changed(DesiredRules rules, int count) {}
}
