// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import io.iovtee.vswitch.linux.EventFd;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A receive queue's interrupt: wakes the loop that polls the queue, if it sleeps. Nothing is lost
 * if the loop arms it and then looks for frames, and the hardware shows frames and then raises it.
 */
final class Interrupt {
  private final EventFd counter = EventFd.create();
  private final AtomicBoolean armed = new AtomicBoolean();

  /** What a loop sleeps on. */
  EventFd counter() {
    return counter;
  }

  /** Poll thread. */
  void arm() {
    armed.set(true);
  }

  /** Poll thread. */
  void disarm() {
    armed.set(false);
  }

  /** Any thread, after it showed what the loop is to see. */
  void raise() {
    VarHandle.fullFence(); // what was shown with release order comes before the look
    if (armed.getOpaque() && armed.compareAndSet(true, false)) {
      counter.signal();
    }
  }

  /** Nobody raises it any more, and the loop is off the queue. */
  void close() {
    counter.close();
  }
}
