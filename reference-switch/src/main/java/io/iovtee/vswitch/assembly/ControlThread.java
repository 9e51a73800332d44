// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one thread that changes the switch's structure; so no two changes ever interleave. */
final class ControlThread implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ControlThread.class);

  /**
   * How long a caller waits for a change, ms. Re-binding a queue takes 50 ms, and a second when the
   * kernel is slow; a port of sixteen queues behind such a one still fits.
   */
  static final long CALL_TIMEOUT_MS = 30_000;

  /** How long the end waits for a change under way: re-binding a queue takes a second at most. */
  private static final long END_TIMEOUT_S = 5;

  private final ScheduledExecutorService executor =
      Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "iovtee-control");
        thread.setDaemon(true);
        control = thread;
        return thread;
      });

  private final long callTimeoutMs;

  /** Null until the first change: then nobody is on it. */
  private volatile @Nullable Thread control;

  ControlThread() {
    this(CALL_TIMEOUT_MS);
  }

  /** As above, with a limit of the test's. */
  ControlThread(long callTimeoutMs) {
    this.callTimeoutMs = callTimeoutMs;
  }

  /** Runs the change on the control thread. */
  <T> CompletableFuture<T> submit(Supplier<T> change) {
    return CompletableFuture.supplyAsync(change, executor);
  }

  /** Runs the change at once if this is the control thread, else as {@link #submit}. */
  <T> CompletableFuture<T> submitOrRun(Supplier<T> change) {
    if (!isCurrent()) {
      return submit(change);
    }
    try {
      return CompletableFuture.completedFuture(change.get());
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /**
   * Runs the change on the control thread and waits; callable on the control thread itself.
   *
   * @param what the change, for people
   * @throws IllegalStateException when it is not done within the limit; a change that had not begun
   *     by then is not carried out
   */
  <T> T call(String what, Supplier<T> change) {
    if (isCurrent()) {
      return change.get();
    }
    CompletableFuture<T> answer = submit(change);
    try {
      return answer.get(callTimeoutMs, TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
    } catch (TimeoutException e) {
      answer.cancel(false);
      throw new IllegalStateException(
          "%s: not done within %d ms, the control thread is busy with another change; try again"
              .formatted(what, callTimeoutMs),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(what + ": interrupted while waiting for it", e);
    }
  }

  /** Whether the caller runs on it. */
  boolean isCurrent() {
    return Thread.currentThread().equals(control);
  }

  void run(String what, Runnable change) {
    call(
        what,
        () -> {
          change.run();
          return true;
        });
  }

  /** Runs the task behind those that wait already; its failure is logged. */
  void later(Runnable task) {
    executor.execute(() -> guarded(task));
  }

  /** Repeats a task; its failures are logged and do not end the repetition. */
  @SuppressWarnings("FutureReturnValueIgnored") // ends with the executor
  void every(long periodMs, Runnable task) {
    executor.scheduleWithFixedDelay(() -> guarded(task), periodMs, periodMs, TimeUnit.MILLISECONDS);
  }

  private static void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      LOG.warn("a periodic task of the switch failed", e);
    }
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
