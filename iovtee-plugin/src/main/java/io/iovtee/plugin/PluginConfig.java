// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.api.PluginException;
import io.iovtee.verticles.access.Listener;
import io.iovtee.verticles.access.Listener.CertificateFiles;
import io.iovtee.verticles.cluster.ClusterConfig;
import io.iovtee.verticles.iovtee.Isolation;
import io.iovtee.verticles.iovtee.MappingMode;
import io.iovtee.verticles.iovtee.MappingRequest;
import io.iovtee.verticles.iovtee.MappingRequest.Origin;
import io.iovtee.verticles.iovtee.QueueId;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The plugin's section of the configuration file.
 *
 * @param http where the HTTP API listens, and the files that guard it
 * @param isolation of mappings that name none
 * @param auto whether queues are mapped that nobody named
 * @param reserve posted buffers that stay with the copy path, or {@link #RESERVE_BY_RING_SIZE}
 * @param limits what mode {@code auto} believes
 * @param statsIntervalMs between two readings of the counters
 * @param mappings those that the file names
 * @param cluster that this switch is a member of; empty for none
 */
record PluginConfig(
    Listener http,
    Isolation isolation,
    boolean auto,
    int reserve,
    AutoLimits limits,
    long statsIntervalMs,
    List<MappingRequest> mappings,
    Optional<ClusterConfig> cluster) {

  static final int HTTP_PORT_DEFAULT = 8480;
  static final int STATS_INTERVAL_MS_DEFAULT = 1000;

  /** Reading the counters more often than this would show in the poll loops' caches. */
  static final int STATS_INTERVAL_MS_MIN = 50;

  static final int STATS_INTERVAL_MS_MAX = 60_000;

  /**
   * The reserve when none is configured: what a burst of 32 needs, the usual one of DPDK's drivers;
   * on small rings an eighth of the ring.
   */
  static final int RESERVE_DEFAULT_MAX = 32;

  static final int RESERVE_BY_RING_SIZE = -1;

  /** More mappings than a machine has queues. */
  static final int MAPPINGS_MAX = 1024;

  private static final String ROOT = "plugins.iovtee";

  /**
   * @param switchName the name as a member of a cluster where none is given
   */
  static PluginConfig read(Map<String, Object> section, String switchName) throws PluginException {
    ConfigSection root = new ConfigSection(ROOT, section);
    root.allow(
        "http",
        "isolation",
        "auto",
        "reserve",
        "measure",
        "stats-interval-ms",
        "mappings",
        "cluster");
    Isolation isolation =
        root.choice("isolation", Isolation.STRICT, Isolation.values(), Isolation::label);
    List<MappingRequest> mappings = new ArrayList<>();
    for (ConfigSection entry : root.sections("mappings", MAPPINGS_MAX)) {
      mappings.add(mapping(entry, isolation));
    }
    return new PluginConfig(
        listener(root.section("http")),
        isolation,
        root.flag("auto", false),
        root.integer("reserve", RESERVE_BY_RING_SIZE, 0, 32768),
        limits(root.section("measure")),
        root.integer(
            "stats-interval-ms",
            STATS_INTERVAL_MS_DEFAULT,
            STATS_INTERVAL_MS_MIN,
            STATS_INTERVAL_MS_MAX),
        List.copyOf(mappings),
        ClusterSection.read(root, switchName));
  }

  private static Listener listener(ConfigSection http) throws PluginException {
    http.allow("host", "port", "tls", "tokens");
    ConfigSection tls = http.section("tls");
    tls.allow("certificate", "key", "client-ca");
    Listener listener =
        new Listener(
            http.text("host", "127.0.0.1"),
            http.integer("port", HTTP_PORT_DEFAULT, 0, 65535),
            tls.isEmpty()
                ? Optional.empty()
                : Optional.of(
                    new CertificateFiles(
                        file(tls, "http.tls", "certificate"),
                        file(tls, "http.tls", "key"),
                        tls.text("client-ca", "").isEmpty()
                            ? Optional.empty()
                            : Optional.of(file(tls, "http.tls", "client-ca")))),
            http.text("tokens", "").isEmpty()
                ? Optional.empty()
                : Optional.of(file(http, "http", "tokens")));
    if (!listener.isLoopback() && !listener.isGuarded()) {
      throw PluginException.at(
          "http.host",
          "host="
              + listener.host()
              + " is not a loopback address, and whoever reaches it could change the switch: it"
              + " needs "
              + (listener.tls().isEmpty() ? "http.tls (certificate and key)" : "")
              + (listener.tls().isEmpty() && listener.tokens().isEmpty() ? " and " : "")
              + (listener.tokens().isEmpty() ? "http.tokens (a file)" : "")
              + "; docs/OPERATING.md says how to make them. Or set host: 127.0.0.1");
    }
    return listener;
  }

  /** A plugin does not know where the file of the configuration lies, so paths are whole. */
  private static Path file(ConfigSection section, String place, String key) throws PluginException {
    String text = section.requiredText(key);
    try {
      Path file = Path.of(text);
      if (file.isAbsolute()) {
        return file;
      }
    } catch (InvalidPathException e) {
      // The message below says what is right.
    }
    throw PluginException.at(
        place + "." + key, "must be an absolute path of a file: " + key + "=" + text);
  }

  private static AutoLimits limits(ConfigSection section) throws PluginException {
    section.allow("frames-per-second-min", "busy-percent-min", "core-taken-percent-max");
    return AutoLimits.ofPercent(
        section.integer(
            "frames-per-second-min",
            AutoLimits.FRAMES_PER_SECOND_MIN_DEFAULT,
            1,
            Integer.MAX_VALUE),
        section.integer("busy-percent-min", AutoLimits.BUSY_PERCENT_MIN_DEFAULT, 0, 100),
        section.integer(
            "core-taken-percent-max", AutoLimits.CORE_TAKEN_PERCENT_MAX_DEFAULT, 0, 100));
  }

  private static MappingRequest mapping(ConfigSection entry, Isolation isolation)
      throws PluginException {
    entry.allow("queue", "port", "queue-pair", "isolation", "mode", "match");
    try {
      return new MappingRequest(
          QueueId.parse(entry.requiredText("queue")),
          entry.requiredText("port"),
          entry.integer("queue-pair", 0, 0, MappingRequest.QUEUE_PAIR_MAX),
          entry.choice("isolation", isolation, Isolation.values(), Isolation::label),
          entry.choice("mode", MappingMode.AUTO, MappingMode.values(), MappingMode::label),
          Optional.of(entry.text("match", "")).filter(text -> !text.isEmpty()),
          Origin.CONFIG);
    } catch (IllegalArgumentException e) {
      throw new PluginException(entry.path() + ": " + e.getMessage(), e);
    }
  }

  /**
   * Posted buffers that stay with the copy path.
   *
   * @param configured the configured number, or {@link #RESERVE_BY_RING_SIZE}
   */
  static int reserveFor(int configured, int ringSize) {
    return configured == RESERVE_BY_RING_SIZE
        ? Math.min(RESERVE_DEFAULT_MAX, ringSize / 8)
        : configured;
  }
}
