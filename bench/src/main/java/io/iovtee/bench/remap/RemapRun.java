// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.remap;

import io.iovtee.api.RxQueueControl;
import io.iovtee.bench.peer.FreePort;
import io.iovtee.bench.peer.NetworkNamespace;
import io.iovtee.bench.peer.Pause;
import io.iovtee.bench.peer.PeerException;
import io.iovtee.bench.peer.Veth;
import io.iovtee.vswitch.assembly.VSwitch;
import io.iovtee.vswitch.config.SwitchConfig;
import io.iovtee.vswitch.nic.soft.SoftNic;
import io.iovtee.vswitch.plugin.PluginHost;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** All cycles of changes on one NIC. */
final class RemapRun {
  private static final int QUEUE_SIZE = 1024;

  /** Longer than any change. */
  private static final long CHANGE_TIMEOUT_MS = 10_000;

  /** What belongs to a change after it was carried out. */
  private static final long AFTER_MS = 50;

  /** Between two changes. */
  private static final long REST_MS = 100;

  /** Cycles before those that count: the code is compiled, and the rings have turned. */
  static final int FIRST_CYCLES = 3;

  /** A change with all its waits takes well below this; the room for frames is made for it. */
  static final int CYCLE_S_MAX = 5;

  private final RemapOptions options;
  private final RemapOptions.Nic nic;
  private final Path directory;
  private final Deliveries deliveries;

  /** A change and when it was under way. */
  private record Step(Change change, long fromNs, long toNs) {}

  RemapRun(RemapOptions options, RemapOptions.Nic nic, Path directory) {
    this.options = options;
    this.nic = nic;
    this.directory = directory;
    deliveries = new Deliveries(options.ratePps * CYCLE_S_MAX * (options.cycles + FIRST_CYCLES));
  }

  Map<Change, List<Deliveries.Period>> measure(PrintStream progress) throws IOException {
    return nic == RemapOptions.Nic.soft ? onSoftNic(progress) : onVeth(progress);
  }

  private Map<Change, List<Deliveries.Period>> onSoftNic(PrintStream progress) throws IOException {
    String port = "{type: soft, dma: inline, traffic: {type: none, backpressure: true}}";
    return onSwitch(
        port, vswitch -> ((SoftNic) vswitch.nicPort("nic0").orElseThrow())::inject, progress);
  }

  private Map<Change, List<Deliveries.Period>> onVeth(PrintStream progress) throws IOException {
    try (NetworkNamespace namespace = NetworkNamespace.create();
        VethSender sender = VethSender.open(Veth.create(namespace, "near0", "far0", 1))) {
      String port = "{type: xdp, interface: near0, netns: " + namespace.name() + ", mode: native}";
      return onSwitch(port, vswitch -> sender, progress);
    }
  }

  /** Finds the far end of the wire once the switch runs. */
  @FunctionalInterface
  private interface FarEnd {
    NumberedTraffic.Wire of(VSwitch vswitch);
  }

  private Map<Change, List<Deliveries.Period>> onSwitch(
      String port, FarEnd farEnd, PrintStream progress) throws IOException {
    Path socket = directory.resolve(nic + ".sock");
    int httpPort = FreePort.find();
    Path plugins = Path.of(System.getProperty("iovtee.plugins", "target/plugins"));
    List<Step> steps;
    try (VSwitch vswitch =
            VSwitch.start(SwitchConfig.parse(configuration(port, socket, httpPort), "remap"));
        PluginHost host = PluginHost.start(plugins, vswitch);
        MappingClient mappings = new MappingClient(httpPort);
        CountingFunction function = new CountingFunction(socket, QUEUE_SIZE, deliveries)) {
      progress.printf("%s: plugins %s%n", nic, host.names());
      await("the network function is up", () -> vswitch.guestPort("nf0").isPresent());
      try (NumberedTraffic traffic =
          NumberedTraffic.start(
              farEnd.of(vswitch), deliveries, options.frameBytes, options.ratePps)) {
        await("frames arrive", () -> function.received() > 0);
        steps = cycles(vswitch.rxQueues().getFirst(), mappings, progress);
        if (!traffic.isRunning()) {
          throw new PeerException("the changes took longer than expected; try fewer --cycles");
        }
      }
      Pause.ms(REST_MS); // the last frames arrive
    }
    Map<Change, List<Deliveries.Period>> periods = new EnumMap<>(Change.class);
    for (Step step : steps) {
      periods
          .computeIfAbsent(step.change(), change -> new ArrayList<>())
          .add(deliveries.period(step.fromNs(), step.toNs()));
    }
    return periods;
  }

  /** The configuration: one NIC, one guest port, one rule. */
  static String configuration(String port, Path socket, int httpPort) {
    return """
    switch: {name: remap}
    ports:
      nic0: %s
      nf0: {type: vhost-user, socket: "%s"}
    flows: ["in_port=nic0,actions=output:nf0"]
    plugins: {iovtee: {http: {port: %d}}}
    """
        .formatted(port, socket, httpPort);
  }

  private List<Step> cycles(RxQueueControl queue, MappingClient mappings, PrintStream progress) {
    List<Step> steps = new ArrayList<>();
    for (int cycle = 0; cycle < FIRST_CYCLES + options.cycles; cycle++) {
      progress.printf("%s: cycle %d of %d%n", nic, cycle + 1, FIRST_CYCLES + options.cycles);
      for (Change change : Change.values()) {
        Pause.ms(REST_MS);
        long fromNs = System.nanoTime();
        make(change, mappings);
        if (change != Change.NONE) {
          await(change.label(), () -> queue.isLending() == change.lendsAfter());
        }
        Pause.ms(AFTER_MS);
        if (cycle >= FIRST_CYCLES) {
          steps.add(new Step(change, fromNs, System.nanoTime()));
        }
      }
    }
    return steps;
  }

  private static void make(Change change, MappingClient mappings) {
    switch (change) {
      case NONE -> {}
      case MAP -> mappings.map();
      case TO_COPY -> mappings.pin("off");
      case TO_WRITE_THROUGH -> mappings.pin("on");
      case UNMAP -> mappings.unmap();
    }
  }

  private static void await(String what, BooleanSupplier condition) {
    long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CHANGE_TIMEOUT_MS);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadlineNs) {
        throw new PeerException("not done in " + CHANGE_TIMEOUT_MS + " ms: " + what);
      }
      Pause.ms(1);
    }
  }
}
