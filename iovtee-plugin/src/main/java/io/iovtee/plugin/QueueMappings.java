// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.api.SwitchContext;
import io.iovtee.api.SwitchListener;
import io.iovtee.flow.store.RuleDelta;
import io.iovtee.verticles.iovtee.Explanation;
import io.iovtee.verticles.iovtee.Explanation.Check;
import io.iovtee.verticles.iovtee.MappingEngine;
import io.iovtee.verticles.iovtee.MappingMode;
import io.iovtee.verticles.iovtee.MappingReason;
import io.iovtee.verticles.iovtee.MappingRefusedException;
import io.iovtee.verticles.iovtee.MappingRefusedException.Kind;
import io.iovtee.verticles.iovtee.MappingRequest;
import io.iovtee.verticles.iovtee.MappingRequest.Origin;
import io.iovtee.verticles.iovtee.MappingState;
import io.iovtee.verticles.iovtee.MappingStatus;
import io.iovtee.verticles.iovtee.QueueId;
import io.iovtee.verticles.iovtee.SwitchEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * All mappings of a switch: at most one per NIC queue and at most one per guest receive queue. The
 * engine behind the control plane's commands; all state lives on the mapping thread.
 */
final class QueueMappings implements MappingEngine {
  private static final Logger LOG = LoggerFactory.getLogger(QueueMappings.class);

  /** More NIC queues than a machine has: a bound on what an HTTP client can make us keep. */
  static final int MAPPINGS_MAX = 4096;

  private final SwitchContext context;
  private final MappingThread thread;
  private final MappingTimeouts timeouts;
  private final int reserve;
  private final AutoLimits limits;
  private final MappingPlanner planner;
  private final RuleGuard guard;

  /** Whether {@link #lookAtRules} waits. Mapping thread. */
  private boolean rulesChanged;

  private final TreeMap<QueueId, QueueMapping> mappings = new TreeMap<>();
  private volatile Consumer<MappingStatus> transitions = status -> {};

  QueueMappings(
      SwitchContext context,
      MappingThread thread,
      MappingTimeouts timeouts,
      int reserve,
      AutoLimits limits,
      MappingPlanner planner) {
    this.context = context;
    this.thread = thread;
    this.timeouts = timeouts;
    this.reserve = reserve;
    this.limits = limits;
    this.planner = planner;
    guard = new RuleGuard(context);
  }

  /** What must hear of changes of the rules before they are made. */
  SwitchListener rulesListener() {
    return new SwitchListener() {
      @Override
      public void flowsChanging(List<RuleDelta> changes) {
        guard.flowsChanging(changes);
        thread.execute(() -> planner.rulesChanging(changes));
      }
    };
  }

  @Override
  public void onTransition(Consumer<MappingStatus> consumer) {
    transitions = consumer;
  }

  // ---- commands ------------------------------------------------------------------------------

  @Override
  public CompletionStage<MappingStatus> request(MappingRequest request) {
    return onThread(() -> accept(request).status());
  }

  private QueueMapping accept(MappingRequest request) {
    QueueMapping existing = mappings.get(request.queue());
    if (existing != null) {
      if (!existing.request().sameTarget(request) || existing.state() == MappingState.DRAINING) {
        throw new MappingRefusedException(
            Kind.CONFLICT,
            "queue "
                + request.queue()
                + " has another mapping: guest="
                + existing.request().guest()
                + ", isolation="
                + existing.request().isolation().label()
                + ", state="
                + existing.state().label()
                + "; remove it first");
      }
      if (existing.request().mode() != request.mode()) {
        existing.setMode(request.mode());
      }
      return existing;
    }
    refuseSharedGuestQueue(request);
    if (mappings.size() >= MAPPINGS_MAX) {
      throw new MappingRefusedException(
          Kind.CONFLICT, "there are " + MAPPINGS_MAX + " mappings already; remove one first");
    }
    QueueMapping mapping =
        new QueueMapping(
            request, context, thread, timeouts, reserve, guard, limits, this::onTransition);
    mappings.put(request.queue(), mapping);
    onTransition(mapping);
    mapping.evaluate();
    return mapping;
  }

  /** Two queues that fill themselves from one ring would not know of each other's buffers. */
  private void refuseSharedGuestQueue(MappingRequest request) {
    for (QueueMapping other : mappings.values()) {
      if (other.request().guest().equals(request.guest())
          && other.request().queuePair() == request.queuePair()) {
        throw new MappingRefusedException(
            Kind.CONFLICT,
            "queue pair "
                + request.queuePair()
                + " of guest "
                + request.guest()
                + " is mapped to queue "
                + other.request().queue()
                + "; remove that mapping first or map another queue pair");
      }
    }
  }

  @Override
  public CompletionStage<List<MappingStatus>> list() {
    return onThread(() -> {
      List<MappingStatus> all = new ArrayList<>();
      for (QueueMapping mapping : mappings.values()) {
        all.add(mapping.status());
      }
      return all;
    });
  }

  @Override
  public CompletionStage<MappingStatus> pin(String id, MappingMode mode) {
    return onThread(() -> setMode(id, mode));
  }

  @Override
  public CompletionStage<MappingStatus> unpin(String id) {
    return onThread(() -> setMode(id, MappingMode.AUTO));
  }

  private MappingStatus setMode(String id, MappingMode mode) {
    QueueMapping mapping = find(id);
    mapping.setMode(mode);
    return mapping.status();
  }

  @Override
  public CompletionStage<MappingStatus> remove(String id) {
    CompletableFuture<MappingStatus> removed = new CompletableFuture<>();
    onThread(
            () -> {
              remove(find(id), MappingReason.REMOVED_BY_OPERATOR, removed);
              return id;
            })
        .whenComplete((done, failure) -> {
          if (failure != null) {
            removed.completeExceptionally(failure);
          }
        });
    return removed;
  }

  private void remove(
      QueueMapping mapping, MappingReason why, @Nullable CompletableFuture<MappingStatus> removed) {
    if (mapping.request().origin() == Origin.AUTO && why == MappingReason.REMOVED_BY_OPERATOR) {
      planner.leaveAlone(mapping.request().queue());
    }
    mapping.remove(
        why,
        (status, failure) -> {
          if (removed == null) {
            return;
          }
          if (failure == null) {
            removed.complete(status);
          } else {
            removed.completeExceptionally(
                new MappingRefusedException(
                    Kind.UNAVAILABLE,
                    "queue "
                        + mapping.request().queue()
                        + " could not be detached from guest "
                        + mapping.request().guest()
                        + ": "
                        + failure
                        + "; remove the mapping again, or the guest's port"));
          }
        });
  }

  private QueueMapping find(String id) {
    QueueId queue;
    try {
      queue = QueueId.parse(id);
    } catch (IllegalArgumentException e) {
      throw new MappingRefusedException(Kind.NOT_FOUND, String.valueOf(e.getMessage()));
    }
    QueueMapping mapping = mappings.get(queue);
    if (mapping == null) {
      throw new MappingRefusedException(
          Kind.NOT_FOUND,
          "no mapping has this id: id=" + id + "; 'iovtee mapping list' shows those there are");
    }
    return mapping;
  }

  @Override
  public CompletionStage<Explanation> explain(QueueId queue) {
    return onThread(() -> explainNow(queue));
  }

  private Explanation explainNow(QueueId queue) {
    QueueMapping mapping = mappings.get(queue);
    boolean exists = context.rxQueue(queue.port(), queue.queue()).isPresent();
    if (mapping == null && !exists) {
      throw new MappingRefusedException(
          Kind.NOT_FOUND,
          "there is no NIC queue " + queue + "; 'iovtee queue list' shows those there are");
    }
    List<Check> checks = new ArrayList<>();
    if (mapping == null) {
      checks.add(
          Check.failed(
              "mapping_requested",
              "nobody asked to map queue " + queue,
              "'iovtee mapping add "
                  + queue
                  + " NF-PORT', or name it under plugins.iovtee.mappings, or set"
                  + " plugins.iovtee.auto to true"));
      checks.add(planner.explain(queue));
      return new Explanation(queue, "copy", "", "copied: nobody asked to map this queue", checks);
    }
    MappingStatus status = mapping.status();
    checks.add(
        Check.passed(
            "mapping_requested",
            "by "
                + status.request().origin().label()
                + " for queue pair "
                + status.request().queuePair()
                + " of guest "
                + status.request().guest()));
    checks.addAll(mapping.explain());
    boolean mapped = status.state() == MappingState.ACTIVE;
    return new Explanation(
        queue,
        mapped ? "mapped" : "copy",
        status.request().guest(),
        summary(status, mapped),
        checks);
  }

  private static String summary(MappingStatus status, boolean mapped) {
    if (mapped) {
      return "written through to guest " + status.request().guest();
    }
    return "copied: "
        + status.reason().label()
        + (status.detail().isEmpty() ? "" : ", " + status.detail());
  }

  // ---- events --------------------------------------------------------------------------------

  @Override
  public void on(SwitchEvent event) {
    thread.execute(() -> onEvent(event));
  }

  private void onEvent(SwitchEvent event) {
    switch (event) {
      case SwitchEvent.GuestUp up -> eachOf(Optional.of(up.guest().name()), QueueMapping::guestUp);
      case SwitchEvent.GuestDown down ->
          eachOf(Optional.of(down.guest()), mapping -> mapping.guestDown(down.reason()));
      case SwitchEvent.LendingRevoked revoked -> {
        QueueMapping mapping = mappings.get(revoked.queue());
        if (mapping != null) {
          mapping.lendingRevoked(revoked.reason());
        }
      }
      case SwitchEvent.PortsChanged changed -> eachOf(Optional.empty(), QueueMapping::evaluate);
      case SwitchEvent.RulesChanged changed -> {
        planner.rulesChanged();
        if (!rulesChanged) {
          rulesChanged = true;
          thread.execute(this::lookAtRules);
        }
      }
      case SwitchEvent.StatsRead read ->
          eachOf(Optional.empty(), mapping -> mapping.tick(read.stats()));
      case SwitchEvent.FlowsMatched matched -> plan(matched);
    }
  }

  /** Once for all changes that wait: the checks read the rules as they are. */
  private void lookAtRules() {
    rulesChanged = false;
    eachOf(Optional.empty(), this::rulesChanged);
  }

  /** What lends, or has its proof, is watched by the guard. */
  private void rulesChanged(QueueMapping mapping) {
    QueueId queue = mapping.request().queue();
    boolean active = mapping.status().state() == MappingState.ACTIVE;
    if (guard.isBroken(queue) || !(active || guard.stands(queue))) {
      mapping.evaluate();
    }
  }

  private void eachOf(Optional<String> guest, Consumer<QueueMapping> action) {
    for (QueueMapping mapping : List.copyOf(mappings.values())) {
      if (guest.isEmpty() || guest.get().equals(mapping.request().guest())) {
        action.accept(mapping);
      }
    }
  }

  private void plan(SwitchEvent.FlowsMatched matched) {
    for (MappingPlanner.Plan plan : planner.plan(matched.flows(), this::originOf)) {
      switch (plan) {
        case MappingPlanner.Plan.Map map -> {
          try {
            accept(map.request());
          } catch (MappingRefusedException e) {
            LOG.debug("planned mapping refused: {}", e.getMessage());
          }
        }
        case MappingPlanner.Plan.Unmap unmap -> {
          QueueMapping mapping = mappings.get(unmap.queue());
          if (mapping != null && mapping.state() != MappingState.DRAINING) {
            remove(mapping, unmap.reason(), null);
          }
        }
      }
    }
  }

  private Optional<MappingRequest> originOf(QueueId queue) {
    return Optional.ofNullable(mappings.get(queue)).map(QueueMapping::request);
  }

  private void onTransition(QueueMapping mapping) {
    MappingStatus status = mapping.status();
    if (status.state() == MappingState.REMOVED) {
      mappings.remove(status.request().queue(), mapping);
    }
    boolean onTheWay = status.state() == MappingState.CHECKING;
    LOG.atLevel(onTheWay ? Level.DEBUG : Level.INFO)
        .log(
            "mapping {} -> {}/{}: {} ({}){}",
            status.request().queue(),
            status.request().guest(),
            status.request().queuePair(),
            status.state().label(),
            status.reason().label(),
            status.detail().isEmpty() ? "" : ": " + status.detail());
    transitions.accept(status);
  }

  private <T> CompletionStage<T> onThread(Supplier<T> action) {
    CompletableFuture<T> result = new CompletableFuture<>();
    thread.execute(() -> {
      try {
        result.complete(action.get());
      } catch (RuntimeException e) {
        result.completeExceptionally(e);
      }
    });
    return result;
  }
}
