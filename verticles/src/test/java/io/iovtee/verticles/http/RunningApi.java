// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.api.testkit.FakeSwitch;
import io.iovtee.verticles.access.CredentialException;
import io.iovtee.verticles.access.Credentials;
import io.iovtee.verticles.access.Listener;
import io.iovtee.verticles.bus.LocalBus;
import io.iovtee.verticles.flows.FlowsVerticle;
import io.iovtee.verticles.flows.GroupsVerticle;
import io.iovtee.verticles.http.HttpApiVerticle.Limits;
import io.iovtee.verticles.iovtee.IovteeVerticle;
import io.iovtee.verticles.iovtee.Isolation;
import io.iovtee.verticles.stats.StatsVerticle;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.client.HttpRequest;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.ext.web.client.WebClient;
import io.vertx.micrometer.MicrometerMetricsFactory;
import io.vertx.micrometer.MicrometerMetricsOptions;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The control plane on a switch in memory, and a client of its HTTP API that holds every answer
 * against the contract.
 */
final class RunningApi implements AutoCloseable {
  /** What takes this long does not come: a loaded machine has made an answer wait for 20. */
  private static final long TIMEOUT_S = 180;

  private static final Contract CONTRACT = Contract.read();

  final FakeSwitch context;
  final StubEngine engine = new StubEngine();
  final Vertx vertx;
  final HttpApiVerticle http;
  private final WebClient client;

  RunningApi() throws TimeoutException {
    this(FakeSwitch.of(Map.of(), "uplink", 2, "nf1", "nf2"), HttpApiVerticle.IDLE_TIMEOUT_MS);
  }

  /** With another limit for connections on which nothing happens. */
  RunningApi(FakeSwitch context, int idleTimeoutMs) throws TimeoutException {
    this(context, plain(), new Limits(idleTimeoutMs, 5_000, 50, System::currentTimeMillis));
  }

  private static Credentials plain() {
    try {
      return Credentials.open(Listener.plain("127.0.0.1", 0));
    } catch (CredentialException e) {
      throw new AssertionError("it has no file", e);
    }
  }

  /** With a certificate, tokens or other limits. */
  RunningApi(FakeSwitch context, Credentials credentials, Limits limits) throws TimeoutException {
    this.context = context;
    context.addNic("soft0", 1, true);
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    vertx =
        Vertx.builder()
            .with(
                new io.vertx.core.VertxOptions()
                    .setMetricsOptions(new MicrometerMetricsOptions().setEnabled(true)))
            .withMetrics(new MicrometerMetricsFactory(registry))
            .build();
    LocalBus.register(vertx);
    IovteeVerticle iovtee = new IovteeVerticle(engine);
    http =
        new HttpApiVerticle(
            context,
            new HttpApiVerticle.Settings(credentials, Isolation.STRICT, 50, "test"),
            registry,
            limits);
    vertx
        .deployVerticle(new FlowsVerticle(context.flows()))
        .compose(done -> vertx.deployVerticle(new GroupsVerticle(context)))
        .compose(done -> vertx.deployVerticle(iovtee))
        .compose(done -> vertx.deployVerticle(new StatsVerticle(context, 50)))
        .compose(done -> vertx.deployVerticle(http))
        .await(TIMEOUT_S, TimeUnit.SECONDS);
    context.addListener(iovtee.listener());
    client = WebClient.create(vertx);
  }

  /** An answer as a test looks at it. */
  record Answered(int status, HttpResponse<Buffer> response) {
    String text() {
      return response.bodyAsString() == null ? "" : response.bodyAsString();
    }

    JsonObject json() {
      return new JsonObject(text());
    }

    @Nullable String header(String name) {
      return response.getHeader(name);
    }
  }

  HttpRequest<Buffer> request(HttpMethod method, String path) {
    return client.request(method, http.port(), "127.0.0.1", path);
  }

  Answered send(HttpRequest<Buffer> request, @Nullable Buffer body) {
    try {
      HttpResponse<Buffer> response =
          (body == null ? request.send() : request.sendBuffer(body))
              .await(TIMEOUT_S, TimeUnit.SECONDS);
      Answered answered = new Answered(response.statusCode(), response);
      CONTRACT.check(
          request.method().name(),
          request.uri(),
          answered.status(),
          response.getHeader("Content-Type"),
          answered.text());
      return answered;
    } catch (TimeoutException e) {
      throw new AssertionError("no answer within " + TIMEOUT_S + " s", e);
    }
  }

  Answered get(String path) {
    return send(request(HttpMethod.GET, path), null);
  }

  Answered getText(String path) {
    return send(request(HttpMethod.GET, path).putHeader("Accept", "text/plain"), null);
  }

  Answered delete(String path) {
    return send(request(HttpMethod.DELETE, path), null);
  }

  Answered post(String path, JsonObject body) {
    return json(HttpMethod.POST, path, body.encode());
  }

  Answered json(HttpMethod method, String path, String body) {
    return send(
        request(method, path).putHeader("Content-Type", "application/json"), Buffer.buffer(body));
  }

  Answered text(HttpMethod method, String path, String body, String... headers) {
    HttpRequest<Buffer> request = request(method, path).putHeader("Content-Type", "text/plain");
    for (int i = 0; i < headers.length; i += 2) {
      request.putHeader(headers[i], headers[i + 1]);
    }
    return send(request, Buffer.buffer(body));
  }

  @Override
  public void close() throws TimeoutException {
    client.close();
    vertx.close().await(TIMEOUT_S, TimeUnit.SECONDS);
  }
}
