// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one thread that changes the switch's structure; so no two changes ever interleave. */
final class ControlThread implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ControlThread.class);

  /** How long the end waits for a change under way: re-binding a queue takes a second at most. */
  private static final long END_TIMEOUT_S = 5;

  private final ScheduledExecutorService executor =
      Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "iovtee-control");
        thread.setDaemon(true);
        control = thread;
        return thread;
      });

  /** Null until the first change: then nobody is on it. */
  private volatile @Nullable Thread control;

  /** Runs the change on the control thread. */
  <T> CompletableFuture<T> submit(Supplier<T> change) {
    return CompletableFuture.supplyAsync(change, executor);
  }

  /** Runs the change on the control thread and waits; callable on the control thread itself. */
  <T> T call(Supplier<T> change) {
    if (Thread.currentThread().equals(control)) {
      return change.get();
    }
    try {
      return submit(change).join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  void run(Runnable change) {
    call(() -> {
      change.run();
      return true;
    });
  }

  /** Repeats a task; its failures are logged and do not end the repetition. */
  @SuppressWarnings("FutureReturnValueIgnored") // ends with the executor
  void every(long periodMs, Runnable task) {
    executor.scheduleWithFixedDelay(
        () -> {
          try {
            task.run();
          } catch (RuntimeException e) {
            LOG.warn("a periodic task of the switch failed", e);
          }
        },
        periodMs,
        periodMs,
        TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    executor.shutdown();
    try {
      if (!executor.awaitTermination(END_TIMEOUT_S, TimeUnit.SECONDS)) {
        LOG.warn("a change of the switch did not end within {} s", END_TIMEOUT_S);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
