// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.api.DmaConstraints;
import io.iovtee.api.RxQueueControl;
import io.iovtee.api.SwitchContext;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Set;

/** {@code /api/v1/stats} and {@code /api/v1/queues}: what is counted, and how each queue works. */
final class StatsRoutes {
  private final SwitchContext context;
  private final LatestStats stats;

  private StatsRoutes(SwitchContext context, LatestStats stats) {
    this.context = context;
    this.stats = stats;
  }

  static void add(ApiRouter api, SwitchContext context, LatestStats stats) {
    StatsRoutes routes = new StatsRoutes(context, stats);
    api.answer(HttpMethod.GET, "/api/v1/stats", routes::stats);
    api.answer(HttpMethod.GET, "/api/v1/queues", routes::queues);
  }

  private Future<Answer> stats(RoutingContext request) {
    Set<String> emulated = stats.emulatedPorts();
    return stats
        .read()
        .map(report -> Answer.ok(stats.json(report), () -> StatsJson.tables(report, emulated)));
  }

  private Future<Answer> queues(RoutingContext request) {
    List<RxQueueControl> queues = context.rxQueues();
    Set<String> emulated = stats.emulatedPorts();
    return Future.succeededFuture(
        Answer.ok(queuesJson(queues, emulated), () -> queuesTable(queues, emulated)));
  }

  static JsonObject queuesJson(List<RxQueueControl> queues, Set<String> emulated) {
    JsonArray json = new JsonArray();
    for (RxQueueControl queue : queues) {
      DmaConstraints constraints = queue.constraints();
      json.add(
          new JsonObject()
              .put("queue", name(queue))
              .put("port", queue.port())
              .put("index", queue.queue())
              .put("poll_loop", queue.pollLoop())
              .put("mode", mode(queue))
              .put("guest", queue.attachedGuest().orElse(null))
              .put("outstanding", queue.outstandingGuestBuffers())
              .put("filtering", queue.filtering().orElse(null))
              .put("frame_length_max", constraints.frameLengthMax())
              .put("emulated", emulated.contains(queue.port())));
    }
    return new JsonObject().put("queues", json);
  }

  private static String queuesTable(List<RxQueueControl> queues, Set<String> emulated) {
    TextTable table =
        new TextTable("QUEUE", "MODE", "GUEST", "OUTSTANDING", "LOOP", "FILTERING", "NOTE");
    for (RxQueueControl queue : queues) {
      table.row(
          name(queue),
          mode(queue),
          queue.attachedGuest().orElse("-"),
          queue.outstandingGuestBuffers(),
          queue.pollLoop(),
          queue.filtering().orElse("-"),
          emulated.contains(queue.port()) ? "emulated" : "");
    }
    return table.toString();
  }

  private static String name(RxQueueControl queue) {
    return queue.port() + "/" + queue.queue();
  }

  /** What the queue does now; whether that is what somebody wanted, mappings tell. */
  static String mode(RxQueueControl queue) {
    return queue.isLending() ? "mapped" : "copy";
  }
}
