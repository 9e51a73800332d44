// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.api.PortInfo;
import io.iovtee.api.SwitchContext;
import io.iovtee.flow.PortName;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code /api/v1/ports}: the ports, and adding and removing them. */
final class PortRoutes {
  private static final String PATH = "/api/v1/ports";

  private final SwitchContext context;
  private final Vertx vertx;

  private PortRoutes(SwitchContext context, Vertx vertx) {
    this.context = context;
    this.vertx = vertx;
  }

  static void add(ApiRouter api, SwitchContext context, Vertx vertx) {
    PortRoutes routes = new PortRoutes(context, vertx);
    api.answer(HttpMethod.GET, PATH, routes::list);
    api.answer(HttpMethod.GET, PATH + "/{name}", routes::get);
    api.answer(HttpMethod.POST, PATH + "/{name}", routes::create);
    api.answer(HttpMethod.DELETE, PATH + "/{name}", routes::remove);
  }

  private Future<Answer> list(RoutingContext request) {
    List<PortInfo> ports = context.ports();
    JsonArray json = new JsonArray();
    ports.forEach(port -> json.add(json(port)));
    return Future.succeededFuture(
        Answer.ok(new JsonObject().put("ports", json), () -> table(ports)));
  }

  private Future<Answer> get(RoutingContext request) {
    String name = request.pathParam("name");
    PortInfo port = find(name).orElseThrow(() -> absent(name));
    return Future.succeededFuture(Answer.ok(json(port), () -> table(List.of(port))));
  }

  private Future<Answer> create(RoutingContext request) {
    String name = request.pathParam("name");
    try {
      PortName.check(name);
    } catch (IllegalArgumentException e) {
      throw HttpProblem.badRequest(String.valueOf(e.getMessage()));
    }
    Map<String, Object> config = RequestBody.of(request).object().plain();
    return vertx
        .executeBlocking(() -> {
          context.addPort(name, config);
          return name;
        })
        .recover(failure -> Future.failedFuture(refusal(failure)))
        .map(done -> {
          JsonObject json = find(name).map(PortRoutes::json).orElseGet(JsonObject::new);
          return Answer.created(json, () -> "added port " + name + "\n", PATH + "/" + name);
        });
  }

  /** What a refused change of the ports means. */
  static Throwable refusal(Throwable failure) {
    String why = String.valueOf(failure.getMessage());
    if (failure instanceof IllegalArgumentException) {
      return HttpProblem.invalid(why);
    }
    return failure instanceof IllegalStateException ? HttpProblem.conflict(why) : failure;
  }

  private Future<Answer> remove(RoutingContext request) {
    String name = request.pathParam("name");
    return vertx
        .executeBlocking(() -> context.removePort(name))
        .recover(failure -> Future.failedFuture(refusal(failure)))
        .map(removed -> {
          if (!removed) {
            throw absent(name);
          }
          return Answer.ok(
              new JsonObject().put("removed", name), () -> "removed port " + name + "\n");
        });
  }

  private Optional<PortInfo> find(String name) {
    return context.ports().stream().filter(port -> port.name().equals(name)).findFirst();
  }

  private static HttpProblem absent(String name) {
    return HttpProblem.notFound("no port has this name: name=" + name + "; see GET " + PATH);
  }

  static JsonObject json(PortInfo port) {
    return new JsonObject()
        .put("name", port.name())
        .put("number", port.number())
        .put("type", port.type())
        .put("link_up", port.linkUp())
        .put("link_reason", port.linkReason())
        .put("rx_queues", port.rxQueues())
        .put("emulated", port.emulated())
        .put("details", JsonOutput.of(port.details()));
  }

  private static String table(List<PortInfo> ports) {
    TextTable table = new TextTable("NAME", "NUMBER", "TYPE", "LINK", "QUEUES", "REASON");
    for (PortInfo port : ports) {
      table.row(
          port.name(),
          port.number(),
          port.type() + (port.emulated() ? " (emulated)" : ""),
          port.linkUp() ? "up" : "down",
          port.rxQueues(),
          port.linkReason());
    }
    return table.toString();
  }
}
