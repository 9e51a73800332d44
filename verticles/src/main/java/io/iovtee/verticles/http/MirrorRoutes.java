// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.api.MirrorInfo;
import io.iovtee.api.SwitchContext;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** {@code /api/v1/mirrors}: the mirrors, and adding and removing them. */
final class MirrorRoutes {
  private MirrorRoutes() {}

  static void add(ApiRouter api, SwitchContext context, Vertx vertx) {
    NamedRoutes.Kind<MirrorInfo> kind =
        new NamedRoutes.Kind<>(
            "mirror",
            context::mirrors,
            MirrorInfo::name,
            context::addMirror,
            context::removeMirror,
            MirrorRoutes::json,
            MirrorRoutes::table);
    new NamedRoutes<>(kind, vertx).add(api);
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
