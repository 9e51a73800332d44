// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.vswitch.linux.EventFd;
import io.iovtee.vswitch.virtio.SplitVirtqueue;
import org.jspecify.annotations.Nullable;

/** One running virtqueue of a guest with the descriptor that wakes the guest. Poll thread. */
final class GuestRing<Q extends SplitVirtqueue> {
  final Q queue;
  private final @Nullable EventFd kick;
  private @Nullable EventFd call;
  private long calls;
  private boolean armed;

  /** Whether something was published since {@link #settle} was here. */
  private boolean published;

  /**
   * Takes the ring into use.
   *
   * @param call null for a guest that polls
   * @param kick null for a guest that wants us to poll
   */
  GuestRing(Q queue, @Nullable EventFd call, @Nullable EventFd kick) {
    this.queue = queue;
    this.call = call;
    this.kick = kick;
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

  @Nullable EventFd kick() {
    return kick;
  }

  void setCall(@Nullable EventFd next) {
    call = next;
  }

  /**
   * Makes completions visible with one store, and wakes the guest if it is seen to ask for that; if
   * it asks at this very moment, {@link #settle} will see it.
   */
  int flush() {
    int count = queue.publish();
    if (count > 0) {
      published = true;
      if (call != null && queue.seemsToNeedCall()) {
        signal();
      }
    }
    return count;
  }

  /**
   * Once per duty cycle: makes sure that a guest which went to sleep beside a {@link #flush} is
   * woken. While there is one flush after the other, each looks again for those before it. With
   * completion in order, what waited for a buffer that a NIC has given back since is shown now.
   */
  void settle() {
    if (published) {
      published = false;
      return;
    }
    if (queue.heldUpBy() >= 0) {
      flush();
    }
    settleNow();
  }

  /** Wakes the guest if it asks for that, for sure: nothing will be published after it. */
  void settleNow() {
    if (call != null && queue.needsCall()) {
      signal();
    }
  }

  private void signal() {
    EventFd wake = call;
    if (wake != null) {
      calls++;
      wake.signal();
    }
  }

  /**
   * The loop goes to sleep: the guest is to kick when it makes more heads available.
   *
   * @param sleep told by what the loop is woken, and to stay awake if there are more already
   */
  void arm(LoopSleep sleep) {
    EventFd from = kick;
    if (from == null) {
      sleep.nap();
      return;
    }
    int known = queue.available();
    armed = true;
    sleep.watch(from);
    queue.armKicks();
    if (queue.available() != known) {
      sleep.stayAwake();
    }
  }

  /** The loop polls again. */
  void disarm() {
    if (armed) {
      armed = false;
      queue.suppressKicks(true);
    }
  }

  /** Times the guest was woken. */
  long calls() {
    return calls;
  }
}
