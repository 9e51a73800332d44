// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.SwitchStats.InputStats;
import io.iovtee.it.peers.EventLog;
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
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Mode auto on the emulated NIC: it measures both ways under traffic, and no frame is lost. */
final class AutoModeIT {
  private static final int QUEUE_SIZE = 1024;
  private static final int WINDOW = 256;
  private static final long SEED = 20261123;

  /** The first trial comes after 5 s, the next 10 s after it; a shared machine takes longer. */
  private static final long VERDICT_TIMEOUT_S = 120;

  @TempDir private Path directory;

  private String configuration(int httpPort) {
    return """
    switch: {name: it}
    loops: [{}]
    ports:
      nic0: {type: soft, dma: inline, traffic: {type: none, backpressure: true}}
      nf0: {type: vhost-user, socket: "%s"}
    flows: ["in_port=nic0,actions=output:nf0", "in_port=nf0,actions=output:nic0"]
    plugins:
      iovtee:
        http: {port: %d}
        stats-interval-ms: 200
        measure: {frames-per-second-min: 100, busy-percent-min: 0, core-taken-percent-max: 100}
        mappings: [{queue: nic0/0, port: nf0, isolation: trusted, mode: auto}]
    """
        .formatted(directory.resolve("nf0.sock"), httpPort);
  }

  @Test
  void measuresEachFrameSizeAndLosesNoFrame() {
    Needs.present(TestSwitch.pluginMissing());
    int port = MappingApi.freePort();
    try (TestSwitch vswitch = TestSwitch.startWithPlugin(configuration(port));
        EventLog events = EventLog.open(port);
        TestFunction function =
            TestFunction.start(
                directory.resolve("nf0.sock"),
                Mode.ECHO,
                QUEUE_SIZE,
                false,
                (frame, length) -> {});
        SoftNicWire wire = SoftNicWire.open(vswitch.softNic("nic0"))) {
      vswitch.awaitLending("nic0", 0, WINDOW);
      String small = sendUntilVerdict(events, wire, 64, "0-127 B");
      String full = sendUntilVerdict(events, wire, 1514, "from 1280 B");

      assertThat(small).contains("copy ", "write-through ", "Mpps", "ns per frame", "median of");
      assertThat(full).contains("copy ", "write-through ", "Mpps", "ns per frame", "median of");
      assertThat(function.failure()).isNull();
      InputStats input = vswitch.input("nic0", 0);
      assertThat(input.outcomes().get("written_through")).as(input.toString()).isPositive();
      assertThat(input.outcomes().get("copied")).as(input.toString()).isPositive();
      assertThat(function.stop()).isEqualTo(new Ownership(QUEUE_SIZE, 0, 0));
    }
  }

  /** Returns the event; each verdict is the first one of its size, and so it is news. */
  private static String sendUntilVerdict(
      EventLog events, SoftNicWire wire, int length, String sizes) {
    long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(VERDICT_TIMEOUT_S);
    Plan plan = new Plan(8, length, length, WINDOW, SEED);
    TrafficResult result =
        new TrafficRun(wire, plan)
            .sendWhile(() -> events.find(sizes) == null && System.nanoTime() < deadlineNs);
    assertThat(result.perfect()).as("%d B: %s", length, result).isTrue();
    String event = events.find(sizes);
    assertThat(event).as("events of mappings: %s", events.all()).isNotNull();
    return String.valueOf(event);
  }
}
