// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import io.iovtee.vswitch.nic.parts.Interrupt;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * Emulated hardware that moves frames between rings and wire. Whoever runs a step, or moves
 * descriptors that the engine might be filling, holds the engine: a flag taken by compare-and-set,
 * never waited for without a bound, so no thread can block another one for longer than a step.
 */
final class DmaEngine {
  /** Frames per step and ring: bounds how long a step holds the engine. */
  static final int BURST = 128;

  /** About 50 µs of spinning: a step or several of 128 frames. */
  private static final int SPINS_MAX = 1024;

  /** How long a control thread waits for the engine: far more than any step takes. */
  static final long TIMEOUT_MS = 1000;

  private final RxRing[] rings;
  private final TrafficSource source;

  private final AtomicBoolean held = new AtomicBoolean();
  private final ArrayDeque<byte[]> kept = new ArrayDeque<>();
  private final FrameKey key = new FrameKey();
  private volatile Steering steering;

  /** None before the port is made, and where nobody else polls. */
  private Interrupt[] interrupts = {};

  DmaEngine(RxRing[] rings, TrafficSource source, Steering steering) {
    this.rings = rings;
    this.steering = steering;
    this.source = source;
  }

  /** Takes the engine if nobody holds it. */
  boolean tryEnter() {
    return held.compareAndSet(false, true);
  }

  /** Takes the engine, spinning for some microseconds at most: for poll threads. */
  boolean enterSoon() {
    for (int i = 0; i < SPINS_MAX; i++) {
      if (tryEnter()) {
        return true;
      }
      Thread.onSpinWait();
    }
    return false;
  }

  /**
   * Takes the engine, for control threads.
   *
   * @throws IllegalStateException after {@code timeoutMs}
   */
  void enter(String what, long timeoutMs) {
    long deadline = System.nanoTime() + timeoutMs * 1_000_000;
    while (!enterSoon()) {
      if (System.nanoTime() - deadline > 0) {
        throw new IllegalStateException(
            what + ": the emulated DMA engine did not stop within " + timeoutMs + " ms");
      }
      LockSupport.parkNanos(50_000);
    }
  }

  void exit() {
    held.setRelease(false);
  }

  /**
   * Receives what the source has; the caller holds the engine.
   *
   * @param demand the ring that is being polled, or -1 to serve all
   * @param nowNs the clock; any number if the source is not {@link #isPaced}
   * @return frames received
   */
  int step(int demand, long nowNs) {
    int work;
    try {
      work = stepGuarded(demand, nowNs);
    } catch (InternalError e) {
      work = failUnwritable(e);
    }
    for (int i = 0; i < rings.length; i++) {
      if (rings[i].publish() && interrupts.length > 0) {
        interrupts[i].raise();
      }
    }
    return work;
  }

  /**
   * From now on a queue's interrupt is raised when it has received frames. Not needed where only
   * the loop that polls the queue runs the engine.
   *
   * @param ofRings in the rings' order
   */
  void raise(Interrupt[] ofRings) {
    interrupts = ofRings;
  }

  /**
   * Whether it has nothing to do until a frame is put on a wire. The caller holds the engine, or
   * runs it alone.
   */
  boolean isQuiet() {
    return kept.isEmpty() && source.isQuiet();
  }

  /** Whether the source looks at the clock. */
  boolean isPaced() {
    return source.isPaced();
  }

  /**
   * Never inlined (conf/jvm.options): compiled code reports a page fault at its end at the latest,
   * and so before the drivers see a frame of this step.
   */
  private int stepGuarded(int demand, long nowNs) {
    int work = kept.isEmpty() ? 0 : deliverKept();
    return kept.isEmpty() ? work + source.run(rings, demand, nowNs) : work;
  }

  /**
   * Frames that a rebind took out of their buffers: they are received again, before any other frame
   * and by the steering of now. The caller holds the engine.
   */
  Deque<byte[]> kept() {
    return kept;
  }

  private int deliverKept() {
    Steering now = steering;
    int done = 0;
    for (byte[] frame = kept.peek(); frame != null; frame = kept.peek()) {
      key.parse(frame, 0, frame.length);
      int queue = now.queueOf(key, frame);
      if (queue < 0) {
        rings[~queue].filtered(1);
      } else if (!rings[queue].receive(frame, 0, frame.length)) {
        return done;
      }
      kept.remove();
      done++;
    }
    return done;
  }

  /** Takes up changed steering: when this returns no frame is received by the old one any more. */
  void steer(Steering changed, String what) {
    source.steer(changed);
    steering = changed;
    enter(what, TIMEOUT_MS);
    exit();
  }

  /**
   * A page under a posted buffer is gone (its file was truncated). Compiled code may report that
   * late, so all buffers of this step and the next ones are touched one by one; the queues they
   * belong to complete theirs without a frame, and tell their own poll thread.
   */
  private int failUnwritable(InternalError fault) {
    int failed = 0;
    for (RxRing ring : rings) {
      if (ring.hasUnwritable(BURST)) {
        ring.rewind();
        failed += ring.failBurst(BURST, fault);
      }
    }
    if (failed == 0) {
      // Nobody's page is missing now. Go on, but not with the same buffers again and again.
      for (RxRing ring : rings) {
        failed += ring.failBurst(BURST, null);
      }
    }
    return failed;
  }
}
