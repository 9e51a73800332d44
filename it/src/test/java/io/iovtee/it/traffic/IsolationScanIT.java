// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.SwitchStats.InputStats;
import io.iovtee.bench.peer.NetworkNamespace;
import io.iovtee.bench.peer.PeerRequirements;
import io.iovtee.bench.peer.Veth;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.it.peers.FlowDirector;
import io.iovtee.it.peers.FrameWire;
import io.iovtee.it.peers.Needs;
import io.iovtee.it.peers.SoftNicWire;
import io.iovtee.it.peers.TestFunction;
import io.iovtee.it.peers.TestSwitch;
import io.iovtee.it.peers.VethWire;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Several functions, each with a secret that fills all frames that are for it. Queue {@code n} is
 * mapped to function {@code n}, but frames for everybody come in on every queue; one queue more is
 * not mapped. Every function looks at each byte that it is given, and all of its memory is searched
 * for the others' secrets: in the end, and in a long run again and again.
 *
 * <p>More frames: {@code -Diovtee.it.isolation.frames=100000000}, other ones: {@code
 * -Diovtee.it.isolation.seed=7}.
 */
final class IsolationScanIT {
  private static final int FUNCTIONS = 8;
  private static final int QUEUES = FUNCTIONS + 1;
  private static final long SOFT_FRAMES = Long.getLong("iovtee.it.isolation.frames", 1_000_000);
  private static final long VETH_FRAMES = Long.getLong("iovtee.it.isolation.frames", 100_000);
  private static final long SEED = Long.getLong("iovtee.it.isolation.seed", 20261126);
  private static final int QUEUE_SIZE = 256;

  private static final long SILENCE_NS = 200_000_000;

  /**
   * Frames between two searches. A buffer is written a hundred times in between: what a foreign
   * frame leaves there is seen only if no longer frame came after it.
   */
  private static final long ROUND_FRAMES = 250_000;

  private static final long REPORT_FRAMES = 5_000_000;

  @TempDir private Path directory;

  private final SecretFrames frames = new SecretFrames(FUNCTIONS, QUEUES, SEED);
  private final long[] foreignFrames = new long[FUNCTIONS];

  @BeforeEach
  void needs() {
    Needs.present(TestSwitch.pluginMissing());
  }

  // ---- on the emulated NIC -------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(strings = {"strict", "scrub"})
  void noFunctionOfTheEmulatedNicHasAnothersSecret(String isolation) {
    assertThat(leaksOnSoftNic(isolation, rules(0), SOFT_FRAMES)).isEmpty();
  }

  @Test
  void theScanOfTheEmulatedNicSeesWhatTrustedLeaves() {
    assertThat(leaksOnSoftNic("trusted", rules(0), SOFT_FRAMES / 10)).isNotEmpty();
  }

  @Test
  void theScanOfTheEmulatedNicSeesAWrongRule() {
    assertThat(leaksOnSoftNic("strict", rules(1), SOFT_FRAMES / 10))
        .isNotEmpty()
        .allMatch(leak -> leak.startsWith("nf0 has the secret of nf1"));
  }

  private List<String> leaksOnSoftNic(String isolation, String rules, long frames) {
    String port =
        "{type: soft, dma: inline, queues: %d, traffic: {type: none, backpressure: true}}"
            .formatted(QUEUES);
    try (TestSwitch vswitch =
        TestSwitch.startWithPlugin(configuration(port, rules, mappings(isolation, true)))) {
      return run(vswitch, SoftNicWire.open(vswitch.softNic("nic0")), isolation, frames, false);
    }
  }

  // ---- on AF_XDP -----------------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(strings = {"strict", "scrub"})
  void noFunctionOnAfXdpHasAnothersSecret(String isolation) {
    assertThat(leaksOnVeth(isolation, rules(0), VETH_FRAMES)).isEmpty();
  }

  @Test
  void theScanOnAfXdpSeesWhatTrustedLeaves() {
    assertThat(leaksOnVeth("trusted", rules(0), VETH_FRAMES / 10)).isNotEmpty();
  }

  /** Strict keeps what the rules say: a rule that gives one's frames to another is found out. */
  @Test
  void theScanOnAfXdpSeesAWrongRule() {
    assertThat(leaksOnVeth("strict", rules(1), VETH_FRAMES / 10))
        .isNotEmpty()
        .allMatch(leak -> leak.startsWith("nf0 has the secret of nf1"));
  }

  /** The first frame after the change is acknowledged carries a secret that nf1 must not see. */
  @Test
  void aChangeOfTheRulesEndsAMappingBeforeItIsInForce() {
    Needs.present(PeerRequirements.networkNamespaces());
    List<TestFunction> functions = new ArrayList<>();
    try (NetworkNamespace namespace = NetworkNamespace.create()) {
      Veth veth = Veth.create(namespace, "near0", "far0", QUEUES);
      try (FlowDirector director = FlowDirector.attach(veth);
          VethWire wire = VethWire.open(veth);
          TestSwitch vswitch =
              TestSwitch.startWithPlugin(
                  configuration(nearEnd(namespace), rules(0), mappings("strict", false)))) {
        assertThat(director).isNotNull();
        start(functions);
        for (int n = 0; n < FUNCTIONS; n++) {
          vswitch.awaitLending("nic0", n, 0);
        }
        PacedTraffic traffic = new PacedTraffic(wire, functions, frames, true);
        traffic.send(VETH_FRAMES / 10);
        assertThat(vswitch.queue("nic0", 1).outstandingGuestBuffers())
            .as("the NIC holds buffers of nf1 when the rules change")
            .isPositive();
        String changed = rules(1).replace("\", \"", "\n").replace("\"", "");
        vswitch
            .vswitch()
            .flows()
            .replace(FlowRuleParser.parseRules(changed), -1)
            .toCompletableFuture()
            .join();
        frames.changeSecret(1);
        traffic.send(VETH_FRAMES / 10);
        awaitSilence(vswitch);
        functions.forEach(TestFunction::stop);
        assertThat(functions.get(0).occurrences(frames.secret(1))).as("new owner").isPositive();
        assertThat(functions.get(1).occurrences(frames.secret(1))).as("old owner").isZero();
      }
    } finally {
      functions.forEach(TestFunction::close);
    }
  }

  private static String nearEnd(NetworkNamespace namespace) {
    return "{type: xdp, interface: near0, netns: %s, mode: native, ring-size: 512}"
        .formatted(namespace.name());
  }

  private void start(List<TestFunction> functions) {
    for (int n = 0; n < FUNCTIONS; n++) {
      functions.add(TestFunction.startWithoutThread(socket(n), QUEUE_SIZE, inspector(n)));
    }
  }

  private TestFunction.Inspector inspector(int function) {
    return (frame, length) -> {
      if (!frames.isFor(function, frame, length)) {
        foreignFrames[function]++;
      }
    };
  }

  private List<String> leaksOnVeth(String isolation, String rules, long frames) {
    Needs.present(PeerRequirements.networkNamespaces());
    try (NetworkNamespace namespace = NetworkNamespace.create()) {
      Veth veth = Veth.create(namespace, "near0", "far0", QUEUES);
      String port = nearEnd(namespace);
      try (FlowDirector director = FlowDirector.attach(veth);
          VethWire wire = VethWire.open(veth);
          TestSwitch vswitch =
              TestSwitch.startWithPlugin(configuration(port, rules, mappings(isolation, false)))) {
        assertThat(director).isNotNull();
        return run(vswitch, wire, isolation, frames, true);
      }
    }
  }

  // ---- both ----------------------------------------------------------------------------------

  private String configuration(String nic, String rules, String mappings) {
    StringBuilder ports = new StringBuilder("  nic0: " + nic + "\n");
    for (int n = 0; n < FUNCTIONS; n++) {
      ports.append("  nf%d: {type: vhost-user, socket: \"%s\"}\n".formatted(n, socket(n)));
    }
    return "switch: {name: it}\nloops: [{}]\nports:\n%sflows: [%s]\n".formatted(ports, rules)
        + "plugins: {iovtee: {http: {port: 0}, stats-interval-ms: 100, mappings: ["
        + mappings
        + "]}}\n";
  }

  private Path socket(int function) {
    return directory.resolve("nf" + function + ".sock");
  }

  /**
   * @param mistaken so many functions, from 1 on, whose frames a wrong rule gives to function 0
   */
  private static String rules(int mistaken) {
    StringJoiner rules = new StringJoiner(", ");
    for (int n = 0; n < FUNCTIONS; n++) {
      String to = n > 0 && n <= mistaken ? "nf0" : "nf" + n;
      rules.add(
          "\"in_port=nic0,dl_dst=02:00:00:00:00:0%d/ff:ff:ff:ff:ff:0f,actions=output:%s\""
              .formatted(n, to));
    }
    return rules.toString();
  }

  /** The emulated NIC's table knows exact matches only; and without a match it spreads. */
  private static String mappings(String isolation, boolean exact) {
    StringJoiner mappings = new StringJoiner(", ");
    for (int n = 0; n < FUNCTIONS; n++) {
      String match =
          exact
              ? "dl_dst=02:00:00:00:00:%d%d".formatted(n, n)
              : "dl_dst=02:00:00:00:00:0%d/ff:ff:ff:ff:ff:0f".formatted(n);
      mappings.add(
          "{queue: nic0/%d, port: nf%d, isolation: %s, mode: \"on\"%s}"
              .formatted(
                  n, n, isolation, isolation.equals("strict") ? ", match: \"" + match + "\"" : ""));
    }
    return mappings.toString();
  }

  private List<String> run(
      TestSwitch vswitch, FrameWire wire, String isolation, long frames, boolean onVeth) {
    List<TestFunction> functions = new ArrayList<>();
    try {
      start(functions);
      boolean wrongRule = destinations(vswitch) < FUNCTIONS;
      for (int n = 0; n < FUNCTIONS; n++) {
        // With the wrong rule the proof for function 1 is missing, as it should be.
        if (!wrongRule || n != 1) {
          vswitch.awaitLending("nic0", n, 0);
        }
      }
      PacedTraffic traffic =
          new PacedTraffic(wire, functions, this.frames, onVeth && isolation.equals("strict"));
      while (traffic.sent() < frames && leaks(functions).isEmpty()) {
        traffic.send(Math.min(ROUND_FRAMES, frames - traffic.sent()));
        report(vswitch, isolation, traffic, frames);
      }
      awaitSilence(vswitch);
      checkThatThereWasSomethingToFind(vswitch, functions, isolation, wrongRule, onVeth);
      if (wrongRule) {
        assertThat(foreignFrames[0]).as("nf0 looks at what it is given").isPositive();
      } else {
        assertThat(foreignFrames).as("delivered to the wrong function").containsOnly(0);
      }
      functions.forEach(TestFunction::stop);
      return leaks(functions);
    } finally {
      functions.forEach(TestFunction::close);
      wire.close();
    }
  }

  /** What the switch's counters say of the frames so far; a long run shows where it is. */
  private static void report(
      TestSwitch vswitch, String isolation, PacedTraffic traffic, long frames) {
    if (traffic.sent() != frames && traffic.sent() % REPORT_FRAMES != 0) {
      return;
    }
    List<InputStats> inputs = vswitch.vswitch().stats().inputs();
    StringJoiner text = new StringJoiner(", ", isolation + ", seed " + SEED + ": ", "");
    text.add("sent %,d of %,d".formatted(traffic.sent(), frames));
    text.add("lost %,d".formatted(traffic.lost()));
    text.add("received %,d".formatted(inputs.stream().mapToLong(InputStats::frames).sum()));
    for (String outcome : List.of("written_through", "copied", "copied_misdirected", "dropped")) {
      text.add(outcome + " %,d".formatted(sum(inputs, input -> input.outcomes().get(outcome))));
    }
    text.add("rx_filtered %,d".formatted(sum(inputs, input -> input.nic().get("rx_filtered"))));
    System.out.println(text);
  }

  private static long sum(List<InputStats> inputs, Function<InputStats, @Nullable Long> count) {
    return inputs.stream().map(count).mapToLong(value -> value == null ? 0 : value).sum();
  }

  private static long destinations(TestSwitch vswitch) {
    return vswitch.vswitch().flows().rules().stream().map(FlowRule::actions).distinct().count();
  }

  /** Until no frame is on its way: two looks at the counters, one pause apart, see the same. */
  private static void awaitSilence(TestSwitch vswitch) {
    long[] before = {-1};
    TestSwitch.await(
        () -> {
          long now =
              vswitch.vswitch().stats().inputs().stream().mapToLong(InputStats::frames).sum();
          boolean quiet = now == before[0];
          before[0] = now;
          LockSupport.parkNanos(SILENCE_NS);
          return quiet;
        },
        () -> "frames do not stop");
  }

  /** Otherwise nothing found would mean nothing. */
  private static void checkThatThereWasSomethingToFind(
      TestSwitch vswitch,
      List<TestFunction> functions,
      String isolation,
      boolean wrongRule,
      boolean onVeth) {
    for (int n = 0; n < FUNCTIONS; n++) {
      InputStats input = vswitch.input("nic0", n);
      assertThat(functions.get(n).failure()).isNull();
      if (wrongRule && n == 1) {
        continue;
      }
      assertThat(functions.get(n).received()).as("frames of nf%d", n).isGreaterThan(100);
      assertThat(input.outcomes().get("written_through")).as(input.toString()).isPositive();
      if (!isolation.equals("strict")) {
        assertThat(input.outcomes().get("copied_misdirected")).as(input.toString()).isPositive();
      } else if (onVeth) {
        assertThat(input.nic().get("rx_filtered")).as(input.toString()).isGreaterThan(100);
        assertThat(input.outcomes().get("copied_misdirected")).as(input.toString()).isZero();
      }
    }
  }

  private List<String> leaks(List<TestFunction> functions) {
    List<String> leaks = new ArrayList<>();
    for (int n = 0; n < FUNCTIONS; n++) {
      for (int other = 0; other < FUNCTIONS; other++) {
        int count = other == n ? 0 : functions.get(n).occurrences(frames.secret(other));
        if (count > 0) {
          leaks.add("nf%d has the secret of nf%d %d times".formatted(n, other, count));
        }
      }
    }
    return leaks;
  }
}
