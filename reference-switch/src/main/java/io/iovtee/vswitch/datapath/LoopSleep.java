// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.vswitch.linux.EventFd;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Poll;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Where a poll loop sleeps: in one ppoll(2) for all that can bring it work. No frame is left lying
 * if it goes to sleep in this order: {@link #begin}; each input asks whoever brings it frames to
 * wake the loop, and only then looks once more ({@link FrameInput#arm}); {@link #await}. Whatever
 * any of these throws, {@link #end} comes last.
 *
 * <p>All methods belong to the loop's thread, except {@link #wake}.
 */
final class LoopSleep implements AutoCloseable {
  /**
   * Longest sleep when everything wakes the loop. Not needed for frames: the loop's clock stands
   * still meanwhile, by which the ages of rules and addresses are counted in seconds.
   */
  static final long SLEEP_MAX_NS = 100_000_000;

  /** How long the end of a loop waits for a wake-up that is under way in another thread. */
  private static final long LATE_WAKE_MAX_NS = 1_000_000_000;

  private final AtomicBoolean asleep = new AtomicBoolean();
  private final EventFd alarm = EventFd.create();
  private final long sleepMaxNs;
  private Poll poll = new Poll(0);

  /** By entry: what is drained when it woke the loop; null where nothing can be. */
  private @Nullable EventFd[] counters = {};

  private int watched;
  private boolean begun;
  private long limitNs;
  private long napNs;

  /** Threads that have decided to wake the loop, less the alarms that it has heard. */
  private long wakesUnderWay;

  /**
   * Sleeps no longer than this, whatever happens.
   *
   * @param sleepMaxNs nanoseconds, {@link #SLEEP_MAX_NS} but for tests
   */
  LoopSleep(long sleepMaxNs) {
    this.sleepMaxNs = sleepMaxNs;
  }

  /**
   * From now on {@link #wake} wakes.
   *
   * @param nextNapNs how long to sleep at most if an input can not wake the loop
   * @param descriptors how many will be watched at most
   */
  void begin(long nextNapNs, int descriptors) {
    if (poll.count() <= descriptors) {
      poll = new Poll(1 + descriptors);
      counters = new EventFd[1 + descriptors];
    }
    watched = 0;
    watch(alarm);
    limitNs = sleepMaxNs;
    napNs = nextNapNs;
    begun = true;
    asleep.set(true);
  }

  /** The loop wakes when this becomes readable. */
  void watch(Fd readable) {
    counters[watched] = null;
    poll.set(watched++, readable, Poll.IN);
  }

  /** The loop wakes when this counts. */
  void watch(EventFd counter) {
    counters[watched] = counter;
    poll.set(watched++, counter.fd(), Poll.IN);
  }

  /** Something may come unannounced: the loop looks again soon. */
  void nap() {
    limitNs = Math.min(limitNs, napNs);
  }

  /** There is work already. */
  void stayAwake() {
    limitNs = 0;
  }

  /** Sleeps, until it is woken or the time is over. */
  void await() {
    if (limitNs > 0 && poll.awaitNs(watched, limitNs) > 0 && !drain()) {
      // Only descriptors in an error state, which make every wait end at once.
      LockSupport.parkNanos(Math.min(limitNs, napNs));
    }
  }

  /** The loop is awake: {@link #wake} does nothing any more. */
  void end() {
    if (begun && !asleep.compareAndSet(true, false)) {
      wakesUnderWay++;
    }
    begun = false;
  }

  /** Takes back what woke the loop; false when nothing did that could. */
  private boolean drain() {
    boolean any = false;
    for (int i = 0; i < watched; i++) {
      if ((poll.ready(i) & Poll.IN) != 0) {
        any = true;
        EventFd counter = counters[i];
        if (counter == alarm) {
          wakesUnderWay -= alarm.drain();
        } else if (counter != null) {
          counter.drain();
        }
      }
    }
    return any;
  }

  /**
   * Wakes the loop if it sleeps or is about to. Any thread, after it wrote what the loop is to see
   * with a volatile store: then either the loop sees that, or this sees the loop asleep.
   */
  void wake() {
    if (asleep.get() && asleep.compareAndSet(true, false)) {
      alarm.signal();
    }
  }

  /** The loop has ended. A thread that is about to sound the alarm is waited for. */
  @Override
  public void close() {
    long startNs = System.nanoTime();
    while (wakesUnderWay > 0 && System.nanoTime() - startNs < LATE_WAKE_MAX_NS) {
      wakesUnderWay -= alarm.drain();
      Thread.onSpinWait();
    }
    if (wakesUnderWay == 0) {
      alarm.close();
    }
  }
}
