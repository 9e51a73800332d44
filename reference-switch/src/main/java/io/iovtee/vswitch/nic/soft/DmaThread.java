// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import io.iovtee.vswitch.datapath.IdleStrategy;
import org.jspecify.annotations.Nullable;

/**
 * The thread that is the emulated NIC's hardware with {@code dma: thread}: runs the engines and
 * sends what the transmit queues have posted. Spins while there is work, then yields, then sleeps
 * ever longer.
 */
final class DmaThread {
  /** Fewer than a poll loop: a round of the engines takes ten times as long as an empty cycle. */
  private static final int SPINS = 256;

  private static final int YIELDS = 64;
  private static final long STOP_TIMEOUT_MS = 1000;

  private final SoftNic nic;
  private final Thread thread;
  private final IdleStrategy idle = new IdleStrategy(SPINS, YIELDS);
  private volatile boolean running = true;
  private volatile @Nullable Throwable failure;

  DmaThread(SoftNic nic) {
    this.nic = nic;
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
        idle.idle(nic.step());
      }
    } catch (RuntimeException | Error e) {
      // The port's link is down from now on, with this reason.
      failure = e;
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
