// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.api.PortInfo;
import io.iovtee.api.SwitchContext;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** {@code /api/v1/ports}: the ports, and adding and removing them. */
final class PortRoutes {
  private PortRoutes() {}

  static void add(ApiRouter api, SwitchContext context, Vertx vertx) {
    NamedRoutes.Kind<PortInfo> kind =
        new NamedRoutes.Kind<>(
            "port",
            context::ports,
            PortInfo::name,
            context::addPort,
            context::removePort,
            PortRoutes::json,
            PortRoutes::table);
    new NamedRoutes<>(kind, vertx).add(api);
  }

  private static JsonObject json(PortInfo port) {
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

  /** What the event {@code ports} tells: which there are, and their links. */
  static JsonObject links(List<PortInfo> ports) {
    JsonArray links = new JsonArray();
    for (PortInfo port : ports) {
      links.add(
          new JsonObject()
              .put("name", port.name())
              .put("link_up", port.linkUp())
              .put("link_reason", port.linkReason()));
    }
    return new JsonObject().put("ports", links);
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
