// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import io.iovtee.flow.Match;
import io.iovtee.vswitch.linux.Bpf;
import io.iovtee.vswitch.linux.Capability;
import io.iovtee.vswitch.linux.ErrnoException;
import io.iovtee.vswitch.linux.XdpAbi.Program;
import io.iovtee.vswitch.nic.xdp.FilterFrames.Frame;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Compiled filters, run by the kernel on single frames and compared with the switch's own parser.
 * Needs root: loading a program does.
 */
class QueueProgramTest {
  private static final int MATCHES = Integer.getInteger("iovtee.filter.matches", 500);
  private static final int FRAMES_PER_MATCH = 40;
  private static final long SEED = Long.getLong("iovtee.filter.seed", 20261124);

  /** Told apart by the verdict: the queue has no socket here. */
  private static final QueueProgram.Actions ACTIONS =
      new QueueProgram.Actions(Program.XDP_DROP, Program.XDP_PASS);

  private XdpMaps maps;

  @BeforeAll
  static void needsPrivileges() {
    if (Capability.effective().isEmpty()) {
      String why = "loading an XDP program needs root, or CAP_BPF and CAP_NET_ADMIN";
      if ("true".equals(System.getenv("CI"))) {
        fail(why);
      }
      abort(why);
    }
  }

  @BeforeEach
  void createMaps() {
    maps = XdpMaps.create(1);
  }

  @AfterEach
  void closeMaps() {
    maps.close();
  }

  private QueueProgram load(String... matches) {
    return QueueProgram.load(
        maps, 0, Arrays.stream(matches).map(FrameFilter::parse).toList(), ACTIONS);
  }

  private static boolean lets(QueueProgram program, byte[] frame) {
    int verdict = Bpf.testRun(program.program(), frame, frame.length);
    assertThat(verdict).isIn(Program.XDP_DROP, Program.XDP_PASS);
    return verdict == Program.XDP_PASS;
  }

  @Test
  void letsThroughOnlyWhatTheSwitchsParserMatches() {
    SplittableRandom random = new SplittableRandom(SEED);
    FilterFrames frames = new FilterFrames(random);
    FilterMatches matches = new FilterMatches(random);
    long passed = 0;
    long held = 0;
    long excused = 0;
    int refused = 0;
    for (int m = 0; m < MATCHES; m++) {
      Frame near = frames.next();
      Match match = matches.near(near.bytes());
      FrameFilter filter;
      try {
        filter = FrameFilter.of(match);
      } catch (IllegalArgumentException e) {
        refused++;
        continue;
      }
      try (QueueProgram program = QueueProgram.load(maps, 0, List.of(filter), ACTIONS)) {
        for (int f = 0; f < FRAMES_PER_MATCH; f++) {
          Frame frame = f == 0 ? near : frames.next();
          boolean holds = FilterMatches.holds(match, FilterMatches.key(frame.bytes()));
          boolean lets = lets(program, frame.bytes());
          String what = "seed=" + SEED + ", " + filter + ", " + hex(frame);
          if (lets && !holds) {
            fail("let through, but does not match: " + what);
          }
          if (holds && !lets && frame.plain()) {
            fail("matches, but was kept out: " + what);
          }
          passed += lets ? 1 : 0;
          held += holds ? 1 : 0;
          excused += holds && !lets ? 1 : 0;
        }
      }
    }
    System.out.printf(
        "filters: seed=%d matches=%d refused=%d held=%d passed=%d keptOutThoughOdd=%d%n",
        SEED, MATCHES, refused, held, passed, excused);
    assertThat(passed).as("the test must not be empty").isGreaterThan(MATCHES);
    assertThat(excused).as("odd frames are exceptions").isLessThan(held / 5);
    assertThat(refused).isLessThan(MATCHES / 5);
  }

  private static String hex(Frame frame) {
    byte[] bytes = frame.bytes();
    return bytes.length + ":" + HexFormat.of().formatHex(bytes, 0, Math.min(128, bytes.length));
  }

  @Test
  void filtersOfAQueueAreAlternatives() {
    byte[] frame = udp(53);
    try (QueueProgram program = load("udp,tp_dst=80", "arp", "udp,tp_dst=53")) {
      assertThat(lets(program, frame)).isTrue();
      assertThat(lets(program, udp(443))).isFalse();
    }
    try (QueueProgram nothing = load()) {
      assertThat(lets(nothing, frame)).isFalse();
    }
  }

  @Test
  void manyLongFiltersFitIntoOneProgram() {
    List<FrameFilter> filters = new ArrayList<>();
    for (int i = 0; i < QueueProgram.FILTER_COUNT_MAX; i++) {
      filters.add(
          FrameFilter.parse(
              ("tcp6,dl_src=02:00:00:00:00:00/ff:ff:ff:ff:ff:0f,dl_dst=02:00:00:00:00:01,"
                      + "ipv6_src=2001:db8::1/ffff:ffff::ff0f,ipv6_dst=2001:db8::2,nw_tos=16,"
                      + "nw_ttl=64,tp_src=1000/0xfff0,tp_dst=%d,tcp_flags=+syn-ack")
                  .formatted(i)));
    }
    QueueProgram.load(maps, 0, filters, ACTIONS).close();
    filters.add(FrameFilter.parse("arp"));
    assertThatThrownBy(() -> QueueProgram.load(maps, 0, filters, ACTIONS))
        .hasMessageContaining("at most 64 filters");
  }

  @Test
  void aFrameLongerThanABufferIsNotLetThrough() {
    try (QueueProgram program = load("udp,tp_dst=53")) {
      assertThat(lets(program, Arrays.copyOf(udp(53), Umem.FRAME_LENGTH_MAX))).isTrue();
      assertThat(lets(program, Arrays.copyOf(udp(53), Umem.FRAME_LENGTH_MAX + 1))).isFalse();
    }
    assertThat(maps.counts(0)).isEqualTo(new XdpMaps.Counts(0, 0, 1, 1));
  }

  @Test
  void countsEachVerdict() {
    try (QueueProgram program = load("udp,tp_dst=53")) {
      for (int i = 0; i < 5; i++) {
        lets(program, udp(53));
        lets(program, udp(80));
        lets(program, udp(81));
      }
      lets(program, Arrays.copyOf(udp(80), 3000));
    }
    assertThat(maps.counts(0)).isEqualTo(new XdpMaps.Counts(0, 10, 1, 5));
  }

  /** The cases where a program that looked at fixed places would be fooled. */
  @Test
  void fragmentsOptionsAndExtensionHeadersAreKeptOutByPorts() {
    try (QueueProgram program = load("udp,tp_dst=53")) {
      assertThat(lets(program, udp(53))).isTrue();
      byte[] later = udp(53);
      later[21] = 1;
      assertThat(lets(program, later)).as("later fragment").isFalse();
      byte[] first = udp(53);
      first[20] = 0x20;
      assertThat(lets(program, first)).as("first fragment has ports").isTrue();
      byte[] options = udp(53);
      options[14] = 0x46;
      assertThat(lets(program, options)).as("the ports lie elsewhere").isFalse();
      byte[] tooShort = udp(53);
      tooShort[17] = 27;
      assertThat(lets(program, tooShort)).as("UDP header not in the packet").isFalse();
      byte[] tooLong = udp(53);
      tooLong[17] = 61;
      assertThat(lets(program, tooLong)).as("packet ends behind the frame").isFalse();
    }
    try (QueueProgram program = load("ip,nw_dst=10.0.0.2")) {
      byte[] options = udp(53);
      options[14] = 0x46;
      assertThat(lets(program, options)).as("addresses lie before the options").isTrue();
      options[14] = 0x44;
      assertThat(lets(program, options)).as("header shorter than it can be").isFalse();
    }
  }

  /** The parser calls the fields of such headers 0, so a match on their bytes must not hold. */
  @Test
  void headersThatTheParserGivesUpAreKeptOut() {
    try (QueueProgram program = load("tcp,tp_dst=53")) {
      byte[] tcp = udp(53);
      tcp[23] = 6;
      tcp[46] = 0x50;
      assertThat(lets(program, tcp)).isTrue();
      tcp[46] = 0x40;
      assertThat(lets(program, tcp)).as("data offset below the header").isFalse();
      tcp[46] = 0x70;
      assertThat(lets(program, tcp)).as("data offset behind the packet").isFalse();
    }
    try (QueueProgram program = load("ipv6,nw_ttl=64")) {
      byte[] packet = new byte[60];
      byte[] head = HexFormat.of().parseHex("02000000001102000000000186dd6000000000003b40");
      System.arraycopy(head, 0, packet, 0, head.length);
      assertThat(lets(program, packet)).as("no next header").isTrue();
      for (int extension : new int[] {0, 43, 44, 51, 60}) {
        packet[20] = (byte) extension;
        assertThat(lets(program, packet)).as("broken chain, next header %d", extension).isFalse();
      }
    }
  }

  @Test
  void refusalCarriesTheVerifiersWords() {
    long[] readsBeyondTheFrame =
        new BpfAssembler()
            .load(io.iovtee.vswitch.linux.BpfAbi.Instruction.BPF_W, 1, 1, 0)
            .load(io.iovtee.vswitch.linux.BpfAbi.Instruction.BPF_B, 0, 1, 100)
            .exit()
            .assemble();
    assertThatThrownBy(() -> Bpf.loadXdpProgram(readsBeyondTheFrame, "bad"))
        .isInstanceOf(ErrnoException.class)
        .hasMessageContaining("verifier: ")
        .hasMessageContaining("invalid access to packet");
  }

  /** 60 bytes: 10.0.0.1 to 10.0.0.2. */
  private static byte[] udp(int port) {
    byte[] frame = new byte[60];
    byte[] head =
        HexFormat.of()
            .parseHex(
                "020000000011020000000001"
                    + "0800"
                    + "4500002e000000004011000" // total length 46
                    + "00a0000010a000002"
                    + "0400");
    System.arraycopy(head, 0, frame, 0, head.length);
    frame[36] = (byte) (port >>> 8);
    frame[37] = (byte) port;
    return frame;
  }
}
