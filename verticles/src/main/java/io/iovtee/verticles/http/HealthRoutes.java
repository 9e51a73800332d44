// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.verticles.bus.Addresses;
import io.iovtee.verticles.bus.LocalBus;
import io.iovtee.verticles.cluster.ClusterView;
import io.iovtee.verticles.flows.FlowCommand;
import io.iovtee.verticles.iovtee.MappingCommand;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * {@code /livez} and {@code /readyz}, as Kubernetes asks them: the status code is the answer,
 * {@code ?verbose} says which check failed.
 */
final class HealthRoutes {
  /** A reading of the counters older than this many intervals means that the switch is stuck. */
  private static final int INTERVALS_MAX = 5;

  private final LocalBus bus;
  private final LatestStats stats;
  private final long staleAfterMs;

  /**
   * @param why it failed, or a note on one that passed
   */
  private record Check(String name, boolean passed, String why) {
    String line() {
      if (!passed) {
        return "[-]" + name + " failed: " + why + "\n";
      }
      return why.isEmpty() ? "[+]" + name + " ok\n" : "[~]" + name + " ok, but " + why + "\n";
    }
  }

  private HealthRoutes(LocalBus bus, LatestStats stats, long intervalMs) {
    this.bus = bus;
    this.stats = stats;
    staleAfterMs = Math.max(intervalMs * INTERVALS_MAX, 5_000);
  }

  static void add(ApiRouter api, LocalBus bus, LatestStats stats, long intervalMs) {
    HealthRoutes routes = new HealthRoutes(bus, stats, intervalMs);
    api.raw(
        HttpMethod.GET, "/livez", request -> send(request, List.of(new Check("ping", true, ""))));
    api.raw(HttpMethod.GET, "/readyz", routes::ready);
  }

  private void ready(RoutingContext request) {
    Future<Check> flows =
        check("flows", bus.request(Addresses.FLOW_COMMANDS, new FlowCommand.Page(0, 1)));
    Future<Check> mappings =
        check("mappings", bus.request(Addresses.MAPPING_COMMANDS, new MappingCommand.ListAll()));
    Future<Optional<ClusterView>> cluster =
        ClusterRoutes.look(bus).otherwise(failure -> Optional.empty());
    Future.all(flows, mappings, cluster)
        .onSuccess(done -> {
          List<Check> checks = new ArrayList<>();
          checks.add(new Check("ping", true, ""));
          checks.add(countersAreFresh());
          checks.add(flows.result());
          checks.add(mappings.result());
          cluster.result().ifPresent(view -> checks.add(check(view)));
          send(request, checks);
        });
  }

  /** A switch without its cluster forwards frames as before: nothing to take it away for. */
  private static Check check(ClusterView view) {
    boolean well = view.state() == ClusterView.State.MAJORITY && view.problem().isEmpty();
    return new Check("cluster", true, well ? "" : ClusterJson.summary(view));
  }

  private static Future<Check> check(String name, Future<?> answer) {
    return answer
        .map(done -> new Check(name, true, ""))
        .otherwise(failure -> new Check(name, false, String.valueOf(failure.getMessage())));
  }

  private Check countersAreFresh() {
    return stats
        .latest()
        .map(report -> {
          long age = System.currentTimeMillis() - report.timeMs();
          boolean fresh = age <= staleAfterMs;
          return new Check("counters", fresh, fresh ? "" : "last read " + age + " ms ago");
        })
        .orElse(new Check("counters", false, "not read yet"));
  }

  private static void send(RoutingContext request, List<Check> checks) {
    boolean passed = checks.stream().allMatch(Check::passed);
    StringBuilder text = new StringBuilder();
    if (!passed || request.request().params().contains("verbose")) {
      for (Check check : checks) {
        text.append(check.line());
      }
    }
    text.append(passed ? "ok\n" : "not ready\n");
    request
        .response()
        .setStatusCode(passed ? 200 : 503)
        .putHeader("Content-Type", "text/plain; charset=utf-8")
        .end(text.toString());
  }
}
