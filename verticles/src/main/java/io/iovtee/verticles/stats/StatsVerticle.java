// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.stats;

import io.iovtee.api.SwitchContext;
import io.iovtee.api.SwitchStats;
import io.iovtee.verticles.bus.Addresses;
import io.iovtee.verticles.bus.LocalBus;
import io.iovtee.verticles.bus.Refusal;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the counters at an interval and when asked, and publishes each periodic reading. */
public final class StatsVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(StatsVerticle.class);

  private final SwitchContext context;
  private final long intervalMs;
  private @Nullable SwitchStats last;
  private @Nullable SwitchStats lastButOne;
  private boolean reading;
  private boolean failing;

  /** Asks for a reading now. */
  public record Ask() {}

  /**
   * @param intervalMs between two periodic readings
   */
  public StatsVerticle(SwitchContext context, long intervalMs) {
    this.context = context;
    this.intervalMs = intervalMs;
  }

  @Override
  public Future<?> start() {
    LocalBus bus = new LocalBus(vertx);
    bus.answer(
        Addresses.STATS_REQUESTS, (Ask ask) -> read(before()), failure -> Refusal.UNAVAILABLE);
    vertx.setPeriodic(intervalMs, timer -> tick(bus));
    return Future.succeededFuture();
  }

  /** A reading that takes longer than the interval is not overtaken by the next. */
  private void tick(LocalBus bus) {
    if (reading) {
      return;
    }
    reading = true;
    read(Optional.ofNullable(last))
        .onSuccess(report -> {
          last = report.stats();
          failing = false;
          bus.publish(Addresses.STATS_EVENTS, report);
        })
        .onFailure(failure -> {
          if (!failing) {
            LOG.warn("the counters can not be read; said once until they can", failure);
          }
          failing = true;
        })
        .onComplete(done -> reading = false);
  }

  /**
   * Rates over a few milliseconds jump: a reading on request looks back half an interval or more.
   */
  private Optional<SwitchStats> before() {
    SwitchStats recent = last;
    boolean tooRecent =
        recent != null
            && System.nanoTime() - recent.timeNs() < TimeUnit.MILLISECONDS.toNanos(intervalMs) / 2;
    return Optional.ofNullable(tooRecent && lastButOne != null ? lastButOne : recent);
  }

  private Future<StatsReport> read(Optional<SwitchStats> before) {
    return vertx.executeBlocking(
        () -> new StatsReport(System.currentTimeMillis(), context.stats(), before), false);
  }
}
