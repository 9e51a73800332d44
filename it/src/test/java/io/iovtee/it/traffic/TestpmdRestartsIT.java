// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.SwitchStats.InputStats;
import io.iovtee.bench.peer.PeerRequirements;
import io.iovtee.bench.peer.Testpmd;
import io.iovtee.bench.peer.TestpmdOptions;
import io.iovtee.it.cli.CliProcess;
import io.iovtee.it.peers.Needs;
import io.iovtee.it.peers.TestFunction;
import io.iovtee.it.peers.TestSwitch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The real peer's comings and goings under traffic: either side is killed, testpmd stops its port
 * and starts it again, with other rings, or says nothing for a while.
 */
final class TestpmdRestartsIT {
  private static final int LIVES = 5;
  private static final int FRAMES = 2_000;
  private static final int QUEUE_SIZE = 256;

  /** A port of testpmd that serves its socket tells of the link by an alarm of its own. */
  private static final long SILENCE_MS = 3_000;

  @TempDir private Path directory;

  @BeforeEach
  void needs() {
    Needs.present(PeerRequirements.testpmd(), TestSwitch.pluginMissing());
  }

  private Path socket(String port) {
    return directory.resolve(port + ".sock");
  }

  private TestpmdOptions options() {
    return TestpmdOptions.networkFunction(socket("nf1"), QUEUE_SIZE).withoutHugePages();
  }

  private String configuration(String role, int queues, boolean mapped) {
    return """
    switch: {pool-chunks: 4096, huge-pages: false, warm-up-ms: 0}
    ports:
      nic0:
        type: soft
        dma: inline
        traffic: {type: generator, frame-bytes: 200, flows: 4, rate-pps: 20000}
        tx: {type: discard}
      nf1: {type: vhost-user, socket: "%s", role: %s, queues: %d}
      nf2: {type: vhost-user, socket: "%s"}
    flows: ["in_port=nic0,actions=output:nf1,output:nf2", "in_port=nf1,actions=output:nic0"]
    plugins:
      iovtee:
        http: {port: 0}
        mappings: [%s]
    """
        .formatted(
            socket("nf1"),
            role,
            queues,
            socket("nf2"),
            mapped ? "{queue: nic0/0, port: nf1, isolation: trusted, mode: \"on\"}" : "");
  }

  private static void awaitFrames(Testpmd function) {
    long before = function.portCounters(0).rxPackets();
    TestSwitch.await(
        () -> function.portCounters(0).rxPackets() >= before + FRAMES,
        () -> function.process().failure("receives nothing"));
  }

  /** testpmd has the socket, and outlives the switch. */
  @ParameterizedTest(name = "write-through={0}")
  @ValueSource(booleans = {false, true})
  void switchThatIsKilledComesBackToARunningTestpmd(boolean mapped) throws Exception {
    Path file = directory.resolve("s.yaml");
    Files.writeString(file, configuration("client", 1, mapped));
    try (Testpmd function = Testpmd.launch(options().asServer())) {
      for (int life = 0; life < 3; life++) {
        try (CliProcess vswitch =
            CliProcess.startWithPlugin(List.of(), "run", "-c", file.toString())) {
          vswitch.awaitText(" runs: 3 ports");
          if (life == 0) {
            function.awaitReady();
            function.startForwarding();
          }
          if (mapped) {
            vswitch.awaitText("active (lending)");
          }
          awaitFrames(function);
          vswitch.kill();
          vswitch.await();
        }
      }
      assertThat(function.process().alive()).isTrue();
    }
  }

  /** What a front-end makes the switch hold, without numbers that change. */
  private static List<String> held() throws IOException {
    List<String> all = new ArrayList<>();
    try (Stream<Path> fds = Files.list(Path.of("/proc/self/fd"))) {
      for (Path fd : fds.toList()) {
        String target = target(fd);
        if (target.contains("memfd") || target.contains("eventfd")) {
          all.add(target.replaceAll("\\d+", ""));
        }
      }
    }
    Files.readAllLines(Path.of("/proc/self/maps")).stream()
        .filter(line -> line.contains("memfd:"))
        .forEach(line -> all.add(line.replaceAll("^\\S+", "").replaceAll("\\d+", "")));
    all.sort(null);
    return all;
  }

  private static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException e) {
      return ""; // closed meanwhile
    }
  }

  /** The same for a second: the port's thread lets go a moment after the port says so. */
  private static List<String> settled() throws IOException, InterruptedException {
    List<String> last = held();
    for (int quiet = 0; quiet < 10; ) {
      Thread.sleep(100);
      List<String> now = held();
      quiet = now.equals(last) ? quiet + 1 : 0;
      last = now;
    }
    return last;
  }

  @Test
  void testpmdThatIsKilledLeavesNothingAndIsMappedAgain() throws Exception {
    try (TestSwitch vswitch = TestSwitch.startWithPlugin(configuration("server", 1, true))) {
      List<String> before = List.of();
      for (int life = 0; life < LIVES; life++) {
        try (Testpmd function = Testpmd.start(options())) {
          function.startForwarding();
          vswitch.awaitLending("nic0", 0, 1);
          awaitFrames(function);
          function.process().close(); // SIGKILL
        }
        awaitLeft(vswitch);
        if (life == 0) {
          before = settled();
        }
      }
      assertThat(settled()).isEqualTo(before);
      assertAccounted(vswitch);
    }
  }

  private static void awaitLeft(TestSwitch vswitch) {
    TestSwitch.await(
        () ->
            vswitch.vswitch().guestPort("nf1").isEmpty()
                && vswitch.vswitch().ports().stream()
                    .noneMatch(p -> p.name().equals("nf1") && p.linkUp()),
        () -> "it is still there: " + vswitch.vswitch().ports());
  }

  private static void assertAccounted(TestSwitch vswitch) {
    InputStats input = vswitch.accountedInput("nic0", 0);
    assertThat(input.outcomes().get("written_through")).isPositive();
    assertThat(input.dropReasons()).doesNotContainKeys("internal_error", "memory_fault");
    assertThat(vswitch.vswitch().stats().loops()).allMatch(loop -> loop.lostBuffers() == 0);
  }

  /** Rings are stopped and started by a front-end that stays, with as many as it likes. */
  @Test
  void portThatTestpmdStopsAndStartsIsMappedAgain() throws Exception {
    try (TestSwitch vswitch = TestSwitch.startWithPlugin(configuration("server", 2, true));
        Testpmd function =
            Testpmd.start(
                TestpmdOptions.networkFunction(socket("nf1"), QUEUE_SIZE, 2).withoutHugePages())) {
      for (int queues : new int[] {2, 1, 2, 1}) {
        function.command("port stop 0");
        function.command("port config all rxq " + queues);
        function.command("port config all txq " + queues);
        function.command("port start 0");
        function.startForwarding();
        vswitch.awaitLending("nic0", 0, 1);
        awaitFrames(function);
        function.stopForwarding();
      }
      function.startForwarding();
      awaitFrames(function);
      function.stopForwarding();
      function.process().quit(Testpmd.QUIT_TIMEOUT_MS);
      awaitLeft(vswitch);
      assertAccounted(vswitch);
    }
  }

  @Test
  void testpmdThatStandsStillHurtsNobodyElse() throws Exception {
    try (TestSwitch vswitch = TestSwitch.startWithPlugin(configuration("server", 1, true));
        TestFunction other =
            TestFunction.start(
                socket("nf2"), TestFunction.Mode.SINK, QUEUE_SIZE, false, (bytes, n) -> {});
        Testpmd function = Testpmd.start(options())) {
      function.startForwarding();
      vswitch.awaitLending("nic0", 0, 1);
      awaitFrames(function);
      function.process().pause();
      Thread.sleep(SILENCE_MS);
      long before = other.received();
      TestSwitch.await(
          () -> other.received() > before + FRAMES, () -> "the other one gets nothing");
      function.process().resume();
      awaitFrames(function);
      assertThat(other.failure()).isNull();
      assertThat(other.stop().complete()).isTrue();
      assertAccounted(vswitch);
    }
  }
}
