// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.iovtee.api.FlowTable;
import io.iovtee.api.PortInfo;
import io.iovtee.api.PuntCounters;
import io.iovtee.api.RxQueueControl;
import io.iovtee.api.SwitchContext;
import io.iovtee.api.SwitchStats;
import io.iovtee.api.SwitchStats.InputStats;
import io.iovtee.api.SwitchStats.LoopStats;
import io.iovtee.api.SwitchStats.OutputStats;
import io.iovtee.api.SwitchStats.PauseStats;
import io.iovtee.verticles.bus.Addresses;
import io.iovtee.verticles.bus.LocalBus;
import io.iovtee.verticles.cluster.ClusterView;
import io.iovtee.verticles.flows.GroupCommand;
import io.iovtee.verticles.flows.GroupsView;
import io.iovtee.verticles.iovtee.MappingCommand;
import io.iovtee.verticles.iovtee.MappingStatus;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * {@code /metrics}: the switch's counters, and those that Vert.x keeps about itself. Labels name
 * ports, queues, outcomes, reasons, and buckets and meters up to a limit; never flows, which are
 * without bound.
 */
final class MetricsRoutes {
  private static final double NS_PER_SECOND = 1e9;

  /** NIC counter names per queue: a driver may have hundreds. */
  private static final int NIC_COUNTERS_MAX = 64;

  /** A change of a million rules takes seconds; who scrapes waits ten. */
  private static final long GROUPS_WAIT_MS = 1_000;

  private final SwitchContext context;
  private final LocalBus bus;
  private final LatestStats stats;
  private final PrometheusMeterRegistry registry;
  private final String version;

  /** As they were read last; event loop. */
  private GroupsView groups = new GroupsView(0, List.of(), List.of());

  MetricsRoutes(
      SwitchContext context,
      LocalBus bus,
      LatestStats stats,
      PrometheusMeterRegistry registry,
      String version) {
    this.context = context;
    this.bus = bus;
    this.stats = stats;
    this.registry = registry;
    this.version = version;
  }

  void add(ApiRouter api) {
    api.raw(HttpMethod.GET, "/metrics", this::metrics);
  }

  private void metrics(RoutingContext request) {
    Future<List<MappingStatus>> mappings =
        bus.request(Addresses.MAPPING_COMMANDS, new MappingCommand.ListAll());
    stats
        .read()
        .compose(report ->
            readGroups()
                .compose(unused -> mappings)
                .map(all -> text(report.stats(), all))
                .compose(text -> ClusterRoutes.look(bus).map(view -> text + cluster(view))))
        .onSuccess(text ->
            request
                .response()
                .putHeader("Content-Type", MetricsText.CONTENT_TYPE)
                .end(text + registry.scrape()))
        .onFailure(failure ->
            ApiRouter.sendProblem(
                request, HttpProblem.unavailable("the counters can not be read")));
  }

  /** Groups as they are, or as they were while the control thread is at something longer. */
  private Future<GroupsView> readGroups() {
    return bus.<GroupsView>request(Addresses.GROUP_COMMANDS, new GroupCommand.Read())
        .timeout(GROUPS_WAIT_MS, TimeUnit.MILLISECONDS)
        .onSuccess(view -> groups = view)
        .otherwise(failure -> groups);
  }

  private String text(SwitchStats read, List<MappingStatus> mappings) {
    Set<String> emulated = stats.emulatedPorts();
    MetricsText text = new MetricsText();
    text.gauge(
        "iovtee_build_info",
        "Always 1; the labels say what runs.",
        1,
        "version",
        version,
        "switch",
        context.switchName());
    for (PortInfo port : context.ports()) {
      text.gauge(
          "iovtee_port_up",
          "1 when the port's link is up.",
          port.linkUp() ? 1 : 0,
          "port",
          port.name(),
          "type",
          port.type(),
          "emulated",
          Boolean.toString(port.emulated()));
    }
    read.inputs().forEach(input -> addInput(text, input, emulated.contains(input.port())));
    read.outputs().forEach(output -> addOutput(text, output, emulated.contains(output.port())));
    read.loops().forEach(loop -> addLoop(text, loop));
    context.rxQueues().forEach(queue -> addQueue(text, queue));
    mappings.forEach(mapping -> addMapping(text, mapping));
    addPunts(text, context.punts());
    FlowTable flows = context.flows();
    text.gauge("iovtee_flow_table_version", "Version of the rule table.", flows.version());
    text.gauge("iovtee_flow_rules", "Rules in the table.", flows.size());
    GroupMetrics.add(text, groups);
    return text.toString();
  }

  private static String cluster(Optional<ClusterView> found) {
    MetricsText text = new MetricsText();
    found.ifPresent(view -> {
      String help = "Members of the cluster, as this one sees them.";
      long gone = view.members().stream().filter(row -> !row.live()).count();
      text.gauge("iovtee_cluster_members", help, view.live(), "state", "live");
      text.gauge("iovtee_cluster_members", help, gone, "state", "gone");
      text.gauge("iovtee_cluster_members", help, view.listed(), "state", "configured");
      text.gauge(
          "iovtee_cluster_majority",
          "1 when this member is with a majority, so that rules can be changed.",
          view.state() == ClusterView.State.MAJORITY ? 1 : 0);
      text.gauge(
          "iovtee_cluster_rules_version",
          "Version of the cluster's rules that this member knows.",
          view.rules().version());
      view.members().stream()
          .filter(ClusterView.Row::self)
          .map(row -> row.status().applied())
          .forEach(applied -> {
            text.gauge(
                "iovtee_cluster_rules_applied_version",
                "Version of the cluster's rules that is in this member's table.",
                applied.version());
            text.gauge(
                "iovtee_cluster_rules_left_out",
                "Cluster rules that this member can not have.",
                applied.leftOutCount());
          });
    });
    return text.toString();
  }

  private static void addInput(MetricsText text, InputStats input, boolean emulatedPort) {
    String queue = Integer.toString(input.queue());
    String side = input.guest() ? "guest" : "nic";
    String emulated = Boolean.toString(emulatedPort);
    new TreeMap<>(input.outcomes())
        .forEach((outcome, count) ->
            text.counter(
                "iovtee_rx_frames_total",
                "Frames received, by what became of them.",
                count,
                "port",
                input.port(),
                "queue",
                queue,
                "side",
                side,
                "emulated",
                emulated,
                "outcome",
                outcome));
    String[] labels = {"port", input.port(), "queue", queue, "side", side, "emulated", emulated};
    text.counter("iovtee_rx_bytes_total", "Bytes received.", input.bytes(), labels);
    text.counter(
        "iovtee_rx_copied_bytes_total",
        "Bytes that the switch's cores copied.",
        input.copiedBytes(),
        labels);
    addReasons(
        text,
        "iovtee_rx_copy_reasons_total",
        "Frames copied on a mapped queue, by reason.",
        input.copyReasons(),
        input,
        side);
    addReasons(
        text,
        "iovtee_rx_drop_reasons_total",
        "Frames dropped, by reason.",
        input.dropReasons(),
        input,
        side);
    new TreeMap<>(input.nic())
        .entrySet().stream()
            .limit(NIC_COUNTERS_MAX)
            .forEach(one ->
                text.counter(
                    "iovtee_nic_events_total",
                    "The NIC's own counters by its own names.",
                    one.getValue(),
                    "port",
                    input.port(),
                    "queue",
                    queue,
                    "name",
                    one.getKey()));
  }

  private static void addReasons(
      MetricsText text,
      String name,
      String description,
      Map<String, Long> reasons,
      InputStats input,
      String side) {
    new TreeMap<>(reasons)
        .forEach((reason, count) ->
            text.counter(
                name,
                description,
                count,
                "port",
                input.port(),
                "queue",
                Integer.toString(input.queue()),
                "side",
                side,
                "reason",
                reason));
  }

  private static void addOutput(MetricsText text, OutputStats output, boolean emulatedPort) {
    String[] labels = {"port", output.port(), "emulated", Boolean.toString(emulatedPort)};
    text.counter("iovtee_tx_frames_total", "Frames sent.", output.frames(), labels);
    text.counter("iovtee_tx_bytes_total", "Bytes sent.", output.bytes(), labels);
    text.counter(
        "iovtee_tx_dropped_total",
        "Frames that the port could not send.",
        output.dropped(),
        labels);
  }

  private static void addLoop(MetricsText text, LoopStats loop) {
    String[] labels = {"loop", loop.name()};
    text.counter(
        "iovtee_loop_busy_seconds_total",
        "Time in duty cycles that found work, without emulation.",
        loop.busyNs() / NS_PER_SECOND,
        labels);
    text.counter(
        "iovtee_loop_emulation_seconds_total",
        "Time spent emulating NICs.",
        loop.emulationNs() / NS_PER_SECOND,
        labels);
    text.counter(
        "iovtee_loop_idle_seconds_total",
        "Time in duty cycles without work.",
        loop.idleNs() / NS_PER_SECOND,
        labels);
    if (loop.waitNs() >= 0) {
      text.counter(
          "iovtee_loop_wait_seconds_total",
          "Time in which the loop was ready to run and its core ran something else.",
          loop.waitNs() / NS_PER_SECOND,
          labels);
    }
    text.counter(
        "iovtee_loop_allocated_bytes_total",
        "Heap bytes that the loop's thread allocated.",
        loop.allocatedBytes(),
        labels);
    text.counter(
        "iovtee_flow_cache_hits_total", "Lookups answered by the cache.", loop.cacheHits(), labels);
    text.counter(
        "iovtee_flow_cache_misses_total",
        "Lookups that asked the classifier.",
        loop.cacheMisses(),
        labels);
    text.counter(
        "iovtee_flow_unparsed_frames_total",
        "Frames that nobody looked at, since one rule decides all of their port.",
        loop.unparsedFrames(),
        labels);
    text.counter(
        "iovtee_loop_lost_buffers_total",
        "Buffers that a plugin's source failed at when it was given them back.",
        loop.lostBuffers(),
        labels);
    text.histogram(
        "iovtee_loop_pause_seconds",
        "Times in which the loop, awake, looked at no queue; those of 125 us and more.",
        pauseBounds(),
        loop.pauses().counts(),
        loop.pauses().totalNs() / NS_PER_SECOND,
        labels);
  }

  /** Upper bounds of all classes but the last, which has none. */
  private static double[] pauseBounds() {
    return IntStream.range(1, PauseStats.CLASSES)
        .mapToDouble(i -> PauseStats.boundNs(i) / NS_PER_SECOND)
        .toArray();
  }

  private static void addQueue(MetricsText text, RxQueueControl queue) {
    String index = Integer.toString(queue.queue());
    text.gauge(
        "iovtee_queue_mapped",
        "1 when the queue fills itself with a guest's buffers.",
        queue.isLending() ? 1 : 0,
        "port",
        queue.port(),
        "queue",
        index);
    text.gauge(
        "iovtee_queue_guest_buffers",
        "Guest buffers that are with the NIC.",
        queue.outstandingGuestBuffers(),
        "port",
        queue.port(),
        "queue",
        index);
  }

  private static void addPunts(MetricsText text, PuntCounters punts) {
    text.counter(
        "iovtee_punted_frames_total", "Frames that rules handed over to the API.", punts.punted());
    text.counter(
        "iovtee_punt_limited_frames_total",
        "Frames that were not handed over to the API for the limit.",
        punts.limited());
  }

  private static void addMapping(MetricsText text, MappingStatus mapping) {
    text.gauge(
        "iovtee_mapping_info",
        "Always 1; the labels say where a mapping stands.",
        1,
        "queue",
        mapping.request().queue().toString(),
        "port",
        mapping.request().guest(),
        "state",
        mapping.state().label(),
        "reason",
        mapping.reason().label());
    mapping
        .counters()
        .forEach((name, count) ->
            text.counter(
                "iovtee_mapping_buffers_total",
                "What a mapping's buffer source did, by counter name.",
                count,
                "queue",
                mapping.request().queue().toString(),
                "counter",
                name));
  }
}
