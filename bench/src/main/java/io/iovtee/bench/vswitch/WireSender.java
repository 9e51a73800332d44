// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.vswitch;

/** The far end of a {@link SharedWire}: puts frames on it. One thread. */
public final class WireSender {
  private final SharedWire wire;
  private int produced;

  /** As it was when it was last looked at: the other process writes it all the time. */
  private int consumed;

  /** The only sender of a wire that is new. */
  public WireSender(SharedWire wire) {
    this.wire = wire;
  }

  /** Frames that {@link #send} takes now: at least {@code wanted}, if there is so much room. */
  public int room(int wanted) {
    if (free() < wanted) {
      consumed = wire.consumed();
    }
    return free();
  }

  private int free() {
    return wire.entries() - (produced - consumed);
  }

  /** Puts a frame on the wire, for which there is room; the NIC sees it after {@link #flush}. */
  public void send(long sequence, long timeNs, int length) {
    wire.put(produced++, sequence, timeNs, length);
  }

  /** Shows the NIC what was sent. */
  public void flush() {
    wire.publish(produced);
  }

  /** Whether the NIC has received, or missed, all that was sent. */
  public boolean allTaken() {
    return wire.consumed() == produced;
  }
}
