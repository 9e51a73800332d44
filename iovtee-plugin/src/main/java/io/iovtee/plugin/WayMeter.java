// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Carries out a {@link WayTrial}: changes the way, lets it settle, reads the counters at both ends
 * of a window. Each step is a task on the mapping thread; poll threads notice nothing but the
 * change of buffer source. Mapping thread only.
 */
final class WayMeter {
  /** Length of a window: 5,000 frames at the least rate that counts. */
  static final long WINDOW_MS = 100;

  /** After a change of way: buffers of the other way that the NIC holds are used up meanwhile. */
  static final long SETTLE_MS = 20;

  private final MappingThread thread;
  private final long changeTimeoutMs;
  private final Function<Way, CompletionStage<?>> change;
  private final Supplier<Optional<QueueReading>> read;
  private @Nullable WayTrial running;

  /**
   * Prepares.
   *
   * @param change sets the way; completes when the queue works by it
   * @param read the counters now; empty when the queue is gone
   */
  WayMeter(
      MappingThread thread,
      long changeTimeoutMs,
      Function<Way, CompletionStage<?>> change,
      Supplier<Optional<QueueReading>> read) {
    this.thread = thread;
    this.changeTimeoutMs = changeTimeoutMs;
    this.change = change;
    this.read = read;
  }

  boolean isRunning() {
    return running != null;
  }

  /** Starts a trial; {@code then} is called once, at its end, unless it is cancelled. */
  void start(WayTrial trial, Way inForce, Consumer<WayTrial> then) {
    running = trial;
    step(trial, inForce, then);
  }

  /** Ends a trial without a result, in whichever way it is. */
  void cancel() {
    running = null;
  }

  private void step(WayTrial trial, Way now, Consumer<WayTrial> then) {
    if (running != trial) {
      return;
    }
    if (trial.ended()) {
      running = null;
      then.accept(trial);
      return;
    }
    Way next = trial.next();
    if (next == now) {
      open(trial, next, then);
      return;
    }
    thread.ask(
        () -> change.apply(next).thenApply(done -> next),
        changeTimeoutMs,
        (way, failure) -> {
          if (failure == null) {
            thread.schedule(() -> open(trial, next, then), SETTLE_MS);
          } else {
            trial.fail(MappingThread.message(failure));
            step(trial, next, then);
          }
        });
  }

  private void open(WayTrial trial, Way way, Consumer<WayTrial> then) {
    if (running == trial) {
      Optional<QueueReading> begin = read.get();
      thread.schedule(() -> close(trial, way, begin, then), WINDOW_MS);
    }
  }

  private void close(
      WayTrial trial, Way way, Optional<QueueReading> begin, Consumer<WayTrial> then) {
    if (running != trial) {
      return;
    }
    Optional<QueueReading> end = read.get();
    if (begin.isPresent() && end.isPresent()) {
      trial.take(WayWindow.between(begin.get(), end.get()));
    } else {
      trial.fail("the queue or its loop is gone");
    }
    step(trial, way, then);
  }
}
