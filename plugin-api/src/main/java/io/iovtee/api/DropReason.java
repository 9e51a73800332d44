// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api;

/** Why a frame was delivered to nobody: a closed list. */
public enum DropReason {
  NONE("none"),
  /** No rule matched. */
  NO_RULE("no_rule"),
  /** A rule says drop. */
  RULE("rule"),
  /** Shorter than an Ethernet header. */
  RUNT("runt"),
  /** Longer than the output port takes. */
  TOO_LONG("too_long"),
  /** The output port does not exist or its link is down. */
  PORT_DOWN("port_down"),
  /** The guest has posted no buffer. */
  NO_GUEST_BUFFER("no_guest_buffer"),
  /** The guest's buffers are too small for the frame. */
  GUEST_BUFFER_TOO_SMALL("guest_buffer_too_small"),
  /** The output port's transmit ring is full. */
  TX_RING_FULL("tx_ring_full"),
  /** The switch's own pool has no free buffer. */
  NO_HOST_BUFFER("no_host_buffer"),
  /** The rule outputs only to the port that the frame came from. */
  OUTPUT_IS_INPUT("output_is_input"),
  /** The guest's transmit descriptor or header is malformed. */
  BAD_GUEST_FRAME("bad_guest_frame"),
  /** The ring to another poll loop is full. */
  HANDOVER_FULL("handover_full"),
  /** The port's memory went away while the frame was handled. */
  MEMORY_FAULT("memory_fault"),
  /** Isolation forbids handing this frame on. */
  ISOLATION("isolation"),
  /** A rule's dec_ttl found a TTL of 0 or 1. */
  TTL_EXPIRED("ttl_expired"),
  /** A rule changes headers that reach beyond what is looked at of a frame. */
  HEADERS_TOO_LONG("headers_too_long"),
  /** The rules sent it through tables and groups more often than one frame may go. */
  TABLE_LIMIT("table_limit"),
  /** A rule handed it over to the switch's API, and no port got it. */
  PUNTED("punted"),
  /** It was to be handed over to the switch's API, but the limit for that is reached. */
  PUNT_LIMIT("punt_limit"),
  /** All buckets of a group watch ports that are down. */
  NO_LIVE_BUCKET("no_live_bucket"),
  /** A meter's rate was exceeded. */
  METER("meter"),
  /** It came from a port that is there for a mirror's copies only. */
  MIRROR_OUTPUT("mirror_output"),
  /** The switch or a plugin failed at it, which is a defect: the log has what was thrown. */
  INTERNAL_ERROR("internal_error");

  private final String label;

  DropReason(String label) {
    this.label = label;
  }

  /** The name in the HTTP API, in metrics and in tables. */
  public String label() {
    return label;
  }
}
