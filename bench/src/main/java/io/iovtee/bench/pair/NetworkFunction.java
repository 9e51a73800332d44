// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.pair;

import io.iovtee.bench.peer.PeerProcess;

/** What frames go to behind a switch; it may be where they come from, too. */
interface NetworkFunction extends AutoCloseable {
  /**
   * In a window, by its own counters and clock.
   *
   * @param receivedMpps million frames per second that it received by way of the switch
   * @param sentMpps that it sent: to the switch, or towards the switch's NIC
   * @param cyclesPerPacket TSC ticks of turns in which it received, per frame; NaN if not known
   */
  record Rates(double receivedMpps, double sentMpps, double cyclesPerPacket) {}

  /**
   * Frames since its start.
   *
   * @param sent towards the switch's NIC; 0 for one that has no wire
   * @param received by way of the switch
   */
  record Totals(long sent, long received) {
    static final Totals NONE = new Totals(0, 0);
  }

  PeerProcess process();

  /** Name and version of what is under it, for the report. */
  String version();

  /** TSC ticks per microsecond, as it found it once frames have come; 0 if it does not tell. */
  int tscMhz();

  /** Whether a frame has reached it. */
  boolean reached();

  /** Begins a window. */
  void mark();

  /**
   * The rates since {@link #mark}.
   *
   * @throws io.iovtee.bench.peer.PeerException if frames do not reach a port of it any more
   */
  Rates rates();

  /**
   * Ends the traffic that it makes, if it makes any, and waits for what is under way.
   *
   * @return its totals; {@link Totals#NONE} if it makes none
   */
  default Totals hold() {
    return Totals.NONE;
  }

  /** Lets its traffic run again; one that makes none has nothing to do. */
  default void release() {}

  @Override
  void close();
}
