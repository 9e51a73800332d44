// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.iovtee;

import io.iovtee.api.FlowTable;
import io.iovtee.api.GuestPort;
import io.iovtee.api.PuntedFrame;
import io.iovtee.api.RxQueueControl;
import io.iovtee.api.SwitchListener;
import io.iovtee.verticles.bus.Addresses;
import io.iovtee.verticles.bus.LocalBus;
import io.iovtee.verticles.bus.Refusal;
import io.iovtee.verticles.stats.StatsReport;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Between the switch and the mapping engine: hands it guests that come and go, rules that change,
 * and at each reading of the counters the flows that the switch matched; takes commands from the
 * bus and tells the bus of each mapping's transitions.
 */
public final class IovteeVerticle extends VerticleBase {
  private final MappingEngine engine;
  private final Listener listener = new Listener();
  private volatile @Nullable Context home;

  public IovteeVerticle(MappingEngine engine) {
    this.engine = engine;
  }

  /** To be registered with the switch; what it is told before the verticle runs is dropped. */
  public SwitchListener listener() {
    return listener;
  }

  @Override
  public Future<?> start() {
    LocalBus bus = new LocalBus(vertx);
    bus.answer(Addresses.MAPPING_COMMANDS, this::carryOut, IovteeVerticle::refusalOf);
    bus.listen(Addresses.STATS_EVENTS, this::onStats);
    engine.onTransition(status -> bus.publish(Addresses.MAPPING_EVENTS, status));
    home = context;
    return Future.succeededFuture();
  }

  @Override
  public Future<?> stop() {
    home = null;
    engine.onTransition(status -> {});
    return Future.succeededFuture();
  }

  private Future<Object> carryOut(MappingCommand command) {
    return switch (command) {
      case MappingCommand.Request one -> answered(engine.request(one.request()));
      case MappingCommand.ListAll all -> answered(engine.list());
      case MappingCommand.Explain one -> answered(engine.explain(one.queue()));
      case MappingCommand.Pin one -> answered(engine.pin(one.id(), one.mode()));
      case MappingCommand.Unpin one -> answered(engine.unpin(one.id()));
      case MappingCommand.Remove one -> answered(engine.remove(one.id()));
    };
  }

  private <T> Future<Object> answered(CompletionStage<T> stage) {
    return Future.fromCompletionStage(stage, context).map(result -> (Object) result);
  }

  private static Refusal refusalOf(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (cause instanceof MappingRefusedException refused) {
      return switch (refused.kind()) {
        case NOT_FOUND -> Refusal.NOT_FOUND;
        case CONFLICT -> Refusal.CONFLICT;
        case UNAVAILABLE -> Refusal.UNAVAILABLE;
      };
    }
    return Refusal.FAILED;
  }

  private void onStats(StatsReport report) {
    engine.on(new SwitchEvent.StatsRead(report.stats()));
    engine.on(new SwitchEvent.FlowsMatched(MatchedFlows.between(report)));
  }

  private void tell(SwitchEvent event) {
    Context running = home;
    if (running != null) {
      running.runOnContext(nothing -> engine.on(event));
    }
  }

  private void publish(String address, Object event) {
    Context running = home;
    if (running != null) {
      new LocalBus(running.owner()).publish(address, event);
    }
  }

  /** The switch's control thread calls here, and never waits. */
  private final class Listener implements SwitchListener {
    @Override
    public void guestUp(GuestPort port) {
      tell(new SwitchEvent.GuestUp(port));
    }

    @Override
    public void guestDown(String port, String reason) {
      tell(new SwitchEvent.GuestDown(port, reason));
    }

    @Override
    public void flowsChanged(long version) {
      tell(new SwitchEvent.RulesChanged(version));
      publish(Addresses.FLOW_EVENTS, version);
    }

    @Override
    public void flowsExpired(List<FlowTable.Expired> expired) {
      publish(Addresses.FLOW_EXPIRED_EVENTS, expired);
    }

    @Override
    public void framesPunted(List<PuntedFrame> frames) {
      publish(Addresses.PUNT_EVENTS, frames);
    }

    @Override
    public void portsChanged() {
      tell(new SwitchEvent.PortsChanged());
      publish(Addresses.PORT_EVENTS, "changed");
    }

    @Override
    public void lendingRevoked(RxQueueControl queue, String reason) {
      tell(new SwitchEvent.LendingRevoked(new QueueId(queue.port(), queue.queue()), reason));
    }
  }
}
