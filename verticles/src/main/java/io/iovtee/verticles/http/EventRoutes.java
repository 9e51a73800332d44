// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.api.FlowTable;
import io.iovtee.api.SwitchContext;
import io.iovtee.verticles.bus.Addresses;
import io.iovtee.verticles.bus.LocalBus;
import io.iovtee.verticles.iovtee.MappingStatus;
import io.iovtee.verticles.stats.StatsReport;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * {@code /api/v1/events}: what happens, as server-sent events (WHATWG HTML, 9.2). Events tell of
 * the present; there is no history to resume from, so a client that was away reads the resources
 * again. A reader that is slow misses events, and one that stays slow is dropped.
 */
final class EventRoutes {
  /** Readers at one time: dashboards and a script or two. */
  static final int READERS_MAX = 64;

  /** Proxies and browsers give up on a connection on which nothing comes. */
  private static final long HEARTBEAT_MS = 15_000;

  /** Events missed in a row before a reader is dropped. */
  private static final int MISSED_MAX = 20;

  private static final int RETRY_MS = 2_000;

  private final SwitchContext context;
  private final LatestStats stats;
  private final List<Reader> readers = new ArrayList<>();
  private volatile int readerCount;
  private long lastId;

  private static final class Reader {
    private final HttpServerResponse response;
    private int missed;

    Reader(HttpServerResponse response) {
      this.response = response;
    }
  }

  private EventRoutes(SwitchContext context, LatestStats stats) {
    this.context = context;
    this.stats = stats;
  }

  static EventRoutes add(
      ApiRouter api, SwitchContext context, LocalBus bus, LatestStats stats, Vertx vertx) {
    EventRoutes routes = new EventRoutes(context, stats);
    api.raw(HttpMethod.GET, "/api/v1/events", routes::open);
    bus.listen(Addresses.STATS_EVENTS, routes::onStats);
    bus.listen(
        Addresses.MAPPING_EVENTS,
        (MappingStatus mapping) -> routes.send("mapping", MappingJson.brief(mapping)));
    bus.listen(
        Addresses.FLOW_EVENTS,
        (Long version) -> routes.send("flows", new JsonObject().put("version", version)));
    bus.listen(
        Addresses.FLOW_EXPIRED_EVENTS,
        (List<FlowTable.Expired> expired) ->
            routes.send("flows_expired", FlowJson.expired(expired)));
    bus.listen(Addresses.PORT_EVENTS, (String any) -> routes.send("ports", new JsonObject()));
    vertx.setPeriodic(HEARTBEAT_MS, timer -> routes.write(": ping\n\n"));
    return routes;
  }

  private void open(RoutingContext request) {
    if (readers.size() >= READERS_MAX) {
      throw HttpProblem.unavailable("there are " + READERS_MAX + " readers of events already");
    }
    HttpServerResponse response = request.response();
    response
        .setChunked(true)
        .putHeader("Content-Type", "text/event-stream")
        .putHeader("X-Accel-Buffering", "no");
    Reader reader = new Reader(response);
    readers.add(reader);
    readerCount = readers.size();
    response.closeHandler(closed -> forget(reader));
    response.exceptionHandler(failure -> forget(reader));
    response.write("retry: " + RETRY_MS + "\n\n");
    stats.latest().ifPresent(report -> response.write(event("stats", statsEvent(report))));
  }

  private void onStats(StatsReport report) {
    if (!readers.isEmpty()) {
      send("stats", statsEvent(report));
    }
  }

  private JsonObject statsEvent(StatsReport report) {
    Set<String> emulated = stats.emulatedPorts();
    return StatsJson.json(report, emulated)
        .mergeIn(StatsRoutes.queuesJson(context.rxQueues(), emulated));
  }

  private void send(String name, JsonObject data) {
    if (!readers.isEmpty()) {
      write(event(name, data));
    }
  }

  private String event(String name, JsonObject data) {
    lastId++;
    return "id: " + lastId + "\nevent: " + name + "\ndata: " + data.encode() + "\n\n";
  }

  private void write(String text) {
    for (Reader reader : List.copyOf(readers)) {
      if (!reader.response.writeQueueFull()) {
        reader.missed = 0;
        reader.response.write(text);
      } else if (++reader.missed > MISSED_MAX) {
        forget(reader);
        reader.response.reset();
      }
    }
  }

  private void forget(Reader reader) {
    readers.remove(reader);
    readerCount = readers.size();
  }

  /** Readers at this time; any thread. */
  int readerCount() {
    return readerCount;
  }
}
