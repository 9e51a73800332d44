// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.iovtee;

import io.iovtee.api.GuestPort;
import io.iovtee.api.SwitchStats;
import java.util.List;

/** Something happened in the switch that mappings depend on. */
public sealed interface SwitchEvent {

  /** A guest's receive ring runs. */
  record GuestUp(GuestPort guest) implements SwitchEvent {}

  /** A guest is gone; the switch has taken its buffers out of all queues already. */
  record GuestDown(String guest, String reason) implements SwitchEvent {}

  /** The switch ended a queue's lending on its own. */
  record LendingRevoked(QueueId queue, String reason) implements SwitchEvent {}

  /** Ports came, went or changed. */
  record PortsChanged() implements SwitchEvent {}

  /** The rule table changed. */
  record RulesChanged(long version) implements SwitchEvent {}

  /** All counters were read. */
  record StatsRead(SwitchStats stats) implements SwitchEvent {}

  /** Frames were classified. */
  record FlowsMatched(List<MatchedFlows> flows) implements SwitchEvent {}
}
