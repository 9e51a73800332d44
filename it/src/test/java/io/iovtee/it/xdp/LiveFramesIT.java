// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.xdp;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.SwitchStats.InputStats;
import io.iovtee.bench.peer.PeerRequirements;
import io.iovtee.bench.peer.Veth;
import io.iovtee.bench.xdp.LiveCounts;
import io.iovtee.bench.xdp.LiveProcess;
import io.iovtee.bench.xdp.Reflector;
import io.iovtee.bench.xdp.VethUplink;
import io.iovtee.it.peers.Needs;
import io.iovtee.it.peers.TestSwitch;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Generator and sink of the one-way benchmark agree with whoever is between them. */
final class LiveFramesIT {
  private static final int QUEUE_SIZE = 256;
  private static final long FRAMES = 20_000;

  @TempDir private Path directory;

  @BeforeEach
  void needRoot() {
    Needs.present(PeerRequirements.networkNamespaces());
  }

  private static LiveCounts send(LiveProcess live) {
    long before = live.startSending().sent();
    TestSwitch.await(() -> live.counts().sent() - before > FRAMES, () -> "frames are sent");
    return live.stopSending();
  }

  /** A Reflector drops and counts: the near end gets every frame for which its ring had room. */
  @Test
  void everyFrameReachesTheNearEnd() {
    try (VethUplink uplink = VethUplink.create("ring");
        Reflector nearEnd = Reflector.attach(turned(uplink.veth()));
        LiveProcess live =
            LiveProcess.start(new LiveProcess.Setup("it", 0, uplink.veth(), 64, null))) {
      LiveCounts first = send(live);
      LiveCounts both = send(live);
      assertThat(first.sent()).isGreaterThan(FRAMES);
      assertThat(live.counts().sent()).as("after its stop").isEqualTo(both.sent());
      assertThat(both.sent()).isGreaterThan(first.sent() + FRAMES);
      TestSwitch.await(
          () -> nearEnd.dropped() == both.sent(), () -> nearEnd.dropped() + " of " + both);
      assertThat(both.received()).as("there is no sink").isZero();
    }
  }

  @ParameterizedTest(name = "{0} bytes")
  @CsvSource({"64", "1514"})
  void everyFrameIsReceivedOrCounted(int frameBytes) {
    Path socket = directory.resolve("nf0.sock");
    LiveProcess.Sink sink = new LiveProcess.Sink(socket, QUEUE_SIZE, false);
    try (VethUplink uplink = VethUplink.create("ring");
        TestSwitch vswitch =
            TestSwitch.start(
                """
                switch: {name: it}
                loops: [{}]
                ports:
                  nic0: %s
                  nf0: {type: vhost-user, socket: "%s"}
                flows: ["in_port=nic0,actions=output:nf0"]
                """
                    .formatted(uplink.portConfiguration(), socket));
        LiveProcess live =
            LiveProcess.start(new LiveProcess.Setup("it", 0, uplink.veth(), frameBytes, sink))) {
      vswitch.awaitGuest("nf0");
      LiveCounts counts = send(live);
      InputStats input = vswitch.input("nic0", 0);
      String seen = counts + ", " + input;
      assertThat(counts.received()).as(seen).isPositive();
      assertThat(counts.foreign()).as(seen).isZero();
      assertThat(input.bytes()).as(seen).isEqualTo(input.frames() * frameBytes);
      assertThat(counts.received())
          .as(seen)
          .isEqualTo(input.frames() - input.outcomes().get("dropped"));
      // Frames that found no room at the near end are counted by the interface alone.
      assertThat(input.frames() + input.nic().get("rx_dropped") + input.nic().get("rx_ring_full"))
          .as(seen)
          .isLessThanOrEqualTo(counts.sent());
    }
  }

  private static Veth turned(Veth veth) {
    return new Veth(veth.namespace(), veth.far(), veth.near(), veth.queues());
  }
}
