// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.parts;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * How one thread asks another to look at a ring, once for all that comes until it looks. Both sides
 * exchange the value: whoever finds the bell rung knows that the other will yet look, and then sees
 * what was there before.
 */
public final class Doorbell {
  private final AtomicBoolean rung = new AtomicBoolean();

  /**
   * Asks the other side to look at what was just put there.
   *
   * @return true if it has to be told, false if it has been and not looked yet
   */
  public boolean ring() {
    return !rung.getAndSet(true);
  }

  /** Before each look: from now on the other side has to tell again. */
  public void answer() {
    boolean unused = rung.getAndSet(false);
  }
}
