// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The one thread on which mappings change, with its clock: a test drives both by hand. */
interface MappingThread {
  /** Runs the task later on the thread, in order; dropped when the thread has stopped. */
  void execute(Runnable task);

  /** Runs the task on the thread after a delay. */
  void schedule(Runnable task, long delayMs);

  /** Milliseconds since 1970. */
  long timeMs();

  /**
   * Calls back on the thread exactly once: with the stage's result or failure, or with null and a
   * {@link StepTimeoutException} when it takes too long.
   */
  default <T> void await(
      CompletionStage<T> stage, long timeoutMs, BiConsumer<@Nullable T, @Nullable Throwable> then) {
    boolean[] done = new boolean[1];
    BiConsumer<@Nullable T, @Nullable Throwable> once =
        (result, failure) -> {
          if (!done[0]) {
            done[0] = true;
            then.accept(result, failure);
          }
        };
    stage.whenComplete((result, failure) -> execute(() -> once.accept(result, failure)));
    schedule(() -> once.accept(null, new StepTimeoutException(timeoutMs)), timeoutMs);
  }

  /** Like {@link #await} for a request that may fail before it has a stage. */
  default <T> void ask(
      Supplier<CompletionStage<T>> request,
      long timeoutMs,
      BiConsumer<@Nullable T, @Nullable Throwable> then) {
    CompletionStage<T> asked;
    try {
      asked = request.get();
    } catch (RuntimeException e) {
      execute(() -> then.accept(null, e));
      return;
    }
    await(asked, timeoutMs, then);
  }

  /** What a failed stage says, for people. */
  static String message(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    String text = cause.getMessage();
    return text == null ? cause.getClass().getSimpleName() : text;
  }

  /** The switch has not done what it was asked for in time. */
  final class StepTimeoutException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StepTimeoutException(long timeoutMs) {
      super("not done within " + timeoutMs + " ms", null, false, false);
    }
  }
}
