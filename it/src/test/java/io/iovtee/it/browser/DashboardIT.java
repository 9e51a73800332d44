// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.browser;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.it.cli.CliProcess;
import io.iovtee.it.peers.MappingApi;
import io.iovtee.it.peers.Needs;
import io.iovtee.it.peers.TestFunction;
import io.iovtee.it.peers.TestSwitch;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The dashboard of a switch that runs, with frames on their way. */
final class DashboardIT {
  private static final String MARK =
      "document.querySelector('[data-key=\"nic0/0\"] polyline').getAttribute('points')";

  @TempDir private static Path directory;

  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static int port;
  private static CliProcess vswitch;
  private static TestFunction function;
  private static Browser page;

  @BeforeAll
  static void start() throws Exception {
    Needs.present(Browser.missing(), TestSwitch.pluginMissing());
    port = MappingApi.freePort();
    Files.writeString(
        directory.resolve("s.yaml"),
        """
        switch: {name: edge-1, warm-up-ms: 0}
        ports:
          nic0:
            type: soft
            traffic: {type: generator, frame-bytes: 200, flows: 4, rate-pps: 2000,
              dl-dst: "02:00:00:00:00:11"}
          nic1:
            type: soft
            traffic: {type: generator, frame-bytes: 100, flows: 1, rate-pps: 100}
          nf1: {type: vhost-user, socket: %s}
        flows:
          - in_port=nic0,actions=output:nf1
          - in_port=nf1,actions=output:nic0
        plugins:
          iovtee:
            http: {port: %d}
            stats-interval-ms: 200
            mappings: [{queue: nic0/0, port: nf1, isolation: trusted, mode: on}]
        """
            .formatted(directory.resolve("nf1.sock"), port));
    startSwitch();
    page = Browser.start(directory.resolve("browser"));
  }

  private static void startSwitch() throws InterruptedException {
    String file = directory.resolve("s.yaml").toString();
    vswitch = CliProcess.startWithPlugin(List.of(), "run", "-c", file);
    vswitch.awaitText(" runs: 3 ports");
    vswitch.awaitText("HTTP API and dashboard: ");
    function =
        TestFunction.start(
            directory.resolve("nf1.sock"), TestFunction.Mode.ECHO, 256, false, (f, l) -> {});
    vswitch.awaitText("active (lending)");
  }

  private static void stopSwitch() throws InterruptedException {
    function.close();
    vswitch.terminate();
    vswitch.await();
  }

  @AfterAll
  static void stop() throws InterruptedException {
    if (page != null) {
      page.close();
      stopSwitch();
    }
    CLIENT.close();
  }

  @BeforeEach
  void open() {
    page.resize(1280, 900);
    page.open("http://127.0.0.1:" + port + "/");
    page.await("document.querySelectorAll('#queues .card').length == 2");
    page.await("document.querySelectorAll('#ports tr').length == 3");
    page.await("document.querySelectorAll('#flows tr').length == 2");
    page.await("document.querySelectorAll('#mappings tr').length == 1");
    page.await("document.querySelector('[data-key=\"nic0/0\"] h3').innerText.includes('mapped')");
    page.await("document.getElementById('loops').innerText.includes(' %')");
  }

  @AfterEach
  void nothingWentWrong() {
    assertThat(page.complaints()).isEmpty();
    assertThat(vswitch.err()).doesNotContain("\tat ");
  }

  private static JsonObject api(String method, String path, String type, String body)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/v1/" + path))
            .header("Content-Type", type)
            .header("Accept", "application/json")
            .method(method, BodyPublishers.ofString(body))
            .build();
    HttpResponse<String> answer = CLIENT.send(request, BodyHandlers.ofString());
    assertThat(answer.statusCode())
        .as("%s %s: %s", method, path, answer.body())
        .isBetween(200, 201);
    return new JsonObject(answer.body());
  }

  private static JsonObject get(String path) throws IOException, InterruptedException {
    return api("GET", path, "text/plain", "");
  }

  /** The texts of a table's cells. */
  private static List<List<String>> rows(String id) {
    JsonArray rows =
        (JsonArray)
            page.run(
                "return [...document.querySelectorAll(arguments[0] + ' tr')]"
                    + ".map((row) => [...row.cells].map((cell) => cell.innerText))",
                "#" + id);
    List<List<String>> texts = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      texts.add(rows.getJsonArray(i).stream().map(String::valueOf).toList());
    }
    return texts;
  }

  @Test
  void showsWhatTheApiSays() throws Exception {
    List<List<String>> ports = new ArrayList<>();
    for (Object one : get("ports").getJsonArray("ports")) {
      JsonObject it = (JsonObject) one;
      ports.add(
          List.of(
              it.getString("name"),
              it.getString("type") + (it.getBoolean("emulated") ? " emulated" : ""),
              (it.getBoolean("link_up") ? "up: " : "down: ") + it.getString("link_reason")));
    }
    assertThat(rows("ports")).map(row -> row.subList(0, 3)).isEqualTo(ports);
    List<String> rules = new ArrayList<>();
    get("flows")
        .getJsonArray("flows")
        .forEach(it -> rules.add(((JsonObject) it).getString("rule")));
    assertThat(rows("flows")).map(List::getFirst).isEqualTo(rules).hasSize(2);
    JsonObject mapping = get("mappings").getJsonArray("mappings").getJsonObject(0);
    assertThat(rows("mappings"))
        .containsExactly(
            List.of(
                "nic0/0",
                "nf1 / 0",
                "trusted",
                "on",
                "active",
                mapping.getString("detail").isEmpty()
                    ? mapping.getString("reason")
                    : mapping.getString("reason") + ": " + mapping.getString("detail")));
    assertThat(page.text("document.querySelector('[data-key=\"nic0/0\"] h3').innerText"))
        .containsSubsequence("nic0/0", "mapped", "emulated");
    assertThat(page.text("document.querySelector('[data-key=\"nic1/0\"] h3').innerText"))
        .containsSubsequence("nic1/0", "copy", "emulated");
    assertThat(page.text("document.getElementById('switch').innerText"))
        .isEqualTo("edge-1, version " + get("stats").getJsonObject("switch").getString("version"));
    assertThat(page.text("document.title")).startsWith("edge-1");
    assertThat(page.text("document.getElementById('loops').innerText")).contains("loop0", " %");
  }

  @Test
  void ratesMoveAndReasonsAreNamed() {
    page.await("document.querySelector('[data-key=\"nic0/0\"] .rate').innerText[0] > '0'");
    String before = page.text(MARK);
    page.await(MARK + " != '" + before + "'");
    page.await(
        "/written through [1-9]/.test(document.querySelector('[data-key=\"nic0/0\"]').innerText)");
    // Nobody asked for nic1's frames.
    page.await(
        "/dropped .*\\(no_rule /.test(document.querySelector('[data-key=\"nic1/0\"]').innerText)");
    page.await("/in .*no_rule/.test(document.querySelector('#ports [data-key=nic1]').innerText)");
    page.await("document.querySelector('#flows tr').cells[1].innerText[0] > '0'");
  }

  @Test
  void changesArriveByThemselves() throws Exception {
    api("POST", "flows", "text/plain", "priority=7,arp,actions=drop");
    page.await("document.getElementById('flows').innerText.includes('priority=7,arp')");
    api("DELETE", "flows?match=arp", "text/plain", "");
    page.await("document.querySelectorAll('#flows tr').length == 2");

    api("POST", "mappings/nic0:0/pin", "application/json", "{\"mode\": \"off\"}");
    page.await("document.querySelector('#mappings tr').cells[3].innerText == 'off'");
    page.await("document.querySelector('[data-key=\"nic0/0\"] h3').innerText.includes('copy')");
    api("POST", "mappings/nic0:0/unpin", "application/json", "");
    page.await("document.querySelector('#mappings tr').cells[3].innerText == 'auto'");
    api("DELETE", "mappings/nic0:0", "application/json", "");
    page.await("!document.getElementById('no-mappings').hidden");
    api(
        "POST",
        "mappings",
        "application/json",
        "{\"queue\": \"nic0/0\", \"port\": \"nf1\", \"isolation\": \"trusted\", \"mode\": \"on\"}");
    page.await("document.querySelector('#mappings tr')?.cells[4].innerText == 'active'");

    String socket = directory.resolve("nf9.sock").toString();
    api(
        "POST",
        "ports/nf9",
        "application/json",
        new JsonObject().put("type", "vhost-user").put("socket", socket).encode());
    page.await("document.querySelectorAll('#ports tr').length == 4");
    api("DELETE", "ports/nf9", "application/json", "");
    page.await("document.querySelectorAll('#ports tr').length == 3");
  }

  @Test
  void keysReachAllAndKeepTheirPlaceWhileNumbersMove() throws Exception {
    List<String> reached = new ArrayList<>();
    for (int i = 0; i < 20 && !reached.contains("readiness"); i++) {
      page.press(Browser.Key.TAB);
      reached.add(page.text("document.activeElement.innerText.split('\\n')[0]"));
      assertThat(page.text("getComputedStyle(document.activeElement).outlineStyle"))
          .as("focus is seen on %s", reached.getLast())
          .isEqualTo("solid");
      if (reached.getLast().equals("Why copied?")) {
        page.press(Browser.Key.ENTER);
      }
    }
    assertThat(reached)
        .containsSubsequence("Why mapped?", "Why copied?", "API contract", "metrics", "readiness");
    String card = "document.querySelector('[data-key=\"nic1/0\"]')";
    JsonObject said = get("mappings/nic1:0/explain");
    page.await(
        card
            + ".innerText.includes("
            + JsonObject.of("s", said.getString("summary")).encode().replaceAll("^\\{\"s\":|}$", "")
            + ")");
    page.await(
        card + ".querySelectorAll('.checks li').length == " + said.getJsonArray("checks").size());
    page.run("document.querySelector('[data-key=\"nic1/0\"] summary').focus()");
    String before = page.text(MARK);
    page.await(MARK + " != '" + before + "'");
    assertThat(page.text(card + ".querySelector('details').open")).isEqualTo("true");
    assertThat(page.text("document.activeElement.innerText")).isEqualTo("Why copied?");
  }

  @Test
  void isReadableInNarrowWindowsAndInTheDark() throws Exception {
    Path pictures = Path.of("target", "dashboard");
    for (String scheme : List.of("light", "dark")) {
      page.colors(scheme);
      for (int width : new int[] {320, 768, 1280}) {
        page.resize(width, 900);
        page.picture(pictures.resolve(scheme + "-" + width + ".png"));
        assertThat(page.text("document.documentElement.scrollWidth"))
            .as("nothing beyond a window of %s pixels", width)
            .isEqualTo(page.text("document.documentElement.clientWidth"));
        assertThat(Audit.spilled(page)).as("at %s pixels", width).isEmpty();
        assertThat(Audit.poorContrast(page)).as(scheme).isEmpty();
      }
    }
    assertThat(Audit.namesThatLack(page)).isEmpty();
    page.resize(320, 900);
    page.run("document.getElementById('ports').closest('.scroll').focus()");
    page.press(Browser.Key.RIGHT);
    page.await("document.getElementById('ports').closest('.scroll').scrollLeft > 0");
    page.colors("light");
  }

  @Test
  void saysThatTheConnectionIsLostAndGoesOnWhenItIsBack() throws Exception {
    page.await("document.getElementById('connection').innerText == 'live'");
    stopSwitch();
    page.await(
        "/^no connection since .*, trying"
            + " again$/.test(document.getElementById('connection').innerText)");
    page.await("document.getElementById('main').classList.contains('stale')");
    startSwitch();
    page.await("document.getElementById('connection').innerText == 'live'");
    page.await("!document.getElementById('main').classList.contains('stale')");
    page.await("document.querySelector('[data-key=\"nic0/0\"] .rate').innerText[0] > '0'");
    assertThat(rows("ports")).hasSize(3);
    assertThat(rows("mappings")).hasSize(1);
    assertThat(page.complaints())
        .allMatch(text -> text.contains("net::ERR_") || text.contains("Failed to fetch"));
  }
}
