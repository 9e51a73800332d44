// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api.testkit;

import io.iovtee.api.BufferList;
import io.iovtee.api.DmaConstraints;
import io.iovtee.api.GuestPort;
import io.iovtee.api.Outcome;
import io.iovtee.api.RxBufferSource;
import io.iovtee.api.RxQueueControl;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A NIC receive queue. Its poll thread is whoever calls {@link #refill} and {@link #receive}. Each
 * command is carried out at once unless a test holds it back or lets it fail.
 */
public final class FakeRxQueue implements RxQueueControl {
  /** Commands that a test can hold back or let fail. */
  public enum Command {
    ATTACH,
    DETACH,
    LEND,
    STOP,
    STEER
  }

  /** Ring entries of the NIC queue. */
  public static final int SIZE = 512;

  private record Posted(long address, int token, FakeReceiveRing ring, RxBufferSource source) {}

  private final String port;
  private final int queue;
  private final String pollLoop;
  private final ArrayDeque<Posted> withNic = new ArrayDeque<>();
  private final BufferList list = new BufferList();
  private final Map<Outcome, Long> outcomes = new EnumMap<>(Outcome.class);
  private final Map<String, Long> matchedTo = new HashMap<>();
  private final Map<Command, RuntimeException> failures = new EnumMap<>(Command.class);
  private final Map<Command, ArrayDeque<Runnable>> held = new EnumMap<>(Command.class);
  private final Set<String> steered = new LinkedHashSet<>();

  private volatile DmaConstraints constraints = new DmaConstraints(1, Long.MAX_VALUE, 0, 0, 1536);
  private final Set<String> filters = new LinkedHashSet<>();
  private volatile boolean canSteer;
  private volatile boolean canFilter;
  private volatile boolean fillsInOrder = true;
  private volatile Optional<String> filtering = Optional.empty();
  private @Nullable FakeGuestPort attached;
  private @Nullable RxBufferSource source;
  private @Nullable FakeReceiveRing sourceRing;
  private long frames;
  private int attachCount;

  FakeRxQueue(String port, int queue, String pollLoop) {
    this.port = port;
    this.queue = queue;
    this.pollLoop = pollLoop;
  }

  // ---- what a test sets ----------------------------------------------------------------------

  public void setCanSteer(boolean steers) {
    canSteer = steers;
  }

  public void setFillsInOrder(boolean inOrder) {
    fillsInOrder = inOrder;
  }

  public void setCanFilter(boolean filters) {
    canFilter = filters;
  }

  public void setFiltering(@Nullable String proof) {
    filtering = Optional.ofNullable(proof);
  }

  public void setConstraints(DmaConstraints changed) {
    constraints = changed;
  }

  public synchronized void fail(Command command, @Nullable RuntimeException failure) {
    if (failure == null) {
      failures.remove(command);
    } else {
      failures.put(command, failure);
    }
  }

  /** From now on the command waits for {@link #release}. */
  public synchronized void hold(Command command) {
    held.put(command, new ArrayDeque<>());
  }

  /** Carries out what was held back, and holds back no more. */
  public void release(Command command) {
    ArrayDeque<Runnable> waiting;
    synchronized (this) {
      waiting = held.remove(command);
    }
    if (waiting != null) {
      waiting.forEach(Runnable::run);
    }
  }

  // ---- the poll thread -----------------------------------------------------------------------

  /** Fills the NIC's ring from the source; returns how many buffers came. */
  public synchronized int refill() {
    int added = 0;
    RxBufferSource current = source;
    FakeReceiveRing ring = sourceRing;
    while (current != null && ring != null && withNic.size() < SIZE) {
      list.count = 0;
      int n = current.lend(list, Math.min(BufferList.CAPACITY, SIZE - withNic.size()));
      if (n == 0) {
        break;
      }
      for (int i = 0; i < n; i++) {
        withNic.add(new Posted(list.address[i], list.token[i], ring, current));
      }
      added += n;
    }
    return added;
  }

  /** A frame arrives. It is for the guest whose buffers the queue has, unless said otherwise. */
  public synchronized Outcome receive(int frameLength, boolean forThatGuest) {
    frames++;
    Posted buffer = withNic.poll();
    if (buffer == null) {
      return count(Outcome.COPIED);
    }
    buffer.ring().write(buffer.address(), frameLength, (byte) 0x5a);
    if (forThatGuest) {
      buffer.ring().publish(buffer.token());
      return count(Outcome.WRITTEN_THROUGH);
    }
    buffer.source().giveBack(buffer.token(), frameLength);
    return count(Outcome.COPIED_MISDIRECTED);
  }

  private Outcome count(Outcome outcome) {
    outcomes.merge(outcome, 1L, Long::sum);
    return outcome;
  }

  /** Counts frames as the classifier would. */
  public synchronized void countMatched(String guest, long count) {
    frames += count;
    outcomes.merge(Outcome.COPIED, count, Long::sum);
    matchedTo.merge(guest, count, Long::sum);
  }

  public synchronized void countOutcome(Outcome outcome, long count) {
    frames += count;
    outcomes.merge(outcome, count, Long::sum);
  }

  synchronized long frames() {
    return frames;
  }

  synchronized Map<String, Long> outcomes() {
    Map<String, Long> named = new HashMap<>();
    for (Outcome outcome : Outcome.values()) {
      named.put(outcome.label(), outcomes.getOrDefault(outcome, 0L));
    }
    return named;
  }

  synchronized Map<String, Long> matchedTo() {
    return Map.copyOf(matchedTo);
  }

  /** How often memory was attached: each time costs a real queue a re-bind. */
  public synchronized int attachCount() {
    return attachCount;
  }

  public synchronized Set<String> steered() {
    return Set.copyOf(steered);
  }

  // ---- RxQueueControl ------------------------------------------------------------------------

  @Override
  public String port() {
    return port;
  }

  @Override
  public int queue() {
    return queue;
  }

  @Override
  public String pollLoop() {
    return pollLoop;
  }

  @Override
  public DmaConstraints constraints() {
    return constraints;
  }

  @Override
  public boolean fillsInOrder() {
    return fillsInOrder;
  }

  @Override
  public synchronized Optional<String> filtering() {
    return filters.isEmpty() ? filtering : Optional.of("filter " + String.join(" ", filters));
  }

  @Override
  public CompletionStage<Boolean> filter(String match) {
    return run(Command.STEER, () -> canFilter && (filters.add(match) || true));
  }

  @Override
  public synchronized CompletionStage<Boolean> unfilter(String match) {
    return CompletableFuture.completedFuture(filters.remove(match));
  }

  @Override
  public synchronized Optional<String> attachedGuest() {
    return Optional.ofNullable(attached).map(FakeGuestPort::name);
  }

  @Override
  public CompletionStage<Void> attach(GuestPort guest) {
    return run(
        Command.ATTACH,
        () -> {
          attached = (FakeGuestPort) guest;
          attachCount++;
          return null;
        });
  }

  @Override
  public CompletionStage<Void> detach() {
    return run(
        Command.DETACH,
        () -> {
          takeAllBack();
          return null;
        });
  }

  /** What the switch does when a guest goes, too. */
  synchronized void takeAllBack() {
    stop();
    while (!withNic.isEmpty()) {
      Posted buffer = withNic.poll();
      buffer.source().giveBack(buffer.token(), 0);
    }
    attached = null;
  }

  @Override
  public CompletionStage<Void> lendFrom(GuestPort guest, int queuePair, SourceFactory factory) {
    return run(
        Command.LEND,
        () -> {
          if (attached != guest) {
            throw new IllegalStateException("guest is not attached: guest=" + guest.name());
          }
          FakeReceiveRing ring = attached.ring(queuePair);
          sourceRing = ring;
          source = factory.create(ring, constraints);
          return null;
        });
  }

  @Override
  public CompletionStage<Void> stopLending() {
    return run(
        Command.STOP,
        () -> {
          stop();
          return null;
        });
  }

  private void stop() {
    RxBufferSource current = source;
    source = null;
    if (current != null) {
      current.stopped();
    }
  }

  @Override
  public synchronized int outstandingGuestBuffers() {
    return withNic.size();
  }

  @Override
  public synchronized boolean isLending() {
    return source != null;
  }

  @Override
  public CompletionStage<Boolean> steer(String match) {
    return run(Command.STEER, () -> canSteer && (steered.add(match) || true));
  }

  @Override
  public CompletionStage<Boolean> unsteer(String match) {
    synchronized (this) {
      return CompletableFuture.completedFuture(steered.remove(match));
    }
  }

  private synchronized <T extends @Nullable Object> CompletionStage<T> run(
      Command command, Supplier<T> action) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Runnable carryOut =
        () -> {
          synchronized (this) {
            RuntimeException failure = failures.get(command);
            if (failure != null) {
              result.completeExceptionally(failure);
              return;
            }
            try {
              result.complete(action.get());
            } catch (RuntimeException e) {
              result.completeExceptionally(e);
            }
          }
        };
    ArrayDeque<Runnable> waiting = held.get(command);
    if (waiting == null) {
      carryOut.run();
    } else {
      waiting.add(carryOut);
    }
    return result;
  }
}
