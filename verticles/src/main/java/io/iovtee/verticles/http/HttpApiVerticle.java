// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.api.SwitchContext;
import io.iovtee.verticles.access.AttemptLimit;
import io.iovtee.verticles.access.Certificate;
import io.iovtee.verticles.access.Credentials;
import io.iovtee.verticles.access.Listener;
import io.iovtee.verticles.access.Sessions;
import io.iovtee.verticles.bus.Addresses;
import io.iovtee.verticles.bus.LocalBus;
import io.iovtee.verticles.iovtee.Isolation;
import io.iovtee.verticles.stats.StatsReport;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.ServerSSLOptions;
import io.vertx.core.net.TrustOptions;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The HTTP server: puts the routes together. */
public final class HttpApiVerticle extends VerticleBase {
  /** Longest body but for rules in text form, see {@link RuleUpload}. */
  static final int BODY_LENGTH_MAX = 1 << 20;

  /** Longest sum of headers, and longest request line: a long match has its place in the query. */
  private static final int HEADERS_LENGTH_MAX = 8192;

  private static final int REQUEST_LINE_LENGTH_MAX = 4096;

  /** Longer than the heartbeat of an event stream, so that only silent clients are dropped. */
  static final int IDLE_TIMEOUT_MS = 60_000;

  /** Every client since 2019 has it, and what was wrong with the older ones is not in it. */
  private static final Set<String> PROTOCOLS = Set.of("TLSv1.3");

  /** Connections at one time: readers of events, dashboards (six a browser), scripts. */
  static final int CONNECTIONS_MAX = 512;

  private static final Logger LOG = LoggerFactory.getLogger(HttpApiVerticle.class);

  private final SwitchContext context;
  private final Settings settings;
  private final PrometheusMeterRegistry registry;
  private final Limits limits;
  private final Sessions sessions;
  private volatile int port;
  private List<ApiRouter.Operation> operations = List.of();
  private volatile @Nullable EventRoutes events;

  /**
   * @param credentials where the server listens, and who may come in
   * @param isolationDefault of mappings that name none
   * @param statsIntervalMs between two readings of the counters
   * @param version of the plugin, for people
   */
  public record Settings(
      Credentials credentials, Isolation isolationDefault, long statsIntervalMs, String version) {}

  /**
   * Times that tests make shorter.
   *
   * @param idleMs a connection on which nothing happens for so long is closed
   * @param handshakeMs a connection that takes longer for its TLS handshake is closed
   * @param lookMs between two looks at the files of certificate and tokens
   * @param clockMs milliseconds since 1970
   */
  record Limits(int idleMs, int handshakeMs, long lookMs, LongSupplier clockMs) {
    static final Limits DEFAULT =
        new Limits(IDLE_TIMEOUT_MS, 5_000, 2_000, System::currentTimeMillis);
  }

  public HttpApiVerticle(
      SwitchContext context, Settings settings, PrometheusMeterRegistry registry) {
    this(context, settings, registry, Limits.DEFAULT);
  }

  /** As above, with limits of the test's. */
  HttpApiVerticle(
      SwitchContext context, Settings settings, PrometheusMeterRegistry registry, Limits limits) {
    this.limits = limits;
    sessions = new Sessions(limits.clockMs());
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
    Credentials credentials = settings.credentials();
    AccessGuard guard = new AccessGuard(credentials, sessions, new AttemptLimit(System::nanoTime));
    router.route().handler(new BrowserGuard(credentials));
    router.route().handler(guard);
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
    SessionRoutes.add(api, credentials, sessions, guard);
    operations = api.operations();
    HttpServer server = vertx.createHttpServer(options()).requestHandler(router);
    bound(server);
    return server
        .listen()
        .onSuccess(listening -> {
          port = listening.actualPort();
          renew(listening);
        });
  }

  private HttpServerOptions options() {
    Listener listener = settings.credentials().listener();
    HttpServerOptions options =
        new HttpServerOptions()
            .setHost(listener.host())
            .setPort(listener.port())
            .setMaxHeaderSize(HEADERS_LENGTH_MAX)
            .setMaxInitialLineLength(REQUEST_LINE_LENGTH_MAX)
            .setHttp2ClearTextEnabled(false)
            .setUseAlpn(false) // HTTP/1.1 alone: IdleLimit knows its pipeline
            .setIdleTimeout(limits.idleMs())
            .setIdleTimeoutUnit(TimeUnit.MILLISECONDS);
    settings
        .credentials()
        .certificate()
        .ifPresent(certificate -> {
          ServerSSLOptions tls = tls(certificate);
          options
              .setSsl(true)
              .setKeyCertOptions(tls.getKeyCertOptions())
              .setEnabledSecureTransportProtocols(PROTOCOLS)
              .setSslHandshakeTimeout(limits.handshakeMs())
              .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
              .setClientAuth(tls.getClientAuth());
          if (tls.getTrustOptions() != null) {
            options.setTrustOptions(tls.getTrustOptions());
          }
        });
    return options;
  }

  private ServerSSLOptions tls(Certificate certificate) {
    ServerSSLOptions tls =
        new ServerSSLOptions()
            .setKeyCertOptions(KeyCertOptions.wrap(certificate.keys()))
            .setEnabledSecureTransportProtocols(PROTOCOLS)
            .setSslHandshakeTimeout(limits.handshakeMs())
            .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS);
    certificate
        .clients()
        .ifPresent(trust ->
            tls.setClientAuth(ClientAuth.REQUIRED).setTrustOptions(TrustOptions.wrap(trust)));
    return tls;
  }

  /** More clients than there are would only keep files open that ports need. */
  private static void bound(HttpServer server) {
    int[] connections = new int[1]; // this event loop's alone
    server.connectionHandler(connection -> {
      connections[0]++;
      connection.closeHandler(closed -> connections[0]--);
      if (connections[0] > CONNECTIONS_MAX) {
        connection.close();
      }
    });
  }

  /** Looks at the files of certificate and tokens now and then, not on the event loop. */
  private void renew(HttpServer server) {
    Credentials credentials = settings.credentials();
    if (credentials.listener().tls().isEmpty() && credentials.listener().tokens().isEmpty()) {
      return;
    }
    boolean[] looking = new boolean[1];
    vertx.setPeriodic(
        limits.lookMs(),
        timer -> {
          if (!looking[0]) {
            looking[0] = true;
            vertx
                .executeBlocking(credentials::look)
                .onSuccess(renewed -> {
                  if (renewed) {
                    takeCertificate(server);
                  }
                })
                .onComplete(done -> looking[0] = false);
          }
        });
  }

  private void takeCertificate(HttpServer server) {
    settings
        .credentials()
        .certificate()
        .ifPresent(certificate -> {
          server
              .updateSSLOptions(tls(certificate), true)
              .onFailure(failure ->
                  LOG.error("the certificate before stays in use: {}", failure.getMessage()));
        });
  }
}
