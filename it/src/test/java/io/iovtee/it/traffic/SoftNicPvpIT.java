// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.SwitchStats.InputStats;
import io.iovtee.bench.peer.PeerRequirements;
import io.iovtee.bench.peer.Testpmd;
import io.iovtee.bench.peer.TestpmdOptions;
import io.iovtee.it.peers.FlowCheck;
import io.iovtee.it.peers.MappingApi;
import io.iovtee.it.peers.Needs;
import io.iovtee.it.peers.SoftNicWire;
import io.iovtee.it.peers.TestFunction;
import io.iovtee.it.peers.TestFunction.Mode;
import io.iovtee.it.peers.TestFunction.Ownership;
import io.iovtee.it.peers.TestSwitch;
import io.iovtee.it.peers.TrafficResult;
import io.iovtee.it.peers.TrafficRun;
import io.iovtee.it.peers.TrafficRun.Plan;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The emulated NIC, the switch, and network functions: nothing needs root but huge pages. */
final class SoftNicPvpIT {
  private static final long FRAMES = Long.getLong("iovtee.it.frames", 1_000_000);

  /**
   * A quarter of the rings: a function that gets no core has as many frames before it as buffers
   * that it has not posted again yet, and neither may make the NIC or the switch drop.
   */
  private static final Plan PLAN = Plan.ofAllLengths(8, 256, 20261122);

  /**
   * Before the count begins. A function that fills its ring late finds a few host buffers before
   * its own in the mapped queue; these frames use them up.
   */
  private static final long FIRST_FRAMES = 100;

  private static final int QUEUE_SIZE = 1024;

  private static final int CYCLES = Integer.getInteger("iovtee.it.cycles", 100);

  @TempDir private Path directory;

  private Path socket(String port) {
    return directory.resolve(port + ".sock");
  }

  private String configuration(String flows, String plugins) {
    return """
    switch: {name: it}
    loops: [{}]
    ports:
      nic0: {type: soft, dma: inline, traffic: {type: none}}
      nf0: {type: vhost-user, socket: "%s"}
      nf1: {type: vhost-user, socket: "%s"}
    flows: [%s]
    plugins: {%s}
    """
        .formatted(socket("nf0"), socket("nf1"), flows, plugins);
  }

  private static String mapped(String isolation) {
    return "iovtee: {http: {port: 0}, mappings: [{queue: nic0/0, port: nf0, isolation: "
        + isolation
        + ", mode: \"on\"}]}";
  }

  private static final String THERE_AND_BACK =
      "\"in_port=nic0,actions=output:nf0\", \"in_port=nf0,actions=output:nic0\"";

  /** The first guest is offered completion in order, and testpmd takes it. */
  private static String inOrder(String configuration) {
    return configuration.replace("nf0: {", "nf0: {in-order: true, ");
  }

  @ParameterizedTest(name = "plugin={0}, hugePages={1}, inOrder={2}")
  @CsvSource({
    "false, true, false",
    "true, true, false",
    "false, false, false",
    "true, false, false",
    "false, true, true",
    "true, true, true"
  })
  void everyFrameComesBackFromTestpmd(boolean plugin, boolean hugePages, boolean inOrder) {
    Needs.present(
        PeerRequirements.testpmd(),
        hugePages ? PeerRequirements.hugePages(256) : null,
        plugin ? TestSwitch.pluginMissing() : null);
    TestpmdOptions options =
        TestpmdOptions.networkFunction(socket("nf0"), QUEUE_SIZE).forwarding("macswap");
    try (TestSwitch vswitch = start(plugin, inOrder);
        Testpmd function = Testpmd.start(hugePages ? options : options.withoutHugePages());
        SoftNicWire wire = SoftNicWire.open(vswitch.softNic("nic0"))) {
      function.startForwarding();
      vswitch.awaitGuest("nf0");
      assertThat(vswitch.vswitch().guestPort("nf0").orElseThrow().inOrder()).isEqualTo(inOrder);
      if (plugin) {
        vswitch.awaitLending("nic0", 0, PLAN.window());
      }
      TrafficRun run = new TrafficRun(wire, PLAN);
      run.send(FIRST_FRAMES);
      InputStats before = vswitch.input("nic0", 0);
      long all = FIRST_FRAMES + FRAMES;
      assertThat(run.send(FRAMES)).isEqualTo(new TrafficResult(all, all, 0, 0, 0, 0, 0));
      checkCounters(before, vswitch.input("nic0", 0), plugin);
      assertThat(function.portCounters(0).rxPackets()).isEqualTo(all);
      assertThat(function.portCounters(0).txPackets()).isEqualTo(all);
    }
  }

  private TestSwitch start(boolean plugin, boolean inOrder) {
    String any = configuration(THERE_AND_BACK, plugin ? mapped("trusted") : "");
    String text = inOrder ? inOrder(any) : any;
    return plugin ? TestSwitch.startWithPlugin(text) : TestSwitch.start(text);
  }

  private static void checkCounters(InputStats before, InputStats after, boolean plugin) {
    assertThat(after.frames() - before.frames()).isEqualTo(FRAMES);
    assertThat(sum(after) - sum(before)).isEqualTo(FRAMES);
    String outcome = plugin ? "written_through" : "copied";
    assertThat(after.outcomes().get(outcome) - before.outcomes().get(outcome)).isEqualTo(FRAMES);
    long copied = after.copiedBytes() - before.copiedBytes();
    assertThat(copied).isEqualTo(plugin ? 0 : after.bytes() - before.bytes());
  }

  private static long sum(InputStats input) {
    return input.outcomes().values().stream().mapToLong(Long::longValue).sum();
  }

  /**
   * Half of the flows is for a second function. Its frames land in the first one's buffers, and
   * must reach the second one without ever showing up in the first one's used ring.
   */
  @ParameterizedTest(name = "isolation={0}")
  @ValueSource(strings = {"trusted", "scrub"})
  void misdirectedFramesReachTheirGuestOnly(String isolation) {
    Needs.present(
        PeerRequirements.testpmd(), PeerRequirements.hugePages(256), TestSwitch.pluginMissing());
    String flows =
        "\"in_port=nic0,dl_dst=02:11:00:00:00:00/ff:ff:00:00:00:01,actions=output:nf0\","
            + " \"in_port=nic0,dl_dst=02:11:00:00:00:01/ff:ff:00:00:00:01,actions=output:nf1\","
            + " \"in_port=nf0,actions=output:nic0\", \"in_port=nf1,actions=output:nic0\"";
    FlowCheck evenFlows = new FlowCheck(flow -> (flow & 1) == 0);
    try (TestSwitch vswitch = TestSwitch.startWithPlugin(configuration(flows, mapped(isolation)));
        TestFunction first =
            TestFunction.start(socket("nf0"), Mode.ECHO, QUEUE_SIZE, false, evenFlows);
        Testpmd second =
            Testpmd.start(
                TestpmdOptions.networkFunction(socket("nf1"), QUEUE_SIZE).forwarding("macswap"));
        SoftNicWire wire = SoftNicWire.open(vswitch.softNic("nic0"))) {
      second.startForwarding();
      vswitch.awaitGuest("nf1");
      vswitch.awaitLending("nic0", 0, PLAN.window());
      long frames = FRAMES / 4;
      TrafficResult result = new TrafficRun(wire, PLAN).send(frames);
      assertThat(first.failure()).isNull();
      InputStats input = vswitch.input("nic0", 0);
      assertThat(result)
          .as(input.toString())
          .isEqualTo(new TrafficResult(frames, frames, 0, 0, 0, 0, 0));
      long misdirected = second.portCounters(0).rxPackets();
      assertThat(input.copyReasons()).isEmpty();
      assertThat(first.received() + misdirected).isEqualTo(frames);
      assertThat(misdirected).isGreaterThan(frames / 3);
      assertThat(evenFlows.wrong()).isZero();
      assertThat(input.outcomes())
          .containsEntry("written_through", first.received())
          .containsEntry("copied_misdirected", misdirected);
      assertThat(first.stop()).isEqualTo(new Ownership(QUEUE_SIZE, 0, 0));
    }
  }

  /** A stop in the middle of lending: the NIC holds buffers, and gives them all back. */
  @ParameterizedTest(name = "inOrder={0}")
  @ValueSource(booleans = {false, true})
  void everyBufferIsTheGuestsAgain(boolean inOrder) {
    Needs.present(TestSwitch.pluginMissing());
    try (TestSwitch vswitch = start(true, inOrder);
        TestFunction function =
            TestFunction.start(socket("nf0"), Mode.ECHO, QUEUE_SIZE, false, (frame, length) -> {});
        SoftNicWire wire = SoftNicWire.open(vswitch.softNic("nic0"))) {
      vswitch.awaitLending("nic0", 0, PLAN.window());
      TrafficResult result = new TrafficRun(wire, PLAN).send(FRAMES / 10);
      assertThat(function.failure()).isNull();
      assertThat(result.perfect()).as(result + ", " + vswitch.input("nic0", 0)).isTrue();
      assertThat(vswitch.queue("nic0", 0).outstandingGuestBuffers()).isPositive();
      assertThat(function.stop()).isEqualTo(new Ownership(QUEUE_SIZE, 0, 0));
    }
  }

  /**
   * What the NIC accepts while queues are mapped and unmapped arrives, once, and no buffer goes. A
   * NIC that can hold frames back (backpressure) loses none at all.
   */
  @ParameterizedTest(name = "backpressure={0}, inOrder={1}")
  @CsvSource({"true, false", "false, false", "true, true"})
  void mapsAndUnmapsUnderTraffic(boolean backpressure, boolean inOrder)
      throws InterruptedException {
    Needs.present(TestSwitch.pluginMissing());
    int port = MappingApi.freePort();
    String configuration =
        configuration(THERE_AND_BACK, "iovtee: {http: {port: %d}}".formatted(port))
            .replace("type: none", "type: none, backpressure: " + backpressure);
    try (TestSwitch vswitch =
            TestSwitch.startWithPlugin(inOrder ? inOrder(configuration) : configuration);
        MappingApi mappings = new MappingApi(port);
        TestFunction function =
            TestFunction.start(socket("nf0"), Mode.ECHO, QUEUE_SIZE, false, (frame, length) -> {});
        SoftNicWire wire = SoftNicWire.open(vswitch.softNic("nic0"))) {
      vswitch.awaitGuest("nf0");
      MappingCycles cycles = new MappingCycles(vswitch, mappings, "nic0", "nf0", "trusted");
      Thread mapper = cycles.start(CYCLES);
      TrafficResult result =
          new TrafficRun(wire, PLAN)
              .notWaitingFor(() -> vswitch.input("nic0", 0).nic().get("rx_missed"))
              .sendWhile(mapper::isAlive);
      mapper.join();
      assertThat(cycles.failure()).isNull();
      assertThat(function.failure()).isNull();
      InputStats input = vswitch.input("nic0", 0);
      assertThat(result.flawless()).as(result + ", " + input).isTrue();
      assertThat(result.lost()).as(input.toString()).isEqualTo(input.nic().get("rx_missed"));
      assertThat(backpressure && result.lost() > 0).as(input.toString()).isFalse();
      assertThat(input.frames()).isEqualTo(result.received());
      assertThat(input.outcomes().get("written_through")).isPositive();
      assertThat(input.outcomes().get("copied")).isPositive();
      assertThat(vswitch.queue("nic0", 0).outstandingGuestBuffers()).isZero();
      assertThat(function.stop()).isEqualTo(new Ownership(QUEUE_SIZE, 0, 0));
    }
  }
}
