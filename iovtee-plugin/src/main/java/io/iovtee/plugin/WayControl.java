// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.api.GuestPort;
import io.iovtee.api.RxQueueControl;
import io.iovtee.api.RxQueueControl.SourceFactory;
import io.iovtee.api.SwitchContext;
import io.iovtee.verticles.iovtee.MappingRequest;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Sets the way of a queue whose guest's memory is in its reach: nothing but a change of its buffer
 * source, without a gap. Mapping thread.
 */
final class WayControl {
  private final MappingRequest request;
  private final SwitchContext context;
  private final MappingThread thread;
  private final MappingTimeouts timeouts;
  private final SourceFactory sources;

  /**
   * Prepares.
   *
   * @param sources what write-through lends from; poll thread
   */
  WayControl(
      MappingRequest request,
      SwitchContext context,
      MappingThread thread,
      MappingTimeouts timeouts,
      SourceFactory sources) {
    this.request = request;
    this.context = context;
    this.thread = thread;
    this.timeouts = timeouts;
    this.sources = sources;
  }

  /** Completes when the queue works by it; fails when queue or guest are gone. */
  CompletionStage<Void> use(Way way) {
    Optional<RxQueueControl> queue = queue();
    Optional<GuestPort> guest = context.guestPort(request.guest());
    if (queue.isEmpty() || guest.isEmpty()) {
      return CompletableFuture.failedFuture(
          new IllegalStateException(
              "queue " + request.queue() + " or guest " + request.guest() + " is gone"));
    }
    lendTransmit(way == Way.WRITE_THROUGH);
    return way == Way.COPY
        ? queue.get().stopLending()
        : queue.get().lendFrom(guest.get(), request.queuePair(), sources);
  }

  /** The same for whoever does not wait for it; the next reading shows whether it was done. */
  void set(Way way) {
    thread.ask(() -> use(way), timeouts.lendMs(), (done, failure) -> {});
  }

  /** A late answer may have left the queue lending though its mapping does not. */
  void stopStrayLending() {
    Optional<RxQueueControl> queue = queue();
    if (queue.isPresent()
        && queue.get().isLending()
        && queue.get().attachedGuest().filter(request.guest()::equals).isPresent()) {
      thread.ask(() -> queue.get().stopLending(), timeouts.lendMs(), (done, failure) -> {});
    }
  }

  /**
   * The way back has the same shape: while the queue writes through, frames that the guest sends
   * travel in its own buffers too. The switch classifies and sends a private copy of their headers,
   * so this needs no proof of isolation; a switch that can not do it copies as before.
   */
  void lendTransmit(boolean lend) {
    context
        .guestPort(request.guest())
        .ifPresent(guest ->
            thread.ask(() -> guest.lendTransmit(lend), timeouts.lendMs(), (done, failure) -> {}));
  }

  /** What is counted about the queue now; empty when it or its loop are gone. */
  Optional<QueueReading> read() {
    return queue()
        .flatMap(queue -> QueueReading.of(context.stats(), request.queue(), queue.pollLoop()));
  }

  Optional<RxQueueControl> queue() {
    return context.rxQueue(request.queue().port(), request.queue().queue());
  }
}
