// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.api.RxQueueControl;
import io.iovtee.api.SwitchContext;
import io.iovtee.verticles.iovtee.MappingReason;
import io.iovtee.verticles.iovtee.MappingRequest;
import io.iovtee.verticles.iovtee.MappingState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes a mapping apart: no more lending, wait for the NIC to fill what it holds, take the guest's
 * memory out of the queue's reach, remove the NIC's entry. A mapping whose memory could not be
 * taken out is not gone, since the NIC may still write there: it is tried again, by itself and
 * whenever somebody asks.
 *
 * <p>Mapping thread only.
 */
final class MappingRemoval {
  private final MappingRequest request;
  private final SwitchContext context;
  private final MappingThread thread;
  private final MappingTimeouts timeouts;
  private final Mover mover;
  private final List<Consumer<@Nullable String>> waiting = new ArrayList<>();
  private boolean running;

  /** Changes the mapping's state. */
  @FunctionalInterface
  interface Mover {
    void move(MappingState to, MappingReason why, String text);
  }

  MappingRemoval(
      MappingRequest request,
      SwitchContext context,
      MappingThread thread,
      MappingTimeouts timeouts,
      Mover mover) {
    this.request = request;
    this.context = context;
    this.thread = thread;
    this.timeouts = timeouts;
    this.mover = mover;
  }

  /**
   * Starts, or joins what is under way.
   *
   * @param steered the match that the NIC steers by for this mapping
   * @param filtered the match that the queue filters by for this mapping
   * @param then told null at the end, or why it could not be reached for now
   */
  void start(
      MappingReason why,
      Optional<String> steered,
      Optional<String> filtered,
      Consumer<@Nullable String> then) {
    waiting.add(then);
    if (!running) {
      running = true;
      mover.move(MappingState.DRAINING, why, "");
      new Attempt(why, steered, filtered).stopLending();
    }
  }

  /** One walk through the steps. */
  private final class Attempt {
    private final MappingReason why;
    private final Optional<String> steered;
    private final Optional<String> filtered;
    private final long deadlineMs = thread.timeMs() + timeouts.drainMs();

    Attempt(MappingReason why, Optional<String> steered, Optional<String> filtered) {
      this.why = why;
      this.steered = steered;
      this.filtered = filtered;
    }

    private Optional<RxQueueControl> queue() {
      return context.rxQueue(request.queue().port(), request.queue().queue());
    }

    private void stopLending() {
      Optional<RxQueueControl> queue = queue();
      if (queue.isEmpty()) {
        end(MappingReason.QUEUE_ABSENT, "");
        return;
      }
      // Whether it stopped or not: detaching stops it, too.
      thread.ask(() -> queue.get().stopLending(), timeouts.lendMs(), (done, failure) -> drain());
    }

    private void drain() {
      Optional<RxQueueControl> queue = queue();
      int left = queue.map(RxQueueControl::outstandingGuestBuffers).orElse(0);
      if (left > 0 && thread.timeMs() < deadlineMs) {
        thread.schedule(this::drain, timeouts.drainPollMs());
        return;
      }
      boolean attached =
          queue.flatMap(RxQueueControl::attachedGuest).filter(request.guest()::equals).isPresent();
      if (attached) {
        detach(queue.orElseThrow(), left);
      } else {
        removeEntry(queue, MappingReason.DRAINED, "");
      }
    }

    private void detach(RxQueueControl queue, int left) {
      thread.ask(
          queue::detach,
          timeouts.attachMs(),
          (done, failure) -> {
            if (failure != null) {
              fail(MappingThread.message(failure));
            } else if (left > 0) {
              removeEntry(
                  queue(), MappingReason.DRAIN_TIMEOUT, left + " guest buffers were revoked");
            } else {
              removeEntry(queue(), MappingReason.DRAINED, "");
            }
          });
    }

    private void removeEntry(Optional<RxQueueControl> queue, MappingReason reason, String text) {
      Optional<String> match = steered.or(() -> filtered);
      if (match.isEmpty() || queue.isEmpty()) {
        end(reason, text);
        return;
      }
      thread.ask(
          () ->
              steered.isPresent()
                  ? queue.get().unsteer(match.get())
                  : queue.get().unfilter(match.get()),
          timeouts.steerMs(),
          (removed, failure) ->
              end(
                  reason,
                  Boolean.TRUE.equals(removed)
                      ? text
                      : "the entry for " + match.get() + " was left"));
    }

    private void fail(String text) {
      mover.move(MappingState.DRAINING, MappingReason.DETACH_FAILED, text);
      finish(text);
      thread.schedule(
          () -> {
            // Nobody waits for this one; if somebody asked meanwhile, theirs goes on.
            if (!running) {
              start(why, steered, filtered, nobody -> {});
            }
          },
          timeouts.retryMaxMs());
    }

    private void end(MappingReason reason, String text) {
      mover.move(MappingState.REMOVED, reason, text);
      // Stays "running": there is nothing left to start.
      tellWaiting(null);
    }

    private void finish(String failure) {
      running = false;
      tellWaiting(failure);
    }
  }

  private void tellWaiting(@Nullable String failure) {
    List<Consumer<@Nullable String>> told = List.copyOf(waiting);
    waiting.clear();
    told.forEach(one -> one.accept(failure));
  }
}
