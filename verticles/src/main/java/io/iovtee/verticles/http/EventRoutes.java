// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.api.FlowTable;
import io.iovtee.api.SwitchContext;
import io.iovtee.verticles.bus.Addresses;
import io.iovtee.verticles.bus.LocalBus;
import io.iovtee.verticles.cluster.ClusterEvent;
import io.iovtee.verticles.iovtee.MappingStatus;
import io.iovtee.verticles.stats.StatsReport;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Set;

/**
 * {@code /api/v1/events}: what happens, as server-sent events. Events tell of the present; there is
 * no history to resume from, so a client that was away reads the resources again.
 */
final class EventRoutes {
  private final SwitchContext context;
  private final LatestStats stats;
  private final EventStream stream;

  private EventRoutes(SwitchContext context, LatestStats stats, EventStream stream) {
    this.context = context;
    this.stats = stats;
    this.stream = stream;
  }

  static EventRoutes add(
      ApiRouter api, SwitchContext context, LocalBus bus, LatestStats stats, Vertx vertx) {
    EventRoutes routes = new EventRoutes(context, stats, new EventStream(vertx));
    api.stream("/api/v1/events", routes::open);
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
    bus.listen(
        Addresses.CLUSTER_EVENTS,
        (ClusterEvent event) ->
            routes.send(
                "cluster",
                new JsonObject()
                    .put("event", event.kind().label())
                    .put("member", event.member())
                    .put("text", event.text())));
    bus.listen(Addresses.PORT_EVENTS, (String any) -> routes.onPorts());
    return routes;
  }

  private void open(RoutingContext request) {
    HttpServerResponse response = stream.open(request);
    stats
        .latest()
        .ifPresent(report -> response.write(stream.event("stats", statsEvent(report).encode())));
  }

  private void onPorts() {
    if (stream.hasReaders()) {
      send("ports", PortRoutes.links(context.ports()));
    }
  }

  private void onStats(StatsReport report) {
    if (stream.hasReaders()) {
      send("stats", statsEvent(report));
    }
  }

  private JsonObject statsEvent(StatsReport report) {
    Set<String> emulated = stats.emulatedPorts();
    return stats.json(report).mergeIn(StatsRoutes.queuesJson(context.rxQueues(), emulated));
  }

  private void send(String name, JsonObject data) {
    if (stream.hasReaders()) {
      stream.send(name, data.encode());
    }
  }

  /** Readers at this time; any thread. */
  int readerCount() {
    return stream.readerCount();
  }
}
