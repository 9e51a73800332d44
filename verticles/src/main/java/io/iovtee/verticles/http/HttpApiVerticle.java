// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.api.SwitchContext;
import io.iovtee.verticles.bus.Addresses;
import io.iovtee.verticles.bus.LocalBus;
import io.iovtee.verticles.iovtee.Isolation;
import io.iovtee.verticles.stats.StatsReport;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The HTTP server: puts the routes together. */
public final class HttpApiVerticle extends VerticleBase {
  /** Longest body but for rules in text form, see {@link RuleUpload}. */
  static final int BODY_LENGTH_MAX = 1 << 20;

  /** Longest sum of headers, and longest request line: a long match has its place in the query. */
  private static final int HEADERS_LENGTH_MAX = 8192;

  private static final int REQUEST_LINE_LENGTH_MAX = 4096;

  /** Longer than the heartbeat of an event stream, so that only silent clients are dropped. */
  static final int IDLE_TIMEOUT_MS = 60_000;

  private final SwitchContext context;
  private final Settings settings;
  private final PrometheusMeterRegistry registry;
  private final int idleTimeoutMs;
  private volatile int port;
  private List<ApiRouter.Operation> operations = List.of();
  private volatile @Nullable EventRoutes events;

  /**
   * @param host a loopback address
   * @param port 0 for any free one
   * @param isolationDefault of mappings that name none
   * @param statsIntervalMs between two readings of the counters
   * @param version of the plugin, for people
   */
  public record Settings(
      String host, int port, Isolation isolationDefault, long statsIntervalMs, String version) {}

  public HttpApiVerticle(
      SwitchContext context, Settings settings, PrometheusMeterRegistry registry) {
    this(context, settings, registry, IDLE_TIMEOUT_MS);
  }

  /** As above, with a limit of the test's. */
  HttpApiVerticle(
      SwitchContext context,
      Settings settings,
      PrometheusMeterRegistry registry,
      int idleTimeoutMs) {
    this.idleTimeoutMs = idleTimeoutMs;
    this.context = context;
    this.settings = settings;
    this.registry = registry;
  }

  /** The port that the server listens on; 0 before it does. */
  public int port() {
    return port;
  }

  /** All operations, for whoever compares them with the contract. */
  List<ApiRouter.Operation> operations() {
    return operations;
  }

  /** Readers of events at this time; any thread. */
  int eventReaders() {
    EventRoutes running = events;
    return running == null ? 0 : running.readerCount();
  }

  /** Whose connection ends before its request has come is no fault of the switch, for the log. */
  private static void clientGone(RoutingContext request) {
    if (!(request.failure() instanceof HttpClosedException)) {
      request.next();
    }
  }

  @Override
  public Future<?> start() {
    Router router = Router.router(vertx);
    router.route().handler(new IdleLimit()).failureHandler(HttpApiVerticle::clientGone);
    router.route().handler(new BrowserGuard());
    FlowRoutes.addUploads(router);
    BodyHandler bodies = BodyHandler.create(false).setBodyLimit(BODY_LENGTH_MAX);
    router
        .route()
        .handler(request -> {
          if (RuleUpload.isRead(request)) {
            request.next();
          } else {
            bodies.handle(request);
          }
        });
    ApiRouter api = new ApiRouter(router);
    LocalBus bus = new LocalBus(vertx);
    LatestStats stats = new LatestStats(context, bus, settings.version());
    bus.listen(Addresses.STATS_EVENTS, (StatsReport report) -> stats.onReport(report));
    FlowRoutes.add(api, bus);
    GroupRoutes.add(api, bus);
    ClusterRoutes.add(api, bus);
    TraceRoutes.add(api, context, bus, vertx);
    PortRoutes.add(api, context, vertx);
    MirrorRoutes.add(api, context, vertx);
    PacketRoutes.add(api, context, bus, vertx);
    MappingRoutes.add(api, bus, settings.isolationDefault());
    StatsRoutes.add(api, context, stats);
    events = EventRoutes.add(api, context, bus, stats, vertx);
    HealthRoutes.add(api, bus, stats, settings.statsIntervalMs());
    new MetricsRoutes(context, bus, stats, registry, settings.version()).add(api);
    PageRoutes.add(api);
    operations = api.operations();
    HttpServerOptions options =
        new HttpServerOptions()
            .setHost(settings.host())
            .setPort(settings.port())
            .setMaxHeaderSize(HEADERS_LENGTH_MAX)
            .setMaxInitialLineLength(REQUEST_LINE_LENGTH_MAX)
            .setHttp2ClearTextEnabled(false)
            .setIdleTimeout(idleTimeoutMs)
            .setIdleTimeoutUnit(TimeUnit.MILLISECONDS);
    return vertx
        .createHttpServer(options)
        .requestHandler(router)
        .listen()
        .onSuccess(server -> port = server.actualPort());
  }
}
