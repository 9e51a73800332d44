// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.Outcome;
import io.iovtee.verticles.http.RunningApi.Answered;
import io.iovtee.verticles.iovtee.MappingRefusedException;
import io.iovtee.verticles.iovtee.MappingRefusedException.Kind;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Ports, queues, mappings, counters, health and what all routes share, over real HTTP. */
final class ApiRoutesTest {
  private static final String MAPPINGS = "/api/v1/mappings";
  private static final JsonObject MAPPING =
      new JsonObject().put("queue", "uplink/0").put("port", "nf1");

  private RunningApi api;

  @BeforeEach
  void start() throws TimeoutException {
    api = new RunningApi();
  }

  @AfterEach
  void stop() throws TimeoutException {
    api.close();
  }

  private static void assertProblem(Answered answer, int status, String... parts) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
    assertThat(answer.text()).contains(parts).doesNotContain("\tat ");
  }

  // ---- ports ---------------------------------------------------------------------------------

  @Test
  void listsPortsAndMarksTheEmulatedOnes() {
    JsonArray ports = api.get("/api/v1/ports").json().getJsonArray("ports");
    assertThat(ports).hasSize(4);
    assertThat(ports.getJsonObject(0).getString("name")).isEqualTo("uplink");
    assertThat(ports.getJsonObject(0).getJsonObject("details").getInteger("mtu")).isEqualTo(1500);
    assertThat(ports.getJsonObject(3).getBoolean("emulated")).isTrue();
    assertThat(api.getText("/api/v1/ports").text()).contains("soft (emulated)", "not connected");
  }

  @Test
  void addsAndRemovesAPort() {
    JsonObject body = new JsonObject().put("type", "vhost-user").put("queues", 2);
    Answered added = api.post("/api/v1/ports/nf3", body);
    assertThat(added.status()).isEqualTo(201);
    assertThat(added.json().getString("type")).isEqualTo("vhost-user");
    assertThat(api.get(added.header("Location")).json().getString("name")).isEqualTo("nf3");
    assertProblem(api.post("/api/v1/ports/nf3", body), 409, "exists");
    assertThat(api.delete("/api/v1/ports/nf3").json().getString("removed")).isEqualTo("nf3");
    assertProblem(api.delete("/api/v1/ports/nf3"), 404, "nf3");
    assertProblem(api.get("/api/v1/ports/nf3"), 404, "nf3");
  }

  @Test
  void refusesPortsThatAreWrong() {
    assertProblem(api.post("/api/v1/ports/nf3", new JsonObject()), 422, "type");
    assertProblem(api.post("/api/v1/ports/12", new JsonObject()), 400, "digit");
    assertProblem(
        api.json(HttpMethod.POST, "/api/v1/ports/nf3", "[]"), 400, "must be a JSON object");
    assertProblem(api.text(HttpMethod.POST, "/api/v1/ports/nf3", "type=tap"), 415, "text/plain");
  }

  @Test
  void aFaultOfTheSwitchIsNoStackTrace() {
    api.context.failAddPort(new NullPointerException("secret detail"));
    Answered answer = api.post("/api/v1/ports/nf3", new JsonObject().put("type", "tap"));
    assertProblem(answer, 500, "log");
    assertThat(answer.text()).doesNotContain("secret", "NullPointer");
  }

  // ---- queues and mappings -------------------------------------------------------------------

  @Test
  void listsQueuesByMode() {
    JsonArray queues = api.get("/api/v1/queues").json().getJsonArray("queues");
    assertThat(queues).hasSize(3);
    JsonObject first = queues.getJsonObject(0);
    assertThat(first.getString("queue")).isEqualTo("uplink/0");
    assertThat(first.getString("mode")).isEqualTo("copy");
    assertThat(first.getInteger("outstanding")).isZero();
    assertThat(queues.getJsonObject(2).getBoolean("emulated")).isTrue();
    assertThat(api.getText("/api/v1/queues").text()).contains("QUEUE", "soft0/0", "emulated");
  }

  @Test
  void asksForShowsPinsAndRemovesAMapping() {
    Answered created = api.post(MAPPINGS, MAPPING.copy().put("isolation", "scrub"));
    assertThat(created.status()).isEqualTo(201);
    assertThat(created.header("Location")).isEqualTo(MAPPINGS + "/uplink:0");
    JsonObject mapping = api.get(MAPPINGS).json().getJsonArray("mappings").getJsonObject(0);
    assertThat(mapping.getString("isolation")).isEqualTo("scrub");
    assertThat(mapping.getString("mode")).isEqualTo("auto");
    assertThat(mapping.getString("origin")).isEqualTo("http");
    assertThat(mapping.getString("reason")).isEqualTo("guest_absent");
    assertThat(mapping.getJsonArray("history")).hasSize(1);
    assertThat(api.getText(MAPPINGS).text()).contains("uplink/0", "nf1", "requested");

    assertThat(
            api.send(api.request(HttpMethod.POST, MAPPINGS + "/uplink:0/pin"), null)
                .json()
                .getString("mode"))
        .isEqualTo("on");
    assertThat(
            api.post(MAPPINGS + "/uplink:0/pin", new JsonObject().put("mode", "off"))
                .json()
                .getString("mode"))
        .isEqualTo("off");
    assertThat(
            api.send(api.request(HttpMethod.POST, MAPPINGS + "/uplink:0/unpin"), null)
                .json()
                .getString("mode"))
        .isEqualTo("auto");
    assertThat(api.delete(MAPPINGS + "/uplink:0").json().getString("state")).isEqualTo("removed");
    assertProblem(api.delete(MAPPINGS + "/uplink:0"), 404, "uplink:0");
    assertProblem(api.get(MAPPINGS + "/uplink:0"), 404, "uplink:0");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"port\":\"nf1\"}                                              | /queue",
        "{\"queue\":\"uplink/0\"}                                        | /port",
        "{\"queue\":\"uplink\",\"port\":\"nf1\"}                         | /queue",
        "{\"queue\":\"uplink/70000\",\"port\":\"nf1\"}                   | /queue",
        "{\"queue\":\"uplink/0\",\"port\":\"nf1\",\"colour\":1}          | /colour",
        "{\"queue\":\"uplink/0\",\"port\":\"nf1\",\"mode\":\"maybe\"}    | /mode",
        "{\"queue\":\"uplink/0\",\"port\":\"nf1\",\"isolation\":\"x\"}   | /isolation",
        "{\"queue\":\"uplink/0\",\"port\":\"nf1\",\"queue_pair\":-1}     | /queue_pair",
        "{\"queue\":\"uplink/0\",\"port\":\"nf1\",\"match\":7}           | /match",
      })
  void wrongMappingsArePointedAt(String body, String pointer) {
    Answered answer = api.json(HttpMethod.POST, MAPPINGS, body);
    assertProblem(answer, 400, pointer);
    assertThat(answer.json().getJsonArray("errors").getJsonObject(0).getString("pointer"))
        .isEqualTo(pointer);
  }

  @Test
  void aMappingsMatchIsReadWhenItIsAskedFor() {
    assertProblem(api.post(MAPPINGS, MAPPING.copy().put("match", "dl_dts=1")), 400, "dl_dts");
    assertThat(api.get(MAPPINGS).json().getJsonArray("mappings")).isEmpty();
  }

  @Test
  void aMappingIsPinnedOnOrOffOnly() {
    api.post(MAPPINGS, MAPPING);
    assertProblem(
        api.post(MAPPINGS + "/uplink:0/pin", new JsonObject().put("mode", "auto")), 400, "mode");
  }

  @Test
  void refusalsOfTheEngineKeepTheirKind() {
    api.engine.failWith(new MappingRefusedException(Kind.CONFLICT, "has another mapping"));
    assertProblem(api.post(MAPPINGS, MAPPING), 409, "has another mapping");
    api.engine.failWith(new MappingRefusedException(Kind.UNAVAILABLE, "could not be detached"));
    assertProblem(api.delete(MAPPINGS + "/uplink:0"), 503, "could not be detached");
    api.engine.failWith(new IllegalStateException("bug"));
    assertProblem(api.get(MAPPINGS), 500, "log");
  }

  @Test
  void explainsInBothForms() {
    for (String queue : new String[] {"uplink:0", "uplink%2F0"}) {
      JsonObject why = api.get(MAPPINGS + "/" + queue + "/explain").json();
      assertThat(why.getString("queue")).isEqualTo("uplink/0");
      assertThat(why.getJsonArray("checks")).hasSize(3);
    }
    assertThat(api.getText(MAPPINGS + "/uplink:0/explain").text())
        .contains(
            "queue uplink/0: copy", "[ ok ] queue_exists", "[FAIL]", "-> ask for it", "[ -- ]");
    assertProblem(api.get(MAPPINGS + "/uplink/explain"), 400, "uplink");
  }

  // ---- counters ------------------------------------------------------------------------------

  @Test
  void readsCounters() {
    api.context.queue("uplink", 1).countOutcome(Outcome.COPIED, 5);
    JsonObject stats = api.get("/api/v1/stats").json();
    JsonObject input = stats.getJsonArray("inputs").getJsonObject(1);
    assertThat(input.getLong("frames")).isEqualTo(5);
    assertThat(input.getJsonObject("outcomes").getLong("copied")).isEqualTo(5);
    assertThat(input.getJsonObject("outcomes").fieldNames()).hasSize(Outcome.values().length);
    assertThat(stats.getJsonArray("loops")).hasSize(1);
    JsonObject pauses = stats.getJsonArray("loops").getJsonObject(0).getJsonObject("pauses");
    assertThat(pauses.getLong("count")).isEqualTo(3);
    assertThat(pauses.getLong("longest_ns")).isEqualTo(40_000_000);
    assertThat(pauses.getString("longest_at")).isEqualTo("1970-01-01T00:00:01Z");
    assertThat(pauses.getJsonArray("by_length").getJsonObject(1))
        .isEqualTo(new JsonObject().put("at_least_ns", 250_000L).put("count", 2L));
    assertThat(api.getText("/api/v1/stats").text())
        .contains("INPUT", "uplink/1", "copied=5", "OUTPUT", "LOOP", "(emulated)")
        .contains("PAUSES", "40.0", "1970-01-01T00:00:01Z");
  }

  @Test
  void exposesMetrics() {
    api.context.queue("uplink", 0).countOutcome(Outcome.WRITTEN_THROUGH, 9);
    api.post(MAPPINGS, MAPPING);
    Answered answer = api.get("/metrics");
    assertThat(answer.header("Content-Type")).startsWith("text/plain; version=0.0.4");
    assertThat(answer.text())
        .contains(
            "# TYPE iovtee_rx_frames_total counter",
            "iovtee_rx_frames_total{port=\"uplink\",queue=\"0\",side=\"nic\",emulated=\"false\","
                + "outcome=\"written_through\"} 9\n",
            "emulated=\"true\"",
            "iovtee_queue_mapped{port=\"uplink\",queue=\"0\"} 0\n",
            "iovtee_mapping_info{queue=\"uplink/0\",port=\"nf1\",state=\"requested\"",
            "# TYPE iovtee_loop_pause_seconds histogram",
            "iovtee_loop_pause_seconds_bucket{loop=\"loop-0\",le=\"2.5E-4\"} 0\n",
            "iovtee_loop_pause_seconds_bucket{loop=\"loop-0\",le=\"5.0E-4\"} 2\n",
            "iovtee_loop_pause_seconds_bucket{loop=\"loop-0\",le=\"+Inf\"} 3\n",
            "iovtee_loop_pause_seconds_sum{loop=\"loop-0\"} 0.0406\n",
            "iovtee_loop_pause_seconds_count{loop=\"loop-0\"} 3\n",
            "iovtee_build_info{version=\"test\",switch=\"fake\"} 1\n",
            "vertx_http_server_");
    for (String line : answer.text().split("\n")) {
      assertThat(line).matches("#.*|[a-z_]+(\\{.*})? [-+0-9.eE]+|[a-z_]+(\\{.*})? NaN");
    }
  }

  @Test
  void isReadyOnceTheCountersWereReadAndSaysWhatIsNot() throws InterruptedException {
    assertThat(api.get("/livez").status()).isEqualTo(200);
    int status = 0;
    for (int i = 0; i < 6000 && status != 200; i++) {
      status = api.get("/readyz").status();
      Thread.sleep(10);
    }
    assertThat(status).isEqualTo(200);
    assertThat(api.get("/readyz?verbose").text())
        .contains("[+]ping ok", "[+]counters ok", "[+]flows ok", "[+]mappings ok", "\nok\n");
    api.engine.failWith(new IllegalStateException("the mapping thread is gone"));
    Answered failed = api.get("/readyz");
    assertThat(failed.status()).isEqualTo(503);
    assertThat(failed.text()).contains("[-]mappings failed: the mapping thread is gone");
  }

  // ---- what all routes share -----------------------------------------------------------------

  @Test
  void unknownPathsAndMethodsAreProblems() {
    assertProblem(api.get("/api/v1/nothing"), 404, "/openapi.yaml");
    Answered answer = api.send(api.request(HttpMethod.PATCH, MAPPINGS), null);
    assertProblem(answer, 405, "GET, HEAD, POST");
    assertThat(answer.header("Allow")).isEqualTo("GET, HEAD, POST");
    Answered stream = api.send(api.request(HttpMethod.HEAD, "/api/v1/events"), null);
    assertThat(stream.status()).isEqualTo(405);
    assertThat(stream.header("Allow")).isEqualTo("GET");
  }

  @Test
  void headIsAnsweredAsGetWithoutTheBody() {
    List<String> paths =
        api.http.operations().stream()
            .filter(one -> one.method().equals(HttpMethod.GET))
            .map(ApiRouter.Operation::template)
            .filter(path -> !path.contains("{") && !path.endsWith("/events"))
            .toList();
    assertThat(paths).hasSizeGreaterThan(10);
    for (String path : paths) {
      Answered head = api.send(api.request(HttpMethod.HEAD, path), null);
      assertThat(head.text()).as(path).isEmpty();
      assertThat(head.status()).as(path).isEqualTo(api.get(path).status());
      assertThat(head.header("Content-Type")).as(path).isNotBlank();
    }
  }

  /** As {@code promtool check metrics} wants them. */
  @Test
  void namesOfMetricsAreWhatPrometheusAdvises() {
    for (String line : api.get("/metrics").text().split("\n", -1)) {
      if (line.startsWith("# TYPE iovtee_")) {
        String[] words = line.split(" ", -1);
        assertThat(words[2]).doesNotContain("counter", "gauge", "histogram", "summary");
        assertThat(words[2].endsWith("_total")).as(line).isEqualTo(words[3].equals("counter"));
      }
    }
  }

  @Test
  void formsThatAreNotMadeAreNotAcceptable() {
    for (String path : new String[] {"/api/v1/ports", "/api/v1/flows", MAPPINGS}) {
      assertProblem(
          api.send(api.request(HttpMethod.GET, path).putHeader("Accept", "image/png"), null),
          406,
          "image/png");
    }
    Answered browser =
        api.send(
            api.request(HttpMethod.GET, "/api/v1/ports")
                .putHeader("Accept", "text/html,application/xml;q=0.9,*/*;q=0.8"),
            null);
    assertThat(browser.header("Content-Type")).isEqualTo("application/json");
    Answered preferred =
        api.send(
            api.request(HttpMethod.GET, "/api/v1/ports")
                .putHeader("Accept", "application/json;q=0.1, text/plain;q=0.9"),
            null);
    assertThat(preferred.header("Content-Type")).startsWith("text/plain");
  }

  @Test
  void pagesOfOtherSitesMayNotChangeAnything() {
    String[][] foreign = {
      {"Origin", "https://evil.example"},
      {"Origin", "null"},
      {"Sec-Fetch-Site", "cross-site"},
      {"Sec-Fetch-Site", "same-site"},
    };
    for (String[] header : foreign) {
      Answered answer =
          api.text(HttpMethod.POST, "/api/v1/flows", "actions=drop", header[0], header[1]);
      assertProblem(answer, 403, "cross-origin");
    }
    assertThat(api.context.flows().entries()).isEmpty();
    String own = "http://127.0.0.1:" + api.http.port();
    assertThat(api.text(HttpMethod.POST, "/api/v1/flows", "actions=drop", "Origin", own).status())
        .isEqualTo(201);
  }

  @Test
  void anotherNameForThisAddressIsNotServed() {
    Answered answer =
        api.send(
            api.request(HttpMethod.GET, "/api/v1/flows").putHeader("Host", "evil.example"), null);
    assertProblem(answer, 421, "evil.example");
    Answered local =
        api.send(
            api.request(HttpMethod.GET, "/api/v1/flows")
                .putHeader("Host", "localhost:" + api.http.port()),
            null);
    assertThat(local.status()).isEqualTo(200);
  }

  @Test
  void everyAnswerCarriesItsProtection() {
    for (String path : new String[] {"/", "/api/v1/flows", "/api/v1/nothing", "/metrics"}) {
      Answered answer = api.get(path);
      assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
      assertThat(answer.header("Content-Security-Policy"))
          .contains("default-src 'none'", "frame-ancestors 'none'")
          .doesNotContain("unsafe");
    }
  }

  @Test
  void headersHaveALimit() {
    Answered answer =
        api.send(
            api.request(HttpMethod.GET, "/api/v1/flows").putHeader("X-Long", "x".repeat(20_000)),
            null);
    assertThat(answer.status()).isBetween(400, 499);
  }

  @Test
  void servesItsPagesAndNothingElse() {
    assertThat(api.get("/").text()).contains("<title>IOVTee</title>");
    assertThat(api.get("/ui/app.js").header("Content-Type")).startsWith("text/javascript");
    assertThat(api.get("/ui/style.css").header("Content-Type")).startsWith("text/css");
    for (String path : new String[] {"/ui/nothing", "/ui/..%2Fopenapi.yaml", "/ui/../pom.xml"}) {
      assertThat(api.get(path).status()).as(path).isEqualTo(404);
    }
  }
}
