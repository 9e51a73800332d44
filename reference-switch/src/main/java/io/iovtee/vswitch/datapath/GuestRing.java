// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.vswitch.linux.EventFd;
import io.iovtee.vswitch.virtio.SplitVirtqueue;
import org.jspecify.annotations.Nullable;

/** One running virtqueue of a guest with the descriptor that wakes the guest. Poll thread. */
final class GuestRing<Q extends SplitVirtqueue> {
  final Q queue;
  private @Nullable EventFd call;
  private long calls;

  GuestRing(Q queue, @Nullable EventFd call) {
    this.queue = queue;
    this.call = call;
    queue.suppressKicks(true); // this loop polls; a kick would cost the guest a system call
  }

  /** A row of absent rings. */
  @SuppressWarnings("unchecked") // a generic array has no other birth
  static <Q extends SplitVirtqueue> @Nullable GuestRing<Q>[] none(int count) {
    return (GuestRing<Q>[]) new GuestRing<?>[count];
  }

  @Nullable EventFd call() {
    return call;
  }

  void setCall(@Nullable EventFd next) {
    call = next;
  }

  /** Makes completions visible with one store, and wakes the guest if it asks for that. */
  int flush() {
    int published = queue.publish();
    EventFd wake = call;
    if (wake != null && queue.needsCall()) { // also for what a stop published
      calls++;
      wake.signal();
    }
    return published;
  }

  /** Times the guest was woken. */
  long calls() {
    return calls;
  }
}
