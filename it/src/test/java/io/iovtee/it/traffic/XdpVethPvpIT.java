// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.SwitchStats.InputStats;
import io.iovtee.bench.peer.NetworkNamespace;
import io.iovtee.bench.peer.PeerRequirements;
import io.iovtee.bench.peer.PortCounters;
import io.iovtee.bench.peer.Testpmd;
import io.iovtee.bench.peer.TestpmdOptions;
import io.iovtee.bench.peer.Veth;
import io.iovtee.it.peers.FlowCheck;
import io.iovtee.it.peers.MappingApi;
import io.iovtee.it.peers.Needs;
import io.iovtee.it.peers.TestFunction;
import io.iovtee.it.peers.TestFunction.Mode;
import io.iovtee.it.peers.TestFunction.Ownership;
import io.iovtee.it.peers.TestSwitch;
import io.iovtee.it.peers.TrafficResult;
import io.iovtee.it.peers.TrafficRun;
import io.iovtee.it.peers.TrafficRun.Plan;
import io.iovtee.it.peers.VethWire;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The same traffic as {@link SoftNicPvpIT} through AF_XDP on a veth pair. */
final class XdpVethPvpIT {
  private static final long FRAMES = Long.getLong("iovtee.it.frames", 1_000_000);
  private static final int CYCLES = Integer.getInteger("iovtee.it.cycles", 100);

  /** A quarter of the function's rings; see {@link SoftNicPvpIT}. */
  private static final Plan PLAN = Plan.ofAllLengths(8, 256, 20261124);

  /** Uses up the host buffers that a queue still holds when it is mapped. */
  private static final long FIRST_FRAMES = 8_192;

  private static final int QUEUE_SIZE = 1024;

  private static final String THERE_AND_BACK =
      "\"in_port=nic0,actions=output:nf0\", \"in_port=nf0,actions=output:nic0\"";

  /**
   * What an AF_XDP queue and its program count of frames that never reached the switch. A frame
   * that finds the fill ring empty is among rx_dropped already.
   */
  private static final List<String> NOT_ACCEPTED =
      List.of("rx_dropped", "rx_ring_full", "rx_unserved", "rx_lost_in_rebind");

  @TempDir private Path directory;

  @BeforeEach
  void needRoot() {
    Needs.present(PeerRequirements.networkNamespaces());
  }

  private Path socket(String port) {
    return directory.resolve(port + ".sock");
  }

  private String configuration(NetworkNamespace namespace, String flows, String plugins) {
    return """
    switch: {name: it}
    loops: [{}]
    ports:
      nic0: {type: xdp, interface: near0, netns: %s, mode: native}
      nf0: {type: vhost-user, socket: "%s"}
      nf1: {type: vhost-user, socket: "%s"}
    flows: [%s]
    plugins: {%s}
    """
        .formatted(namespace.name(), socket("nf0"), socket("nf1"), flows, plugins);
  }

  private static String mapped(String isolation) {
    return "iovtee: {http: {port: 0}, mappings: [{queue: nic0/0, port: nf0, isolation: "
        + isolation
        + ", mode: \"on\"}]}";
  }

  /** The first guest is offered completion in order, and testpmd takes it. */
  private static String inOrder(String configuration) {
    return configuration.replace("nf0: {", "nf0: {in-order: true, ");
  }

  private TestSwitch start(NetworkNamespace namespace, boolean plugin, boolean inOrder) {
    String any = configuration(namespace, THERE_AND_BACK, plugin ? mapped("trusted") : "");
    String text = inOrder ? inOrder(any) : any;
    return plugin ? TestSwitch.startWithPlugin(text) : TestSwitch.start(text);
  }

  @ParameterizedTest(name = "plugin={0}, hugePages={1}, inOrder={2}")
  @CsvSource({"false, true, false", "true, true, false", "true, false, false", "true, true, true"})
  void everyFrameComesBackFromTestpmd(boolean plugin, boolean hugePages, boolean inOrder) {
    Needs.present(
        PeerRequirements.testpmd(),
        hugePages ? PeerRequirements.hugePages(256) : null,
        plugin ? TestSwitch.pluginMissing() : null);
    TestpmdOptions options =
        TestpmdOptions.networkFunction(socket("nf0"), QUEUE_SIZE).forwarding("macswap");
    try (NetworkNamespace namespace = NetworkNamespace.create();
        VethWire wire = VethWire.open(Veth.create(namespace, "near0", "far0", 1));
        TestSwitch vswitch = start(namespace, plugin, inOrder);
        Testpmd function = Testpmd.start(hugePages ? options : options.withoutHugePages())) {
      function.startForwarding();
      vswitch.awaitGuest("nf0");
      if (plugin) {
        awaitGuestBuffers(vswitch, wire);
      }
      PortCounters counted = function.portCounters(0);
      InputStats before = vswitch.input("nic0", 0);
      TrafficResult result = new TrafficRun(wire, PLAN).send(FRAMES);
      InputStats after = vswitch.input("nic0", 0);
      assertThat(result)
          .as(after.toString())
          .isEqualTo(new TrafficResult(FRAMES, FRAMES, 0, 0, 0, 0, 0));
      String outcome = plugin ? "written_through" : "copied";
      assertThat(after.outcomes().get(outcome) - before.outcomes().get(outcome)).isEqualTo(FRAMES);
      assertThat(after.copiedBytes() - before.copiedBytes())
          .isEqualTo(plugin ? 0 : after.bytes() - before.bytes());
      PortCounters now = function.portCounters(0);
      assertThat(now.rxPackets() - counted.rxPackets()).isEqualTo(FRAMES);
      assertThat(now.txPackets() - counted.txPackets()).isEqualTo(FRAMES);
    }
  }

  /**
   * A queue that waited in vain for its lender, after it was mapped, is full of host buffers: only
   * frames use them up. Some of these find no buffer where it did not.
   */
  private static void awaitGuestBuffers(TestSwitch vswitch, VethWire wire) {
    vswitch.awaitLending("nic0", 0, 0);
    new TrafficRun(wire, PLAN).send(FIRST_FRAMES);
    vswitch.awaitLending("nic0", 0, PLAN.window());
  }

  @Test
  void misdirectedFramesReachTheirGuestOnly() {
    Needs.present(
        PeerRequirements.testpmd(), PeerRequirements.hugePages(256), TestSwitch.pluginMissing());
    String flows =
        "\"in_port=nic0,dl_dst=02:11:00:00:00:00/ff:ff:00:00:00:01,actions=output:nf0\","
            + " \"in_port=nic0,dl_dst=02:11:00:00:00:01/ff:ff:00:00:00:01,actions=output:nf1\","
            + " \"in_port=nf0,actions=output:nic0\", \"in_port=nf1,actions=output:nic0\"";
    FlowCheck evenFlows = new FlowCheck(flow -> (flow & 1) == 0);
    try (NetworkNamespace namespace = NetworkNamespace.create();
        VethWire wire = VethWire.open(Veth.create(namespace, "near0", "far0", 1));
        TestSwitch vswitch =
            TestSwitch.startWithPlugin(configuration(namespace, flows, mapped("trusted")));
        TestFunction first =
            TestFunction.start(socket("nf0"), Mode.ECHO, QUEUE_SIZE, false, evenFlows);
        Testpmd second =
            Testpmd.start(
                TestpmdOptions.networkFunction(socket("nf1"), QUEUE_SIZE).forwarding("macswap"))) {
      second.startForwarding();
      vswitch.awaitGuest("nf1");
      awaitGuestBuffers(vswitch, wire);
      long firstBefore = first.received();
      long secondBefore = second.portCounters(0).rxPackets();
      long frames = FRAMES / 4;
      TrafficResult result = new TrafficRun(wire, PLAN).send(frames);
      assertThat(first.failure()).isNull();
      InputStats input = vswitch.input("nic0", 0);
      assertThat(result)
          .as(input.toString())
          .isEqualTo(new TrafficResult(frames, frames, 0, 0, 0, 0, 0));
      long misdirected = second.portCounters(0).rxPackets() - secondBefore;
      assertThat(first.received() - firstBefore + misdirected).isEqualTo(frames);
      assertThat(evenFlows.wrong()).isZero();
      assertThat(input.outcomes().get("copied_misdirected")).isGreaterThan(frames / 10);
      assertThat(first.stop()).isEqualTo(new Ownership(QUEUE_SIZE, 0, 0));
    }
  }

  /** Each re-bind has a gap, in which the kernel or the program drops; all else must arrive. */
  @ParameterizedTest(name = "inOrder={0}")
  @ValueSource(booleans = {false, true})
  void mapsAndUnmapsUnderTraffic(boolean inOrder) throws InterruptedException {
    Needs.present(TestSwitch.pluginMissing());
    int port = MappingApi.freePort();
    String plugin = "iovtee: {http: {port: %d}}".formatted(port);
    try (NetworkNamespace namespace = NetworkNamespace.create();
        VethWire wire = VethWire.open(Veth.create(namespace, "near0", "far0", 1));
        TestSwitch vswitch =
            TestSwitch.startWithPlugin(
                inOrder
                    ? inOrder(configuration(namespace, THERE_AND_BACK, plugin))
                    : configuration(namespace, THERE_AND_BACK, plugin));
        MappingApi mappings = new MappingApi(port);
        TestFunction function =
            TestFunction.start(socket("nf0"), Mode.ECHO, QUEUE_SIZE, false, (f, length) -> {})) {
      vswitch.awaitGuest("nf0");
      MappingCycles cycles = new MappingCycles(vswitch, mappings, "nic0", "nf0", "trusted");
      Thread mapper = cycles.start(CYCLES);
      TrafficResult result =
          new TrafficRun(wire, PLAN)
              .notWaitingFor(() -> notAccepted(vswitch.input("nic0", 0)) + droppedBack(vswitch))
              .sendWhile(mapper::isAlive);
      mapper.join();
      assertThat(cycles.failure()).isNull();
      assertThat(function.failure()).isNull();
      InputStats input = vswitch.input("nic0", 0);
      assertThat(result.flawless()).as(result + ", " + input).isTrue();
      String seen = result + ", back=" + droppedBack(vswitch) + ", " + vswitch.vswitch().stats();
      assertThat(input.outcomes().get("dropped")).as(seen).isZero();
      assertThat(function.received()).as(seen).isEqualTo(input.frames());
      assertThat(result.sent()).as(seen).isEqualTo(input.frames() + notAccepted(input));
      long counted = notAccepted(input) + droppedBack(vswitch);
      assertThat(result.lost()).as(seen).isBetween(counted, counted + cutOffWhileSending(vswitch));
      assertThat(input.outcomes().get("written_through")).isPositive();
      assertThat(input.outcomes().get("copied")).isPositive();
      assertThat(vswitch.queue("nic0", 0).outstandingGuestBuffers()).isZero();
      assertThat(function.stop()).isEqualTo(new Ownership(QUEUE_SIZE, 0, 0));
    }
  }

  /** A re-bind closes the queue's transmit ring too: frames from the guest find no output then. */
  private static long droppedBack(TestSwitch vswitch) {
    return vswitch.input("nf0", 0).outcomes().get("dropped");
  }

  /** Frames in the transmit ring when it closed: the kernel may have sent some of them. */
  private static long cutOffWhileSending(TestSwitch vswitch) {
    return vswitch
        .vswitch()
        .nicPort("nic0")
        .orElseThrow()
        .txQueue(0)
        .counters()
        .getOrDefault("tx_lost_in_rebind", 0L);
  }

  private static long notAccepted(InputStats input) {
    return NOT_ACCEPTED.stream().mapToLong(name -> input.nic().getOrDefault(name, 0L)).sum();
  }
}
