// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.peer;

import io.iovtee.vswitch.linux.Scheduler;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.BitSet;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * How far apart two cores are: the time that a cache line takes from one to the other and back. A
 * switch and its network function do little but pass lines, so nothing else decides as much about
 * their speed; and under a hypervisor that moves virtual processors between dies it changes while
 * one looks. Only what is measured while both cores are busy counts: an idle virtual processor is
 * put somewhere else when it wakes.
 *
 * <p>Both threads run in the kernel's real-time class for some milliseconds, before whatever polls
 * on these cores. One caller at a time.
 */
public final class CoreDistance {
  /** Round trips between two looks at the clock: some 10 µs even on cores that are near. */
  private static final int TRIPS = 200;

  /** Readings of which the median counts: an interrupt spoils some. */
  private static final int READINGS = 25;

  /** Readings until the code is compiled: more than HotSpot asks of a loop. */
  private static final int WARM_UP_MEASUREMENTS = 20;

  /** A line that does not come back: the other thread has lost its core. */
  private static final long SPINS_MAX = 100_000_000;

  /** Measurements of which one must come to its end: each may be stopped by the machine. */
  private static final int ATTEMPTS_MAX = 5;

  private static final int PRIORITY = 50;

  /** Place of the line's word: far from the array's ends, where other objects lie. */
  private static final int WORD = 32;

  private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);

  private final long[] line = new long[2 * WORD];
  private final int near;
  private final int far;

  /** Prepares for two processors, by number. */
  public CoreDistance(int near, int far) {
    this.near = near;
    this.far = far;
    for (int i = 0; i < WARM_UP_MEASUREMENTS; i++) {
      roundTripNs();
    }
  }

  /**
   * Measures once, a few milliseconds.
   *
   * @return nanoseconds from one processor to the other and back: median of some readings
   * @throws PeerException if a thread could not run on its processor, with the reason
   */
  public double roundTripNs() {
    for (int attempt = 1; attempt < ATTEMPTS_MAX; attempt++) {
      try {
        return measure();
      } catch (PeerException e) {
        // The machine took a core away for longer than the other side waits. It gives it back.
      }
    }
    return measure();
  }

  private double measure() {
    line[WORD] = 0;
    double[] readings = new double[READINGS];
    CountDownLatch ready = new CountDownLatch(2);
    PinnedThread answering = new PinnedThread(far, ready, this::answer);
    PinnedThread asking = new PinnedThread(near, ready, () -> ask(readings));
    answering.start();
    asking.start();
    answering.await();
    asking.await();
    Arrays.sort(readings);
    return readings[READINGS / 2];
  }

  private void ask(double[] readings) {
    long value = 0;
    for (int r = 0; r < READINGS; r++) {
      long start = System.nanoTime();
      for (int i = 0; i < TRIPS; i++) {
        WORDS.setRelease(line, WORD, ++value);
        awaitWord(++value);
      }
      readings[r] = (double) (System.nanoTime() - start) / TRIPS;
    }
  }

  private void answer() {
    long value = 0;
    for (int i = 0; i < READINGS * TRIPS; i++) {
      awaitWord(++value);
      WORDS.setRelease(line, WORD, ++value);
    }
  }

  private void awaitWord(long value) {
    for (long spins = 0; (long) WORDS.getAcquire(line, WORD) != value; spins++) {
      if (spins == SPINS_MAX) {
        throw new PeerException("cores " + near + " and " + far + ": one of them does not answer");
      }
    }
  }

  /** A thread on one processor, before all others there; starts its work when both are in place. */
  private static final class PinnedThread extends Thread {
    private final int cpu;
    private final CountDownLatch ready;
    private final Runnable work;
    private volatile @Nullable RuntimeException failure;

    PinnedThread(int cpu, CountDownLatch ready, Runnable work) {
      super("core-distance-" + cpu);
      this.cpu = cpu;
      this.ready = ready;
      this.work = work;
    }

    @Override
    public void run() {
      try {
        BitSet one = new BitSet();
        one.set(cpu);
        Scheduler.setAffinity(one);
        Scheduler.setFirstInFirstOut(PRIORITY);
        ready.countDown();
        ready.await();
        work.run();
      } catch (RuntimeException e) {
        failure = e;
        ready.countDown(); // the other one finds that nobody answers
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    void await() {
      try {
        join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new PeerException("interrupted while cores were measured", e);
      }
      RuntimeException cause = failure;
      if (cause != null) {
        throw new PeerException("core " + cpu + ": " + cause.getMessage(), cause);
      }
    }
  }
}
