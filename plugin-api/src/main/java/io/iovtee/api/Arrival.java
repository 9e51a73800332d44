// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api;

import java.util.List;
import java.util.Optional;

/**
 * What would become of a frame that comes in by one receive queue, and how it would be counted. It
 * holds for the next frame on a queue that is at rest, and under traffic for the moment in which it
 * was asked. Meters and limits count as if there was room.
 *
 * @param queue index of a NIC's queue, or of a guest's queue pair
 * @param entry whether the switch gets the frame by this queue
 * @param detail what decides that, in words; empty if there is nothing to say
 * @param lender the guest whose buffer the frame would lie in; empty for the switch's own
 * @param outcome what it counts as; empty if the switch does not get it
 * @param copyReason why it lies in a buffer of the switch's own though a guest fills the queue;
 *     NONE if it does not, or if nobody does
 * @param dropReason with {@link Outcome#DROPPED} why; else NONE
 * @param deliveries what each output makes of it, in order; without mirrors' copies
 */
public record Arrival(
    int queue,
    Entry entry,
    String detail,
    String lender,
    Optional<Outcome> outcome,
    CopyReason copyReason,
    DropReason dropReason,
    List<Delivery> deliveries) {

  /** Whether a queue gets a frame. */
  public enum Entry {
    /** It does. */
    ENTERS("enters"),
    /** It does if the NIC's own spreading of flows, which the switch does not know, says so. */
    MAY_ENTER("may_enter"),
    /** The NIC puts it into another queue. */
    ELSEWHERE("elsewhere"),
    /** A filter keeps it out. */
    FILTERED("filtered"),
    /** It is longer than what the NIC writes into one buffer. */
    TOO_LONG("too_long"),
    /** The queue serves nobody: its interface is gone. */
    UNSERVED("unserved"),
    /** The NIC has no buffer for it. */
    NO_BUFFER("no_buffer");

    private final String label;

    Entry(String label) {
      this.label = label;
    }

    /** The name in the HTTP API. */
    public String label() {
      return label;
    }
  }

  /**
   * What one output makes of the frame.
   *
   * @param port its name
   * @param queuePair of a guest: the one that gets the frame; 0 for others
   * @param outcome what the frame would count as if this was its only output
   * @param dropReason with {@link Outcome#DROPPED} why; else NONE
   */
  public record Delivery(String port, int queuePair, Outcome outcome, DropReason dropReason) {
    /** Outcome and, if it is dropped, the reason: {@code dropped{port_down}}. */
    public String fate() {
      return text(outcome, CopyReason.NONE, dropReason);
    }
  }

  /** For a frame that this queue does not hand to the switch. */
  public static Arrival none(int queue, Entry entry, String detail) {
    return new Arrival(
        queue, entry, detail, "", Optional.empty(), CopyReason.NONE, DropReason.NONE, List.of());
  }

  /**
   * Outcome and reason, {@code copied_ineligible{transition}}; or why there is none, {@code
   * filtered}.
   */
  public String fate() {
    return outcome.map(is -> text(is, copyReason, dropReason)).orElse(entry.label());
  }

  private static String text(Outcome outcome, CopyReason copyReason, DropReason dropReason) {
    return switch (outcome) {
      case DROPPED -> outcome.label() + "{" + dropReason.label() + "}";
      case COPIED_INELIGIBLE -> outcome.label() + "{" + copyReason.label() + "}";
      default -> outcome.label();
    };
  }
}
