// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.micro;

import io.iovtee.vswitch.linux.Scheduler;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * The thread at the other side of a ring, on a core of its own: does one step again and again until
 * it is closed. Whoever measures is bound to the core beside it.
 */
final class Partner implements AutoCloseable {
  /** Core of the thread that measures. */
  static final String CPU_PROPERTY = "iovtee.bench.cpu";

  /** Core of the partner. */
  static final String PARTNER_CPU_PROPERTY = "iovtee.bench.partner-cpu";

  /** Turns without an answer, half a minute or more: the partner has stopped. */
  private static final long WAITS_MAX = 1L << 30;

  /** Turns of waiting between two looks at the partner's failure. */
  private static final int LOOK_INTERVAL = 1 << 14;

  private static final int MIDDLE = 8;

  private final Thread thread;
  private volatile boolean closing;
  private volatile @Nullable Throwable failure;

  /** Turns of waiting by now; in the middle of two lines that the partner does not touch. */
  private final long[] waits = new long[16];

  /** Binds the caller to its core and starts the partner on its own. */
  Partner(Runnable step) {
    BitSet allowed = Scheduler.affinity();
    int first = allowed.nextSetBit(0);
    int second = Math.max(first, allowed.nextSetBit(first + 1));
    int own = Integer.getInteger(CPU_PROPERTY, second);
    int other = Integer.getInteger(PARTNER_CPU_PROPERTY, first);
    bindTo(own);
    thread =
        Thread.ofPlatform()
            .daemon()
            .name("partner")
            .start(() -> {
              try {
                bindTo(other);
                repeat(step);
              } catch (RuntimeException | Error e) {
                failure = e;
              }
            });
  }

  private void repeat(Runnable step) {
    while (!closing) {
      step.run();
    }
  }

  private static void bindTo(int cpu) {
    BitSet one = new BitSet();
    one.set(cpu);
    Scheduler.setAffinity(one);
  }

  /** One turn of waiting for the partner, who has done nothing since the last one. */
  void await() {
    Thread.onSpinWait();
    if (++waits[MIDDLE] % LOOK_INTERVAL == 0) {
      Throwable cause = failure;
      if (cause != null) {
        throw new IllegalStateException("the thread at the other side has ended", cause);
      }
      if (waits[MIDDLE] > WAITS_MAX) {
        throw new IllegalStateException("the thread at the other side does not answer");
      }
    }
  }

  /** Something has come: what is waited for next is something else. */
  void answered() {
    waits[MIDDLE] = 0;
  }

  /** Ends the thread; nobody uses what it shares from then on. */
  @Override
  public void close() {
    closing = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
