// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.api.CopyReason;
import io.iovtee.api.DropReason;
import io.iovtee.api.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * What becomes of a frame that comes by one queue; for traces.
 *
 * @param buffer the one that it lies in
 * @param outcome what it counts as
 * @param dropped with DROPPED why
 * @param undecided another loop has to say, see {@link #decided}
 * @param deliveries in the order in which it is sent
 */
public record Fate(
    NextBuffer buffer,
    Outcome outcome,
    DropReason dropped,
    boolean undecided,
    List<Delivery> deliveries) {

  /**
   * What one output makes of it.
   *
   * @param port its number
   * @param bytes the frame, as it is sent
   */
  public record Delivery(int port, byte[] bytes, Foreseen foreseen) {}

  /** Number of the port whose guest's buffer the frame lies in; 0 if it is the switch's own. */
  public int lender() {
    int owner = buffer.owner();
    return (owner & 1) == 0 ? OwnerIds.port(owner) : 0;
  }

  /** Why it lies in a buffer of the switch's own though a guest fills the queue. */
  public CopyReason copyReason() {
    return CopyReason.values()[buffer.copyReason()];
  }

  /**
   * With what other loops say. A frame that nobody on its own loop got counts as the first of them
   * says, as the data path has it.
   *
   * @param ask what the port's own loop makes of the frame
   */
  public Fate decided(Function<Delivery, Foreseen> ask) {
    List<Delivery> told = new ArrayList<>();
    Foreseen first = null;
    for (Delivery delivery : deliveries) {
      if (!delivery.foreseen().handedOver()) {
        told.add(delivery);
        continue;
      }
      Foreseen there = ask.apply(delivery);
      Outcome counted = delivery.foreseen().outcome();
      Foreseen both =
          there.outcome() == Outcome.DROPPED ? there : Foreseen.sent(counted, there.queuePair());
      told.add(new Delivery(delivery.port(), delivery.bytes(), both));
      first = first == null ? both : first;
    }
    return undecided && first != null
        ? new Fate(buffer, first.outcome(), first.dropped(), false, told)
        : new Fate(buffer, outcome, dropped, false, told);
  }
}
