// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.bench.peer.ForwardCounters;
import io.iovtee.bench.peer.PeerException;
import io.iovtee.bench.peer.PeerRequirements;
import io.iovtee.bench.peer.PortCounters;
import io.iovtee.bench.peer.Testpmd;
import io.iovtee.bench.peer.TestpmdOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The driver of the real peer, with that peer on both sides: what it shows is what happened. */
final class TestpmdIT {
  private static final long ENOUGH_FRAMES = 10_000;

  @TempDir private Path directory;

  @BeforeEach
  void needTestpmd() {
    Needs.present(PeerRequirements.testpmd(), PeerRequirements.hugePages(512));
  }

  @ParameterizedTest
  @CsvSource({"true, macswap", "false, macswap", "true, rxonly"})
  void framesGoThroughTheFunction(boolean hugePages, String mode) throws InterruptedException {
    Path socket = directory.resolve("nf.sock");
    TestpmdOptions options = TestpmdOptions.networkFunction(socket, 256).forwarding(mode);
    try (Testpmd peer =
            Testpmd.start(TestpmdOptions.nullToVhost(List.of(socket), 64, false).onCpu(1));
        Testpmd function = Testpmd.start(hugePages ? options : options.withoutHugePages())) {
      peer.startForwarding();
      function.startForwarding();
      awaitFrames(function);
      // The peer first: it only goes on counting what the function has done.
      peer.stopForwarding();
      long sent = peer.portCounters(1).txPackets();
      TestSwitch.await(
          () -> function.portCounters(0).rxPackets() >= sent, () -> "the last of " + sent);
      function.stopForwarding();
      PortCounters counted = function.portCounters(0);
      PortCounters atPeer = peer.portCounters(1);
      assertThat(counted.rxPackets()).isEqualTo(atPeer.txPackets());
      assertThat(counted.rxBytes()).isEqualTo(64 * counted.rxPackets());
      assertThat(counted.txPackets() > 0).isEqualTo(mode.equals("macswap"));
      ForwardCounters sums = peer.forwardCounters();
      assertThat(sums.busyCycles()).isPositive();
      assertThat(sums.tscMhz()).isPositive();
    }
  }

  @Test
  void deviceThatCanNotBeOpenedIsAnError() {
    TestpmdOptions options = TestpmdOptions.networkFunction(directory.resolve("none.sock"), 256);
    assertThatThrownBy(() -> Testpmd.start(options))
        .isInstanceOf(PeerException.class)
        .hasMessageContaining("has 0 ports")
        .hasMessageContaining("none.sock");
  }

  @Test
  void nothingIsLeftBehind() {
    Path socket = directory.resolve("nf.sock");
    Testpmd peer = Testpmd.start(TestpmdOptions.nullToVhost(List.of(socket), 64, false));
    long pid = peer.process().pid();
    Path files = runtimeFiles(peer);
    assertThat(files).isDirectory();
    peer.close();
    assertThat(Files.exists(Path.of("/proc", Long.toString(pid)))).isFalse();
    assertThat(files).doesNotExist();
  }

  private static Path runtimeFiles(Testpmd testpmd) {
    return Path.of("/var/run/dpdk", testpmd.filePrefix());
  }

  private static void awaitFrames(Testpmd function) throws InterruptedException {
    for (int i = 0; i < 3000; i++) {
      if (function.portCounters(0).rxPackets() >= ENOUGH_FRAMES) {
        return;
      }
      Thread.sleep(20);
    }
    throw new AssertionError(function.process().failure("received nothing"));
  }
}
