// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The thread that is the emulated NIC's hardware with {@code dma: thread}: runs the engines and
 * sends what the transmit queues have posted. Spins while there is work, then yields, then sleeps.
 */
final class DmaThread {
  private static final int SPINS = 256;
  private static final int YIELDS = 64;
  private static final long SLEEP_NS = 50_000;
  private static final long STOP_TIMEOUT_MS = 1000;

  private final SoftNic nic;
  private final Thread thread;
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
    int idle = 0;
    try {
      while (running) {
        idle = nic.step() != 0 ? 0 : idle + 1;
        if (idle > SPINS + YIELDS) {
          LockSupport.parkNanos(SLEEP_NS);
        } else if (idle > SPINS) {
          Thread.yield();
        } else if (idle > 0) {
          Thread.onSpinWait();
        }
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
    LockSupport.unpark(thread);
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
