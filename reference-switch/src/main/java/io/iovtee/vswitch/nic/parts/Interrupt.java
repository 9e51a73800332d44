// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.parts;

import io.iovtee.vswitch.linux.EventFd;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A receive queue's interrupt: wakes the loop that polls the queue, if it sleeps. Nothing is lost
 * if the loop arms it and then looks for frames, and the hardware shows frames and then raises it.
 */
public final class Interrupt {
  private final EventFd counter = EventFd.create();
  private final AtomicBoolean armed = new AtomicBoolean();

  /** What a loop sleeps on. */
  public EventFd counter() {
    return counter;
  }

  /** Poll thread. */
  public void arm() {
    armed.set(true);
    VarHandle.fullFence(); // before the look, in whatever mode that loads
  }

  /** Poll thread. */
  public void disarm() {
    armed.set(false);
  }

  /** Any thread, after it showed what the loop is to see. */
  public void raise() {
    VarHandle.fullFence(); // what was shown with release order comes before the look
    if (armed.getOpaque() && armed.compareAndSet(true, false)) {
      counter.signal();
    }
  }

  /** Nobody raises it any more, and the loop is off the queue. */
  public void close() {
    counter.close();
  }
}
