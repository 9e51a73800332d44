// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import io.iovtee.vswitch.datapath.IdleStrategy;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The thread that is the emulated NIC's hardware with {@code dma: thread}: runs the engines and
 * sends what the transmit queues have posted. Spins while there is work, then yields, then sleeps:
 * ever longer, or if all that can come is announced, until it is woken.
 */
final class DmaThread {
  /** Fewer than a poll loop: a round of the engines takes ten times as long as an empty cycle. */
  private static final int SPINS = 256;

  private static final int YIELDS = 64;

  /** Longest sleep when work is announced. Not needed for frames, but for cables plugged in. */
  static final long SLEEP_MAX_NS = 100_000_000;

  private static final long STOP_TIMEOUT_MS = 1000;

  private final SoftNic nic;
  private final Thread thread;
  private final IdleStrategy idle = new IdleStrategy(SPINS, YIELDS);
  private final long sleepMaxNs;
  private final LongConsumer sleeper = this::sleep;
  private volatile boolean asleep;
  private volatile boolean running = true;
  private volatile @Nullable Throwable failure;

  /**
   * @param sleepMaxNs nanoseconds, {@link #SLEEP_MAX_NS} but for tests
   */
  DmaThread(SoftNic nic, long sleepMaxNs) {
    this.nic = nic;
    this.sleepMaxNs = sleepMaxNs;
    thread = Thread.ofPlatform().name("iovtee-dma-" + nic.name()).daemon().unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** What ended the thread too early, or null. */
  @Nullable Throwable failure() {
    return failure;
  }

  private void run() {
    try {
      while (running) {
        idle.idle(nic.step(), sleeper);
      }
    } catch (RuntimeException | Error e) {
      // The port's link is down from now on, with this reason.
      failure = e;
    }
  }

  /** First the wish to be woken, then the look whether there is anything to do. */
  private void sleep(long napNs) {
    asleep = true;
    LockSupport.parkNanos(nic.isQuiet() && running ? sleepMaxNs : napNs);
    asleep = false;
  }

  /** Ends a sleep. Any thread, after it showed what the thread is to see. */
  void wake() {
    VarHandle.fullFence(); // what was shown with release order comes before the look
    if (asleep) {
      LockSupport.unpark(thread);
    }
  }

  /**
   * Ends the thread.
   *
   * @throws IllegalStateException when it does not end in a second
   */
  void stop() {
    running = false;
    idle.wake(thread);
    boolean interrupted = false;
    long deadline = System.nanoTime() + STOP_TIMEOUT_MS * 1_000_000;
    while (thread.isAlive() && System.nanoTime() - deadline < 0) {
      try {
        thread.join(10);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (thread.isAlive()) {
      throw new IllegalStateException(
          "port "
              + nic.name()
              + ": the emulated DMA engine did not end in "
              + STOP_TIMEOUT_MS
              + " ms");
    }
  }
}
