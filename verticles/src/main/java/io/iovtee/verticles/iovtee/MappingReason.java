// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.iovtee;

/** Why a mapping is in its state: a closed list. */
public enum MappingReason {
  REQUESTED("requested"),
  GUEST_ABSENT("guest_absent"),
  PORT_ABSENT("port_absent"),
  GUEST_DOWN("guest_down"),
  ATTACHING("attaching_memory"),
  PROVING_ISOLATION("proving_isolation"),
  STARTING("starting_to_lend"),
  LENDING("lending"),
  /** Lends, but frames for others come in on the queue: RSS or another rule spills onto it. */
  FOREIGN_FRAMES_COPIED("foreign_frames_copied"),
  /** Mode auto measured both ways, and stays with write-through. */
  WRITE_THROUGH_NOT_SLOWER("write_through_not_slower"),
  /** Mode auto measured both ways, and copies. */
  COPY_FASTER("copy_faster"),
  MODE_OFF("mode_off"),
  QUEUE_ABSENT("queue_absent"),
  /** The NIC's interface was deleted; the port is still there. */
  INTERFACE_GONE("interface_gone"),
  QUEUE_PAIR_ABSENT("queue_pair_absent"),
  /** The guest wants completion in order, and the rules do not say that the queue keeps it. */
  ORDER_UNPROVEN("completion_order_unproven"),
  /** The guest wants completion in order, and copies waited for buffers that the NIC kept. */
  HELD_UP("completions_held_up"),
  POLL_LOOP_DIFFERS("poll_loop_differs"),
  ISOLATION_PROOF_MISSING("isolation_proof_missing"),
  QUEUE_TAKEN("queue_attached_to_another_guest"),
  ATTACH_FAILED("attach_failed"),
  ATTACH_TIMEOUT("attach_timeout"),
  STEER_TIMEOUT("steer_timeout"),
  LEND_FAILED("lend_failed"),
  LEND_TIMEOUT("lend_timeout"),
  LENDING_REVOKED("lending_revoked_by_switch"),
  LENDING_ENDED("lending_ended"),
  FOREIGN_FRAME("foreign_frame_seen"),
  BUFFERS_INELIGIBLE("buffers_ineligible"),
  REMOVED_BY_OPERATOR("removed_by_operator"),
  SHARE_TOO_LOW("share_of_frames_too_low"),
  RULE_GONE("rule_gone"),
  DRAINED("drained"),
  DRAIN_TIMEOUT("drain_timeout_revoked"),
  DETACH_FAILED("detach_failed");

  private final String label;

  MappingReason(String label) {
    this.label = label;
  }

  /** The name in the HTTP API and in logs. */
  public String label() {
    return label;
  }
}
