// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.api.PluginException;
import io.iovtee.verticles.cluster.ClusterConfig;
import io.iovtee.verticles.iovtee.Isolation;
import io.iovtee.verticles.iovtee.MappingMode;
import io.iovtee.verticles.iovtee.MappingRequest;
import io.iovtee.verticles.iovtee.MappingRequest.Origin;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The plugin's section: defaults, every key, every error with place and value. */
final class PluginConfigTest {
  @Test
  void everythingHasADefault() throws PluginException {
    PluginConfig config = PluginConfig.read(Map.of(), "switch");
    assertThat(config.http().host()).isEqualTo("127.0.0.1");
    assertThat(config.http().port()).isEqualTo(8480);
    assertThat(config.isolation()).isEqualTo(Isolation.STRICT);
    assertThat(config.auto()).isFalse();
    assertThat(config.reserve()).isEqualTo(PluginConfig.RESERVE_BY_RING_SIZE);
    assertThat(config.statsIntervalMs()).isEqualTo(1000);
    assertThat(config.limits()).isEqualTo(new AutoLimits(50_000, 0.5, 0.02));
    assertThat(config.mappings()).isEmpty();
  }

  @Test
  void readsEveryKey() throws PluginException {
    PluginConfig config =
        PluginConfig.read(
            Map.of(
                "http",
                Map.of("host", "127.0.0.2", "port", 0),
                "isolation",
                "scrub",
                "auto",
                true,
                "reserve",
                5,
                "measure",
                Map.of(
                    "frames-per-second-min",
                    7,
                    "busy-percent-min",
                    0,
                    "core-taken-percent-max",
                    100),
                "stats-interval-ms",
                200L,
                "mappings",
                List.of(
                    Map.of(
                        "queue", "uplink/1",
                        "port", "nf1",
                        "queue-pair", 1,
                        "isolation", "trusted",
                        "mode", "on",
                        "match", "dl_dst=02:00:00:00:00:11"),
                    Map.of("queue", "uplink/0", "port", "nf1"))),
            "switch");
    assertThat(config.http().host()).isEqualTo("127.0.0.2");
    assertThat(config.http().port()).isZero();
    assertThat(config.auto()).isTrue();
    assertThat(config.reserve()).isEqualTo(5);
    assertThat(config.statsIntervalMs()).isEqualTo(200);
    assertThat(config.limits()).isEqualTo(new AutoLimits(7, 0, 1));
    MappingRequest first = config.mappings().getFirst();
    assertThat(first.queue()).hasToString("uplink/1");
    assertThat(first.queuePair()).isEqualTo(1);
    assertThat(first.isolation()).isEqualTo(Isolation.TRUSTED);
    assertThat(first.mode()).isEqualTo(MappingMode.ON);
    assertThat(first.match()).contains("dl_dst=02:00:00:00:00:11");
    assertThat(first.origin()).isEqualTo(Origin.CONFIG);
    MappingRequest second = config.mappings().get(1);
    assertThat(second.isolation()).as("the section's").isEqualTo(Isolation.SCRUB);
    assertThat(second.mode()).isEqualTo(MappingMode.AUTO);
    assertThat(second.match()).isEmpty();
  }

  @Test
  void onAndOffMayHaveBecomeBooleans() throws PluginException {
    Map<String, Object> mapping = Map.of("queue", "uplink/0", "port", "nf1", "mode", false);
    PluginConfig config = PluginConfig.read(Map.of("mappings", List.of(mapping)), "switch");
    assertThat(config.mappings().getFirst().mode()).isEqualTo(MappingMode.OFF);
  }

  private static void assertRefused(Map<String, Object> section, String... parts) {
    assertThatThrownBy(() -> PluginConfig.read(section, "switch"))
        .isInstanceOf(PluginException.class)
        .hasMessageContainingAll(parts);
  }

  private static Map<String, Object> mapping(String key, Object value) {
    Map<String, Object> mapping = new HashMap<>(Map.of("queue", "uplink/0", "port", "nf1"));
    mapping.put(key, value);
    return Map.of("mappings", List.of(mapping));
  }

  @Test
  void errorsNamePlaceValueAndWhatIsAllowed() {
    assertRefused(Map.of("colour", 1), "plugins.iovtee.colour", "stats-interval-ms");
    assertRefused(Map.of("http", 7), "plugins.iovtee.http", "map");
    assertRefused(Map.of("http", Map.of("tls", true)), "plugins.iovtee.http.tls", "map");
    assertRefused(
        Map.of("http", Map.of("tls", Map.of("cert", "/c"))),
        "plugins.iovtee.http.tls.cert",
        "certificate, key, client-ca");
    assertRefused(Map.of("http", Map.of("colour", 1)), "http.colour", "host, port, tls, tokens");
    assertRefused(
        Map.of("http", Map.of("port", 65536)), "plugins.iovtee.http.port", "65535", "65536");
    assertRefused(Map.of("http", Map.of("port", "80")), "plugins.iovtee.http.port", "whole number");
    assertRefused(Map.of("http", Map.of("host", 7)), "plugins.iovtee.http.host", "text");
    assertRefused(Map.of("isolation", "lax"), "plugins.iovtee.isolation", "strict, scrub, trusted");
    assertRefused(Map.of("auto", "yes"), "plugins.iovtee.auto", "true or false", "yes");
    assertRefused(Map.of("reserve", -1), "plugins.iovtee.reserve", "-1");
    assertRefused(Map.of("stats-interval-ms", 1), "plugins.iovtee.stats-interval-ms", "50");
    assertRefused(Map.of("mappings", Map.of()), "plugins.iovtee.mappings", "list");
    assertRefused(Map.of("mappings", List.of(7)), "plugins.iovtee.mappings[0]", "map");
    assertRefused(mapping("colour", 1), "plugins.iovtee.mappings[0].colour", "queue-pair");
    assertRefused(mapping("queue", "uplink"), "plugins.iovtee.mappings[0]", "uplink/0");
    assertRefused(mapping("queue", ""), "plugins.iovtee.mappings[0]", "queue");
    assertRefused(mapping("port", "12"), "plugins.iovtee.mappings[0]", "digit");
    assertRefused(mapping("mode", "maybe"), "plugins.iovtee.mappings[0].mode", "on, off, auto");
    assertRefused(mapping("match", "x".repeat(2000)), "plugins.iovtee.mappings[0]", "1024");
    assertRefused(mapping("match", "dl_dts=1"), "plugins.iovtee.mappings[0]", "match", "dl_dts");
  }

  private static final Map<String, Object> TLS =
      Map.of("certificate", "/etc/iovtee/cert.pem", "key", "/etc/iovtee/key.pem");

  @Test
  void whoeverListensElsewhereThanOnLoopbackNeedsTlsAndTokens() throws PluginException {
    for (String host : new String[] {"0.0.0.0", "192.0.2.1", "example.org", "::"}) {
      assertRefusedAt("http.host", Map.of("host", host), host, "http.tls", "http.tokens");
      assertRefusedAt("http.host", Map.of("host", host, "tls", TLS), host, "needs http.tokens");
      assertRefusedAt(
          "http.host", Map.of("host", host, "tokens", "/etc/tokens"), host, "needs http.tls");
      PluginConfig config =
          PluginConfig.read(
              Map.of("http", Map.of("host", host, "tls", TLS, "tokens", "/etc/iovtee/tokens")),
              "a");
      assertThat(config.http().isGuarded()).isTrue();
      assertThat(config.http().scheme()).isEqualTo("https");
    }
    for (String host : new String[] {"127.0.0.1", "127.1.2.3", "::1", "localhost"}) {
      assertThat(PluginConfig.read(Map.of("http", Map.of("host", host)), "a").http().isLoopback())
          .isTrue();
    }
  }

  private static Map<String, Object> cluster(String key, Object value) {
    Map<String, Object> cluster =
        new HashMap<>(
            Map.of(
                "name", "lab",
                "listen", "127.0.0.1:5701",
                "members", List.of("127.0.0.1:5701", "127.0.0.1:5702", "127.0.0.1:5703")));
    cluster.put(key, value);
    return Map.of("cluster", cluster);
  }

  @Test
  void aClusterIsReadAndItsMemberHasTheSwitchsName() throws PluginException {
    assertThat(PluginConfig.read(Map.of(), "a").cluster()).isEmpty();
    ClusterConfig config =
        PluginConfig.read(cluster("state-file", "/tmp/x.rules"), "a").cluster().orElseThrow();
    assertThat(config.member()).isEqualTo("a");
    assertThat(config.quorum()).isEqualTo(2);
    assertThat(config.memberTimeoutS()).isEqualTo(10);
    assertThat(config.stateFile()).contains(Path.of("/tmp/x.rules"));
    assertThat(PluginConfig.read(cluster("member", "b"), "a").cluster().orElseThrow().member())
        .isEqualTo("b");
  }

  @Test
  void aClusterElsewhereThanOnLoopbackNeedsATrustedNetwork() throws PluginException {
    Map<String, Object> keys =
        new HashMap<>(
            Map.of(
                "name", "lab", "listen", "192.0.2.1:5701", "members", List.of("192.0.2.1:5701")));
    assertRefused(Map.of("cluster", keys), "cluster.listen", "192.0.2.1:5701", "trusted-network");
    keys.put("trusted-network", true);
    assertThat(PluginConfig.read(Map.of("cluster", keys), "a").cluster()).isPresent();
    keys.put("members", List.of("192.0.2.1:5701", "127.0.0.1:5701"));
    assertRefused(Map.of("cluster", keys), "loopback", "192.0.2.1:5701");
  }

  @Test
  void errorsInAClusterNamePlaceValueAndWhatIsAllowed() {
    String at = "plugins.iovtee.cluster";
    assertRefused(Map.of("cluster", 7), at, "map");
    assertRefused(Map.of("cluster", Map.of()), at, "listen");
    assertRefused(cluster("multicast", true), at + ".multicast", "members");
    assertRefused(cluster("listen", "localhost:5701"), at + ".listen", "10.0.0.1:5701");
    assertRefused(cluster("listen", "127.0.0.256:1"), at + ".listen", "127.0.0.256:1");
    assertRefused(cluster("listen", "127.0.0.1:65536"), at + ".listen", "65536");
    assertRefused(cluster("listen", "127.0.0.1:99"), at, "this one, too", "127.0.0.1:99");
    assertRefused(cluster("members", "127.0.0.1:5701"), at + ".members", "list");
    assertRefused(cluster("members", List.of("x")), at + ".members", "10.0.0.1:5701");
    assertRefused(cluster("members", List.of("127.0.0.1:5701", "127.0.0.1:5701")), at, "twice");
    assertRefused(cluster("name", "a b"), at + ".name", "a b");
    assertRefused(cluster("member", "-"), at + ".member", "letter");
    assertRefused(cluster("state-file", "x.rules"), at + ".state-file", "x.rules", "root");
    assertRefused(cluster("member-timeout-s", 1), at + ".member-timeout-s", "2 to 60");
    assertRefused(cluster("trusted-network", "yes"), at + ".trusted-network", "true or false");
  }

  @Test
  void filesHaveWholePathsAndCertificatesKeys() {
    assertRefusedAt("http.tokens", Map.of("tokens", "tokens"), "absolute path", "tokens=tokens");
    assertRefusedAt(
        "http.tls.key",
        Map.of("tls", Map.of("certificate", "/cert.pem", "key", "key.pem")),
        "absolute path",
        "key=key.pem");
    assertRefused(
        Map.of("http", Map.of("tls", Map.of("certificate", "/cert.pem"))),
        "plugins.iovtee.http.tls",
        "key");
  }

  private static void assertRefusedAt(String key, Map<String, Object> http, String... parts) {
    assertThatThrownBy(() -> PluginConfig.read(Map.of("http", http), "a"))
        .isInstanceOfSatisfying(
            PluginException.class, refused -> assertThat(refused.key()).isEqualTo(key))
        .hasMessageContainingAll(parts);
  }
}
