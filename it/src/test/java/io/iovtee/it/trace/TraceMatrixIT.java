// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.bench.peer.NetworkNamespace;
import io.iovtee.bench.peer.PeerRequirements;
import io.iovtee.bench.peer.Veth;
import io.iovtee.it.peers.FlowDirector;
import io.iovtee.it.peers.FrameWire;
import io.iovtee.it.peers.MappingApi;
import io.iovtee.it.peers.Needs;
import io.iovtee.it.peers.SoftNicWire;
import io.iovtee.it.peers.TestFunction;
import io.iovtee.it.peers.TestFunction.Mode;
import io.iovtee.it.peers.TestSwitch;
import io.iovtee.it.peers.VethWire;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Each frame is traced first, then sent for real; rule, outcome, reason, queue, outputs and bytes
 * must be those that the trace said. Queue n is mapped to function n; queue 2's function posts
 * buffers that are too short to be lent, queue 3 is not mapped. Queues 0 and 2 and their functions
 * are on one poll loop, the others on another.
 */
final class TraceMatrixIT {
  private static final long SEED = 20261127;
  private static final int QUEUES = 4;
  private static final int QUEUE_SIZE = 256;
  private static final int RING_SIZE = 64;

  /** With the header; a frame of up to 588 bytes fits. */
  private static final int SHORT_BUFFER = 600;

  private static final int FRAME_MAX = 500;
  private static final int ROUNDS = 5;

  /** By the last byte but one of the frame's destination; see {@link #frame}. */
  private static final String[] ACTIONS = {
    "output:nf0",
    "output:nf1",
    "output:nf2",
    "output:gone",
    "output:out",
    "drop",
    "push_vlan:0x8100,output:nf0",
    "output:nf0,output:nf1",
    "output:nf1,output:out,output:nf0",
    "mod_dl_src:02:00:00:00:00:99,output:nf0",
    "output:nf0,mod_dl_src:02:00:00:00:00:99,output:nf1",
    "goto_table:1",
    "normal",
    "group:1",
    "mirror:out,output:nf1",
    "punt,output:nf0",
    "punt",
    "output:gone,output:nf1",
    "output:nic0",
    "flood",
    "meter:1,output:nf1",
    "dec_ttl,output:nf0",
    "resubmit(,2)",
    "output:far",
    "group:2",
    "in_port",
    "output:nf2,output:nf0",
  };

  @TempDir private Path directory;
  private final Random random = new Random(SEED);
  private final List<TestFunction> functions = new ArrayList<>();
  private final int httpPort = MappingApi.freePort();

  @BeforeEach
  void needs() {
    Needs.present(TestSwitch.pluginMissing());
  }

  @AfterEach
  void endFunctions() {
    functions.forEach(TestFunction::close);
  }

  // ---- the emulated NIC ------------------------------------------------------------------------

  @ParameterizedTest
  @CsvSource({"scrub, on", "trusted, on", "trusted, auto", "trusted, off", "none, off"})
  void onTheEmulatedNic(String isolation, String mode) throws InterruptedException {
    Set<String> seen = onSoftNic(isolation, mode, "");
    assertThat(seen)
        .contains(
            "copied",
            "forwarded",
            "dropped rule",
            "dropped no_rule",
            "dropped port_down",
            "dropped punted",
            "dropped output_is_input",
            "dropped ttl_expired",
            "dropped table_limit");
    if (mode.equals("off")) {
      assertThat(seen).doesNotContain("written_through");
    } else {
      assertThat(seen)
          .contains("written_through", "copied_misdirected", "copied_ineligible buffer_too_short");
    }
  }

  /** A steering entry for each queue: nothing else comes in there. */
  @Test
  void onTheEmulatedNicThatSteers() throws InterruptedException {
    assertThat(onSoftNic("strict", "on", "")).contains("written_through", "copied");
  }

  @Test
  void onTheEmulatedNicBesideMirrors() throws InterruptedException {
    String mirrors = "mirrors: {m: {select-src-port: [nic0], output-port: tap}}\n";
    assertThat(onSoftNic("trusted", "on", mirrors)).contains("written_through");
  }

  private Set<String> onSoftNic(String isolation, String mode, String mirrors)
      throws InterruptedException {
    String nic = "{type: soft, dma: inline, queues: %d, traffic: {type: none}}".formatted(QUEUES);
    String matches = isolation.equals("strict") ? "dl_dst=02:00:00:00:0%d:00" : "";
    try (TestSwitch vswitch =
            TestSwitch.startWithPlugin(
                configuration(nic, mappings(isolation, mode, matches)) + mirrors);
        SoftNicWire wire = SoftNicWire.open(vswitch.softNic("nic0"))) {
      return run(vswitch, wire, isolation, mode);
    }
  }

  // ---- AF_XDP ----------------------------------------------------------------------------------

  @ParameterizedTest
  @CsvSource({"strict, on", "scrub, on", "trusted, off"})
  void throughAfXdp(String isolation, String mode) throws InterruptedException {
    Needs.present(PeerRequirements.networkNamespaces());
    try (NetworkNamespace namespace = NetworkNamespace.create()) {
      Veth veth = Veth.create(namespace, "near0", "far0", QUEUES);
      String nic =
          "{type: xdp, interface: near0, netns: %s, mode: native, ring-size: %d}"
              .formatted(namespace.name(), RING_SIZE);
      String matches =
          isolation.equals("strict") ? "dl_dst=02:00:00:00:0%d:00/ff:ff:ff:ff:ff:0f" : "";
      try (FlowDirector director = FlowDirector.attach(veth);
          VethWire wire = VethWire.open(veth);
          TestSwitch vswitch =
              TestSwitch.startWithPlugin(configuration(nic, mappings(isolation, mode, matches)))) {
        assertThat(director).isNotNull();
        Set<String> seen = run(vswitch, wire, isolation, mode);
        assertThat(seen).contains("copied", "forwarded", "dropped rule");
        if (isolation.equals("strict")) {
          assertThat(seen).contains("written_through", "filtered");
        } else if (mode.equals("on")) {
          assertThat(seen).contains("written_through", "copied_misdirected");
        }
      }
    }
  }

  // ---- both ------------------------------------------------------------------------------------

  private String configuration(String nic, String mappings) {
    StringBuilder rules = new StringBuilder();
    for (int a = 0; a < ACTIONS.length; a++) {
      rules.append(
          "  - in_port=nic0,dl_dst=02:00:00:00:%02x:00/ff:ff:ff:ff:ff:0f,actions=%s%n"
              .formatted(a, ACTIONS[a]));
    }
    return """
    switch: {name: it}
    loops: [{}, {}]
    ports:
      nic0: %s
      out: {type: soft, dma: inline}
      tap: {type: soft, dma: inline}
      nf0: {type: vhost-user, socket: "%s"}
      nf1: {type: vhost-user, socket: "%s", loop: 1}
      nf2: {type: vhost-user, socket: "%s"}
      far: {type: vhost-user, socket: "%s", loop: 1}
      gone: {type: vhost-user, socket: "%s"}
    groups:
      - group_id=1,type=select,bucket=output:nf0,bucket=output:nf1
      - group_id=2,type=ff,bucket=watch_port:gone,output:gone,bucket=watch_port:nf1,output:nf1
    meters: ["meter=1,kbps,band=type=drop,rate=1000000"]
    flows:
      - table=1,udp,actions=output:nf0
      - table=1,priority=1,actions=drop
      - table=2,actions=resubmit(,2)
    %splugins: {iovtee: {http: {port: %d}, stats-interval-ms: 100, mappings: [%s]}}
    """
        .formatted(
            nic,
            socket("nf0"),
            socket("nf1"),
            socket("nf2"),
            socket("far"),
            socket("gone"),
            rules,
            httpPort,
            mappings);
  }

  private Path socket(String guest) {
    return directory.resolve(guest + ".sock");
  }

  /**
   * @param matches one for each queue; empty for none
   */
  private static String mappings(String isolation, String mode, String matches) {
    if (isolation.equals("none")) {
      return "";
    }
    List<String> mappings = new ArrayList<>();
    for (int n = 0; n < 3; n++) {
      String match = matches.isEmpty() ? "" : ", match: \"" + matches.formatted(n) + "\"";
      mappings.add(
          "{queue: nic0/%d, port: nf%d, isolation: %s, mode: \"%s\"%s}"
              .formatted(n, n, isolation, mode, match));
    }
    return String.join(", ", mappings);
  }

  private Set<String> run(TestSwitch vswitch, FrameWire wire, String isolation, String mode)
      throws InterruptedException {
    List<String> wrong = new ArrayList<>();
    try (TraceProbe probe = new TraceProbe(vswitch, wire, httpPort)) {
      for (String guest : List.of("nf0", "nf1", "far")) {
        functions.add(
            TestFunction.start(
                socket(guest),
                Mode.SINK,
                QUEUE_SIZE,
                false,
                (bytes, length) -> probe.received(guest, bytes, length)));
      }
      functions.add(
          TestFunction.startWithBuffers(
              socket("nf2"),
              QUEUE_SIZE,
              SHORT_BUFFER,
              (bytes, length) -> probe.received("nf2", bytes, length)));
      for (String guest : List.of("nf0", "nf1", "nf2", "far")) {
        vswitch.awaitGuest(guest);
      }
      for (int queue = 0; queue < 3 && !mode.equals("off"); queue++) {
        vswitch.awaitLending("nic0", queue, 0);
      }
      useUpWhatWasPostedBefore(wire);
      awaitQuiet(vswitch, wire);
      for (int round = 0; round < ROUNDS && wrong.isEmpty(); round++) {
        for (byte[] frame : frames()) {
          wrong.addAll(probe.check(frame));
        }
      }
      assertThat(wrong).as("seed %d, %s, %s", SEED, isolation, mode).isEmpty();
      functions.forEach(function -> assertThat(function.failure()).isNull());
      return probe.seen().keySet();
    }
  }

  /** AF_XDP gives no buffer back: a queue that lends has buffers of the switch's own until then. */
  private void useUpWhatWasPostedBefore(FrameWire wire) {
    for (int i = 0; i < 3 * RING_SIZE; i++) {
      byte[] frame = frame(i % 3, i % 3, 60, 64);
      while (!wire.send(frame, frame.length)) {
        Thread.onSpinWait();
      }
      wire.receive((bytes, length) -> {});
    }
  }

  /** Until nothing counts any more: the loops may be far behind. */
  private static void awaitQuiet(TestSwitch vswitch, FrameWire wire) throws InterruptedException {
    Counted before = Counted.of(vswitch.vswitch());
    for (int quiet = 0; quiet < 20; ) {
      Thread.sleep(10);
      wire.receive((bytes, length) -> {});
      Counted now = Counted.of(vswitch.vswitch());
      quiet = now.since(before).isEmpty() ? quiet + 1 : 0;
      before = now;
    }
  }

  /** One for each rule and some for none, each with flows that RSS puts anywhere. */
  private List<byte[]> frames() {
    List<byte[]> frames = new ArrayList<>();
    for (int a = 0; a < ACTIONS.length; a++) {
      int ttl = ACTIONS[a].startsWith("dec_ttl") && random.nextBoolean() ? 1 : 64;
      frames.add(frame(a, random.nextInt(QUEUES), 60 + random.nextInt(FRAME_MAX - 60), ttl));
    }
    frames.add(frame(0xfe, random.nextInt(QUEUES), 100, 64)); // no rule
    byte[] noIp = frame(0, 0, 60, 64);
    ByteBuffer.wrap(noIp).putShort(12, (short) 0x88b5);
    frames.add(noIp);
    byte[] toGroupAddress = frame(0, 0, 60, 64);
    toGroupAddress[0] = 1;
    frames.add(toGroupAddress);
    return frames;
  }

  /** UDP to {@code 02:00:00:00:aa:q0}: {@link FlowDirector} brings it to queue q. */
  private byte[] frame(int action, int queue, int length, int ttl) {
    ByteBuffer frame = ByteBuffer.allocate(length);
    frame.putInt(0x02000000).put((byte) action).put((byte) (queue << 4));
    frame.putInt(0x02000000).putShort((short) 0x0101).putShort((short) 0x0800);
    frame.putShort((short) 0x4500).putShort((short) (length - 14)).putInt(0);
    frame.put((byte) ttl).put((byte) 17).putShort((short) 0);
    frame.putInt(0x0a000001).putInt(0x0a000002);
    frame.putInt(random.nextInt()).putShort((short) (length - 34)).putShort((short) 0);
    while (frame.hasRemaining()) {
      frame.put((byte) random.nextInt());
    }
    return frame.array();
  }
}
