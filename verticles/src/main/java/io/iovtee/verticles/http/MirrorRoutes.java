// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.api.MirrorInfo;
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

/** {@code /api/v1/mirrors}: the mirrors, and adding and removing them. */
final class MirrorRoutes {
  private static final String PATH = "/api/v1/mirrors";

  private final SwitchContext context;
  private final Vertx vertx;

  private MirrorRoutes(SwitchContext context, Vertx vertx) {
    this.context = context;
    this.vertx = vertx;
  }

  static void add(ApiRouter api, SwitchContext context, Vertx vertx) {
    MirrorRoutes routes = new MirrorRoutes(context, vertx);
    api.answer(HttpMethod.GET, PATH, routes::list);
    api.answer(HttpMethod.POST, PATH + "/{name}", routes::create);
    api.answer(HttpMethod.DELETE, PATH + "/{name}", routes::remove);
  }

  private Future<Answer> list(RoutingContext request) {
    return vertx.executeBlocking(context::mirrors).map(MirrorRoutes::answer);
  }

  private static Answer answer(List<MirrorInfo> mirrors) {
    JsonArray json = new JsonArray();
    mirrors.forEach(mirror -> json.add(json(mirror)));
    return Answer.ok(new JsonObject().put("mirrors", json), () -> table(mirrors));
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
          context.addMirror(name, config);
          return name;
        })
        .recover(failure -> Future.failedFuture(PortRoutes.refusal(failure)))
        .map(done ->
            Answer.created(
                new JsonObject().put("added", name), () -> "added mirror " + name + "\n", PATH));
  }

  private Future<Answer> remove(RoutingContext request) {
    String name = request.pathParam("name");
    return vertx
        .executeBlocking(() -> context.removeMirror(name))
        .recover(failure -> Future.failedFuture(PortRoutes.refusal(failure)))
        .map(removed -> {
          if (!removed) {
            throw HttpProblem.notFound("no mirror has this name: name=" + name);
          }
          return Answer.ok(
              new JsonObject().put("removed", name), () -> "removed mirror " + name + "\n");
        });
  }

  private static JsonObject json(MirrorInfo mirror) {
    return new JsonObject()
        .put("name", mirror.name())
        .put("select_all", mirror.all())
        .put("select_src_port", new JsonArray(mirror.srcPorts()))
        .put("select_dst_port", new JsonArray(mirror.dstPorts()))
        .put("output_port", mirror.output())
        .put("frames", mirror.frames())
        .put("bytes", mirror.bytes())
        .put("lost", mirror.lost());
  }

  private static String table(List<MirrorInfo> mirrors) {
    TextTable table =
        new TextTable("NAME", "RECEIVED BY", "SENT TO", "OUTPUT", "FRAMES", "BYTES", "LOST");
    for (MirrorInfo mirror : mirrors) {
      boolean byRules = mirror.name().isEmpty();
      table.row(
          byRules ? "(rules)" : mirror.name(),
          ports(mirror, mirror.srcPorts()),
          ports(mirror, mirror.dstPorts()),
          byRules ? "-" : mirror.output(),
          mirror.frames(),
          mirror.bytes(),
          mirror.lost());
    }
    return table.toString();
  }

  private static String ports(MirrorInfo mirror, List<String> ports) {
    return mirror.all() ? "all" : ports.isEmpty() ? "-" : String.join(",", ports);
  }
}
