// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.api.PortInfo;
import io.iovtee.api.SwitchContext;
import io.iovtee.verticles.bus.Addresses;
import io.iovtee.verticles.bus.LocalBus;
import io.iovtee.verticles.stats.StatsReport;
import io.iovtee.verticles.stats.StatsVerticle;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The last periodic reading, and new ones on request. Event loop of the HTTP verticle. */
final class LatestStats {
  private final SwitchContext context;
  private final LocalBus bus;
  private final String version;
  private @Nullable StatsReport latest;

  /**
   * @param version of the plugin, for people
   */
  LatestStats(SwitchContext context, LocalBus bus, String version) {
    this.context = context;
    this.bus = bus;
    this.version = version;
  }

  void onReport(StatsReport report) {
    latest = report;
  }

  Optional<StatsReport> latest() {
    return Optional.ofNullable(latest);
  }

  /** A reading made now. */
  Future<StatsReport> read() {
    return bus.request(Addresses.STATS_REQUESTS, new StatsVerticle.Ask());
  }

  /** A reading as JSON, with the switch that it is of. */
  JsonObject json(StatsReport report) {
    return new JsonObject()
        .put("switch", new JsonObject().put("name", context.switchName()).put("version", version))
        .mergeIn(StatsJson.json(report, emulatedPorts()));
  }

  /** Ports whose numbers come from an emulated NIC: whatever shows them must say so. */
  Set<String> emulatedPorts() {
    Set<String> names = new HashSet<>();
    for (PortInfo port : context.ports()) {
      if (port.emulated()) {
        names.add(port.name());
      }
    }
    return names;
  }
}
