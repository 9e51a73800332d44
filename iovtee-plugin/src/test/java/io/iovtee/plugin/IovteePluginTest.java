// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.api.PluginException;
import io.iovtee.api.SwitchPlugin;
import io.iovtee.api.testkit.FakeRxQueue;
import io.iovtee.api.testkit.FakeSwitch;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.text.FlowRuleParser;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The whole plugin on a switch in memory: its threads, its HTTP API, its mappings. */
final class IovteePluginTest {
  private static final Map<String, Object> QUICK =
      Map.of("http", Map.of("port", 0), "stats-interval-ms", 50);

  private final IovteePlugin plugin = new IovteePlugin();
  private FakeSwitch context = FakeSwitch.of(Map.of(), "uplink", 1);
  private FakeRxQueue queue = context.queue("uplink", 0);

  @AfterEach
  void stop() {
    plugin.stop();
  }

  private void start(Map<String, Object> more) throws PluginException {
    Map<String, Object> config = new HashMap<>(QUICK);
    config.putAll(more);
    context = FakeSwitch.of(config, "uplink", 2, "nf1", "nf2");
    queue = context.queue("uplink", 0);
    plugin.start(context);
  }

  private String send(String method, String path, String body) {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client
          .send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + plugin.httpPort() + path))
                  .header("Content-Type", "application/json")
                  .method(method, BodyPublishers.ofString(body))
                  .build(),
              BodyHandlers.ofString())
          .body();
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private String get(String path) {
    return send("GET", path, "");
  }

  private static boolean eventually(BooleanSupplier condition) {
    long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadlineNs > 0) {
        return false;
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
    }
    return true;
  }

  @Test
  void isFoundByTheServiceLoader() {
    assertThat(ServiceLoader.load(SwitchPlugin.class))
        .anySatisfy(found -> assertThat(found).isInstanceOf(IovteePlugin.class));
  }

  @Test
  void mapsWhatTheConfigurationNames() throws PluginException {
    start(
        Map.of(
            "mappings",
            List.of(Map.of("queue", "uplink/0", "port", "nf1", "isolation", "trusted"))));
    assertThat(eventually(() -> get("/api/v1/mappings").contains("guest_absent"))).isTrue();
    context.guestUp("nf1");
    assertThat(eventually(queue::isLending)).isTrue();
    assertThat(eventually(() -> get("/api/v1/queues").contains("\"mode\":\"mapped\""))).isTrue();
    assertThat(get("/api/v1/mappings/uplink:0/explain")).contains("\"mode\":\"mapped\"");
    context.guestDown("nf1", "socket closed");
    assertThat(eventually(() -> get("/api/v1/mappings").contains("guest_down"))).isTrue();
    context.guestUp("nf1");
    assertThat(eventually(queue::isLending)).isTrue();
  }

  @Test
  void mapsAGuestThatWasThereBeforeThePlugin() throws PluginException {
    context =
        FakeSwitch.of(
            Map.of(
                "http",
                Map.of("port", 0),
                "mappings",
                List.of(Map.of("queue", "uplink/0", "port", "nf1", "isolation", "scrub"))),
            "uplink",
            1,
            "nf1");
    context.guestUp("nf1");
    plugin.start(context);
    assertThat(eventually(context.queue("uplink", 0)::isLending)).isTrue();
  }

  @Test
  void aForeignFrameUnderStrictIsolationEndsTheMapping() throws PluginException {
    start(Map.of());
    queue.setFiltering("xdp-program arp");
    List<FlowRule> rules = FlowRuleParser.parseRules("in_port=uplink,actions=output:nf1");
    context.flows().replace(rules, -1).toCompletableFuture().join();
    context.guestUp("nf1");
    assertThat(send("POST", "/api/v1/mappings", "{\"queue\":\"uplink/0\",\"port\":\"nf1\"}"))
        .contains("\"isolation\":\"strict\"");
    assertThat(eventually(queue::isLending)).isTrue();
    queue.refill();
    queue.receive(64, false);
    assertThat(eventually(() -> get("/api/v1/mappings").contains("foreign_frame_seen"))).isTrue();
    assertThat(eventually(() -> queue.attachedGuest().isEmpty())).isTrue();
    assertThat(get("/api/v1/mappings/uplink:0/explain")).contains("pin or unpin");
  }

  @Test
  void autoMapsWhatTheSwitchClassifies() throws PluginException {
    start(Map.of("auto", true, "isolation", "scrub"));
    context.guestUp("nf1");
    context
        .flows()
        .replace(FlowRuleParser.parseRules("in_port=uplink,dl_vlan=7,actions=output:nf1"), -1);
    assertThat(
            eventually(() -> {
              queue.countMatched("nf1", 1000);
              return queue.isLending();
            }))
        .isTrue();
    assertThat(get("/api/v1/mappings")).contains("\"origin\":\"auto\"", "dl_vlan=7");
  }

  @Test
  void aPortThatIsTakenIsSaidWithTheWayOut() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      int port = taken.getLocalPort();
      assertThatThrownBy(() -> start(Map.of("http", Map.of("port", port))))
          .isInstanceOf(PluginException.class)
          .hasMessageContaining("127.0.0.1:" + port)
          .hasMessageContaining("plugins.iovtee.http.port");
    }
    assertThat(plugin.httpPort()).isZero();
  }
}
