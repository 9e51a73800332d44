// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.verticles.bus.Addresses;
import io.iovtee.verticles.bus.LocalBus;
import io.iovtee.verticles.iovtee.Explanation;
import io.iovtee.verticles.iovtee.Isolation;
import io.iovtee.verticles.iovtee.MappingCommand;
import io.iovtee.verticles.iovtee.MappingMode;
import io.iovtee.verticles.iovtee.MappingRequest;
import io.iovtee.verticles.iovtee.MappingRequest.Origin;
import io.iovtee.verticles.iovtee.MappingStatus;
import io.iovtee.verticles.iovtee.QueueId;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Optional;

/** {@code /api/v1/mappings}: which queue is to write through into which guest, and why it does. */
final class MappingRoutes {
  private static final String PATH = "/api/v1/mappings";

  private final LocalBus bus;
  private final Isolation isolationDefault;

  private MappingRoutes(LocalBus bus, Isolation isolationDefault) {
    this.bus = bus;
    this.isolationDefault = isolationDefault;
  }

  static void add(ApiRouter api, LocalBus bus, Isolation isolationDefault) {
    MappingRoutes routes = new MappingRoutes(bus, isolationDefault);
    api.answer(HttpMethod.GET, PATH, routes::list);
    api.answer(HttpMethod.POST, PATH, routes::create);
    api.answer(HttpMethod.GET, PATH + "/{id}", routes::get);
    api.answer(HttpMethod.DELETE, PATH + "/{id}", routes::remove);
    api.answer(HttpMethod.POST, PATH + "/{id}/pin", routes::pin);
    api.answer(HttpMethod.POST, PATH + "/{id}/unpin", routes::unpin);
    api.answer(HttpMethod.GET, PATH + "/{queue}/explain", routes::explain);
  }

  private Future<MappingStatus> ask(MappingCommand command) {
    return bus.request(Addresses.MAPPING_COMMANDS, command);
  }

  private Future<List<MappingStatus>> all() {
    return bus.request(Addresses.MAPPING_COMMANDS, new MappingCommand.ListAll());
  }

  private Future<Answer> list(RoutingContext request) {
    return all()
        .map(mappings -> Answer.ok(MappingJson.list(mappings), () -> MappingJson.table(mappings)));
  }

  private Future<Answer> get(RoutingContext request) {
    String id = request.pathParam("id");
    return all()
        .map(mappings ->
            mappings.stream()
                .filter(mapping -> mapping.id().equals(id))
                .findFirst()
                .map(MappingRoutes::shown)
                .orElseThrow(() ->
                    HttpProblem.notFound(
                        "no mapping has this id: id=" + id + "; see GET " + PATH)));
  }

  private static Answer shown(MappingStatus mapping) {
    return Answer.ok(MappingJson.json(mapping), () -> MappingJson.table(List.of(mapping)));
  }

  private Future<Answer> create(RoutingContext request) {
    JsonInput body =
        RequestBody.of(request)
            .object()
            .allow("queue", "port", "queue_pair", "isolation", "mode", "match");
    body.requiredText("queue");
    QueueId queue = body.parsed("queue", "", QueueId::parse);
    String port = body.requiredText("port");
    int queuePair = body.integer("queue_pair", 0, 0, MappingRequest.QUEUE_PAIR_MAX);
    Isolation isolation = body.parsed("isolation", isolationDefault.label(), Isolation::parse);
    MappingMode mode = body.parsed("mode", MappingMode.AUTO.label(), MappingMode::parse);
    Optional<String> match = Optional.of(body.text("match", "")).filter(text -> !text.isEmpty());
    MappingRequest wanted;
    try {
      wanted = new MappingRequest(queue, port, queuePair, isolation, mode, match, Origin.HTTP);
    } catch (IllegalArgumentException e) {
      throw HttpProblem.badRequest(String.valueOf(e.getMessage()));
    }
    return ask(new MappingCommand.Request(wanted))
        .map(mapping ->
            Answer.created(
                MappingJson.json(mapping), () -> said(mapping), PATH + "/" + mapping.id()));
  }

  private static String said(MappingStatus mapping) {
    return "mapping "
        + mapping.request().queue()
        + ": "
        + mapping.state().label()
        + " ("
        + mapping.reason().label()
        + ")"
        + (mapping.detail().isEmpty() ? "" : ": " + TextTable.printable(mapping.detail()))
        + "\n";
  }

  private Future<Answer> remove(RoutingContext request) {
    return changed(ask(new MappingCommand.Remove(request.pathParam("id"))));
  }

  private Future<Answer> pin(RoutingContext request) {
    JsonInput body = RequestBody.of(request).object().allow("mode");
    MappingMode mode = body.parsed("mode", MappingMode.ON.label(), MappingMode::parse);
    if (mode == MappingMode.AUTO) {
      throw HttpProblem.badField(body.pointer("mode"), "a mapping is pinned on or off: mode=auto");
    }
    return changed(ask(new MappingCommand.Pin(request.pathParam("id"), mode)));
  }

  private Future<Answer> unpin(RoutingContext request) {
    return changed(ask(new MappingCommand.Unpin(request.pathParam("id"))));
  }

  private static Future<Answer> changed(Future<MappingStatus> mapping) {
    return mapping.map(status -> Answer.ok(MappingJson.json(status), () -> said(status)));
  }

  private Future<Answer> explain(RoutingContext request) {
    QueueId queue;
    try {
      queue = QueueId.parse(request.pathParam("queue"));
    } catch (IllegalArgumentException e) {
      throw HttpProblem.badRequest(String.valueOf(e.getMessage()));
    }
    Future<Explanation> explanation =
        bus.request(Addresses.MAPPING_COMMANDS, new MappingCommand.Explain(queue));
    return explanation.map(why -> Answer.ok(MappingJson.json(why), () -> MappingJson.text(why)));
  }
}
