// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles;

import io.iovtee.api.SwitchContext;
import io.iovtee.api.SwitchListener;
import io.iovtee.verticles.access.Listener;
import io.iovtee.verticles.bus.LocalBus;
import io.iovtee.verticles.cluster.ClusterConfig;
import io.iovtee.verticles.cluster.ClusterVerticle;
import io.iovtee.verticles.flows.FlowsVerticle;
import io.iovtee.verticles.flows.GroupsVerticle;
import io.iovtee.verticles.http.HttpApiVerticle;
import io.iovtee.verticles.iovtee.IovteeVerticle;
import io.iovtee.verticles.iovtee.MappingEngine;
import io.iovtee.verticles.stats.StatsVerticle;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Deployable;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.micrometer.MetricsDomain;
import io.vertx.micrometer.MicrometerMetricsFactory;
import io.vertx.micrometer.MicrometerMetricsOptions;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Vert.x and the verticles of one switch. Started and stopped on a thread that may block. */
public final class ControlPlane implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ControlPlane.class);
  private static final long START_TIMEOUT_S = 30;
  private static final long STOP_TIMEOUT_S = 5;

  /** One for HTTP, one for the rest; the machine's cores belong to the poll loops. */
  private static final int EVENT_LOOPS = 2;

  private static final int WORKERS = 4;

  private final Vertx vertx;
  private final PrometheusMeterRegistry registry;
  private final IovteeVerticle iovtee;
  private final HttpApiVerticle http;
  private final Optional<ClusterVerticle> cluster;

  private ControlPlane(
      Vertx vertx,
      PrometheusMeterRegistry registry,
      IovteeVerticle iovtee,
      HttpApiVerticle http,
      Optional<ClusterVerticle> cluster) {
    this.cluster = cluster;
    this.vertx = vertx;
    this.registry = registry;
    this.iovtee = iovtee;
    this.http = http;
  }

  /**
   * Starts everything and waits until the HTTP server listens.
   *
   * <p>Vert.x, Netty and Jackson look up services by the calling thread's context class loader: the
   * caller sets it to the one that these classes come from.
   *
   * @param cluster that this switch is a member of; it joins the others later, in the background
   * @throws StartException when a verticle does not start, with its reason
   */
  public static ControlPlane start(
      SwitchContext context,
      MappingEngine engine,
      HttpApiVerticle.Settings settings,
      Optional<ClusterConfig> cluster)
      throws StartException {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    Vertx vertx = build(registry);
    ControlPlane plane =
        new ControlPlane(
            vertx,
            registry,
            new IovteeVerticle(engine),
            new HttpApiVerticle(context, settings, registry),
            cluster.map(config -> new ClusterVerticle(context, config, settings.version())));
    try {
      await(plane.deploy(context, settings), START_TIMEOUT_S);
    } catch (StartException e) {
      plane.close();
      throw e;
    }
    Listener listener = settings.credentials().listener();
    LOG.info(
        "HTTP API and dashboard: {}/{}",
        listener.address(plane.httpPort()),
        listener.tokens().isPresent() ? " (asks for a token)" : "");
    return plane;
  }

  private static Vertx build(PrometheusMeterRegistry registry) {
    VertxOptions options =
        new VertxOptions()
            .setEventLoopPoolSize(EVENT_LOOPS)
            .setWorkerPoolSize(WORKERS)
            .setInternalBlockingPoolSize(WORKERS)
            .setUseDaemonThread(true)
            .setFileSystemOptions(
                new FileSystemOptions()
                    .setFileCachingEnabled(false)
                    .setClassPathResolvingEnabled(false))
            .setMetricsOptions(
                new MicrometerMetricsOptions()
                    .setEnabled(true)
                    .addDisabledMetricsCategory(MetricsDomain.EVENT_BUS));
    Vertx vertx =
        Vertx.builder().with(options).withMetrics(new MicrometerMetricsFactory(registry)).build();
    LocalBus.register(vertx);
    return vertx;
  }

  /** Those that answer requests come before those that ask. */
  private Future<?> deploy(SwitchContext context, HttpApiVerticle.Settings settings) {
    return deploy(new FlowsVerticle(context.flows()))
        .compose(done -> deploy(new GroupsVerticle(context)))
        .compose(done -> deploy(iovtee))
        .compose(done -> deploy(new StatsVerticle(context, settings.statsIntervalMs())))
        .compose(done -> deploy(http))
        .compose(done -> deployCluster(settings));
  }

  private Future<?> deployCluster(HttpApiVerticle.Settings settings) {
    if (cluster.isEmpty()) {
      return Future.succeededFuture();
    }
    cluster.get().listensAt(settings.credentials().listener().address(httpPort()));
    return deploy(cluster.get());
  }

  private Future<String> deploy(Deployable verticle) {
    return vertx.deployVerticle(verticle);
  }

  /** To be registered with the switch. */
  public SwitchListener listener() {
    return iovtee.listener();
  }

  /** The port that the HTTP server listens on. */
  public int httpPort() {
    return http.port();
  }

  @Override
  public void close() {
    try {
      await(vertx.close(), STOP_TIMEOUT_S);
    } catch (StartException e) {
      LOG.warn("the control plane did not stop cleanly: {}", e.getMessage());
    }
    registry.close();
  }

  private static void await(Future<?> future, long timeoutS) throws StartException {
    try {
      future.await(timeoutS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new StartException("not done within " + timeoutS + " s", e);
    } catch (Exception e) {
      throw new StartException(String.valueOf(e.getMessage()), e);
    }
  }

  /** A verticle did not start or stop. */
  public static final class StartException extends Exception {
    private static final long serialVersionUID = 1L;

    StartException(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
