// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.verticles.iovtee.Explanation;
import io.iovtee.verticles.iovtee.MappingEngine;
import io.iovtee.verticles.iovtee.MappingMode;
import io.iovtee.verticles.iovtee.MappingReason;
import io.iovtee.verticles.iovtee.MappingRefusedException;
import io.iovtee.verticles.iovtee.MappingRefusedException.Kind;
import io.iovtee.verticles.iovtee.MappingRequest;
import io.iovtee.verticles.iovtee.MappingState;
import io.iovtee.verticles.iovtee.MappingStatus;
import io.iovtee.verticles.iovtee.MappingStatus.Transition;
import io.iovtee.verticles.iovtee.QueueId;
import io.iovtee.verticles.iovtee.SwitchEvent;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** An engine that accepts everything and maps nothing, and fails when a test says so. */
final class StubEngine implements MappingEngine {
  final List<SwitchEvent> events = new CopyOnWriteArrayList<>();
  private final Map<String, MappingStatus> mappings = new TreeMap<>();
  private volatile Consumer<MappingStatus> transitions = status -> {};
  private volatile @Nullable RuntimeException failure;

  void failWith(@Nullable RuntimeException next) {
    failure = next;
  }

  void tell(MappingStatus status) {
    transitions.accept(status);
  }

  private <T> CompletionStage<T> done(java.util.function.Supplier<T> result) {
    RuntimeException fails = failure;
    if (fails != null) {
      return CompletableFuture.failedFuture(fails);
    }
    try {
      synchronized (this) {
        return CompletableFuture.completedFuture(result.get());
      }
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  static MappingStatus status(MappingRequest request, MappingState state) {
    return new MappingStatus(
        request.queue().id(),
        request,
        state,
        MappingReason.GUEST_ABSENT,
        "no guest is connected",
        1_000,
        List.of(
            new Transition(
                MappingState.REQUESTED, state, MappingReason.GUEST_ABSENT, "why", 1_000)),
        Map.of("lent", 7L));
  }

  @Override
  public CompletionStage<MappingStatus> request(MappingRequest request) {
    return done(() -> {
      MappingStatus status = status(request, MappingState.REQUESTED);
      mappings.put(status.id(), status);
      return status;
    });
  }

  @Override
  public CompletionStage<List<MappingStatus>> list() {
    return done(() -> List.copyOf(mappings.values()));
  }

  @Override
  public CompletionStage<Explanation> explain(QueueId queue) {
    return done(() ->
        new Explanation(
            queue,
            "copy",
            "",
            "copied: nobody asked",
            List.of(
                Explanation.Check.passed("queue_exists", "it is there"),
                Explanation.Check.failed("mapping_requested", "by nobody", "ask for it"),
                Explanation.Check.pending("lending", "not asked"))));
  }

  private MappingStatus find(String id) {
    MappingStatus status = mappings.get(id);
    if (status == null) {
      throw new MappingRefusedException(Kind.NOT_FOUND, "no mapping has this id: id=" + id);
    }
    return status;
  }

  @Override
  public CompletionStage<MappingStatus> pin(String id, MappingMode mode) {
    return done(() -> withMode(id, mode));
  }

  @Override
  public CompletionStage<MappingStatus> unpin(String id) {
    return done(() -> withMode(id, MappingMode.AUTO));
  }

  private MappingStatus withMode(String id, MappingMode mode) {
    MappingStatus changed = status(find(id).request().withMode(mode), MappingState.REQUESTED);
    mappings.put(id, changed);
    return changed;
  }

  @Override
  public CompletionStage<MappingStatus> remove(String id) {
    return done(() -> {
      MappingStatus status = status(find(id).request(), MappingState.REMOVED);
      mappings.remove(id);
      return status;
    });
  }

  @Override
  public void on(SwitchEvent event) {
    events.add(event);
  }

  @Override
  public void onTransition(Consumer<MappingStatus> consumer) {
    transitions = consumer;
  }
}
