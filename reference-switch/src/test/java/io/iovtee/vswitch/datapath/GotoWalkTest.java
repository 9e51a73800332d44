// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.flow.classifier.Classifier;
import io.iovtee.flow.text.FlowRuleParser;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Flows that go through tables at once, against frames that go through them one by one. */
final class GotoWalkTest {
  private static final long SEED = 20_261_123;
  private static final int TABLES = 5;
  private static final List<String> PORTS = List.of("uplink", "nf1", "nf2", "nf3");

  /** What uplink sends and what nf1 and nf2 get goes to nf3, too. */
  private static final int MIRRORED_TO = 4;

  private static final MirrorTable MIRRORS =
      new MirrorTable(
          List.of(
              new MirrorTable.Mirror(new int[] {1}, new int[0], MIRRORED_TO),
              new MirrorTable.Mirror(new int[0], new int[] {2, 3}, MIRRORED_TO)));

  private final SplittableRandom random = new SplittableRandom(SEED);

  private static FlowProgram program(String rules) {
    return FlowProgram.of(
        Classifier.compile(FlowRuleParser.parseRules(rules), GotoWalkTest::number),
        GotoWalkTest::number);
  }

  private static int number(String port) {
    return PORTS.indexOf(port) + 1;
  }

  private String actions(int table) {
    int later = table + 1 + random.nextInt(2);
    return switch (random.nextInt(12)) {
      case 0 -> "drop";
      case 1 -> "output:nf1,output:nf2";
      case 2 -> "mod_dl_src:02:00:00:00:00:77,output:nf3";
      case 3 -> "output:nf1,goto_table:" + later;
      case 4 -> "set_field:7->reg1,goto_table:" + later;
      case 5 -> "resubmit(,%d)".formatted(random.nextInt(TABLES));
      case 6 -> "flood";
      case 7, 8 -> "output:" + PORTS.get(random.nextInt(PORTS.size()));
      default -> "goto_table:" + later;
    };
  }

  private String rules() {
    StringBuilder rules = new StringBuilder();
    for (int table = 0; table < TABLES; table++) {
      for (int i = 0; i < 3; i++) {
        String match = i == 0 ? "" : ",dl_dst=02:00:00:00:00:0" + random.nextInt(4);
        match += random.nextInt(8) == 0 ? ",reg1=7" : "";
        if (random.nextInt(6) > 0) {
          rules.append(
              "table=%d,priority=%d%s,actions=%s%n".formatted(table, i, match, actions(table)));
        }
      }
    }
    return rules.toString();
  }

  private List<byte[]> frames(int flows) {
    List<byte[]> frames = new ArrayList<>();
    for (int i = 1 + random.nextInt(FrameBatch.CAPACITY); i > 0; i--) {
      int flow = random.nextInt(flows);
      byte[] frame = TestFrames.frame(flow, 9, i);
      frames.add(random.nextInt(40) == 0 ? Arrays.copyOf(frame, 12) : frame);
    }
    return frames;
  }

  @Test
  void flowsAtOnceAreAsFramesOneByOne() {
    for (int round = 0; round < 1_500; round++) {
      String rules = rules();
      FlowProgram atOnce = program(rules);
      FlowProgram oneByOne = program(rules);
      Recorded fast = new Recorded(atOnce, () -> 0);
      Recorded slow = new Recorded(oneByOne, () -> 0);
      slow.trace();
      for (int batch = 0; batch < 3; batch++) {
        List<byte[]> frames = frames(1 + random.nextInt(4));
        fast.send(frames, FrameBatch.HOST_POOL);
        slow.send(frames, FrameBatch.HOST_POOL);
      }
      String what = "seed %d, round %d:%n%s".formatted(SEED, round, rules);
      for (int port = 1; port <= PORTS.size(); port++) {
        assertThat(sent(fast, port)).as("port %d, %s", port, what).isEqualTo(sent(slow, port));
      }
      assertThat(fast.counters.dropReasons()).as(what).isEqualTo(slow.counters.dropReasons());
      for (int rule = 0; rule < rules.lines().count(); rule++) {
        assertThat(atOnce.packets(rule)).as(what).isEqualTo(oneByOne.packets(rule));
        assertThat(atOnce.bytes(rule)).as(what).isEqualTo(oneByOne.bytes(rule));
      }
    }
  }

  /** A UDP or TCP frame without IP options, as runs are made of; its IP ID tells it apart. */
  private static byte[] ipFrame(int flow, int length, int id) {
    byte[] frame = new byte[length];
    ByteBuffer header = ByteBuffer.wrap(frame);
    header.put(TestFrames.frame(flow & 3, 9, 0), 0, 12);
    header.putShort((short) 0x0800).put((byte) 0x45).put((byte) 0);
    header.putShort((short) (length - 14)).putShort((short) id).putShort((short) 0);
    header.put((byte) 64).put((byte) ((flow & 4) == 0 ? 17 : 6)).putShort((short) 0);
    header.putInt(0x0a000001).putInt(0x0a000002).putShort((short) 5000);
    header.putShort((short) (80 + (flow >> 3)));
    return frame;
  }

  private List<byte[]> runs() {
    List<byte[]> frames = new ArrayList<>();
    int count = 1 + random.nextInt(FrameBatch.CAPACITY);
    int flows = 1 + random.nextInt(16);
    int runMax = 1 + random.nextInt(48);
    while (frames.size() < count) {
      int flow = random.nextInt(flows);
      int length = random.nextInt(20) == 0 ? 12 : 60 + 4 * random.nextInt(2);
      for (int i = random.nextInt(runMax); i >= 0 && frames.size() < count; i--) {
        byte[] whole = ipFrame(flow, Math.max(60, length), frames.size());
        frames.add(Arrays.copyOf(whole, length));
      }
    }
    return frames;
  }

  /** Runs of one flow, flows that come back, in memory of ours or a guest's, under mirrors. */
  @Test
  void runsOfFlowsAreAsFramesOneByOne() {
    int[] owners = {FrameBatch.HOST_POOL, OwnerIds.receive(2, 0), OwnerIds.transmit(1, 0)};
    for (int round = 0; round < 1_500; round++) {
      String rules = rules();
      FlowProgram inRuns = program(rules);
      FlowProgram oneByOne = program(rules);
      Recorded fast = new Recorded(inRuns, () -> 0);
      Recorded slow = new Recorded(oneByOne, () -> 0);
      slow.trace();
      boolean mirrored = random.nextBoolean();
      if (mirrored) {
        fast.mirror(MIRRORS);
        slow.mirror(MIRRORS);
      }
      for (int batch = 1; batch <= 3; batch++) {
        List<byte[]> frames = runs();
        int owner = owners[random.nextInt(owners.length)];
        fast.setNow(batch);
        slow.setNow(batch);
        fast.send(frames, owner);
        frames.forEach(frame -> slow.send(frame, owner));
      }
      String what = "seed %d, round %d:%n%s".formatted(SEED, round, rules);
      for (int port = 1; port <= PORTS.size(); port++) {
        boolean inOrder = !mirrored || port != MIRRORED_TO;
        assertThat(bytesSent(fast, port, inOrder))
            .as("port %d, %s", port, what)
            .isEqualTo(bytesSent(slow, port, inOrder));
        assertThat(fast.counters.matchedTo(port)).as(what).isEqualTo(slow.counters.matchedTo(port));
      }
      assertThat(fast.counters.dropReasons()).as(what).isEqualTo(slow.counters.dropReasons());
      assertThat(fast.counters.outcomes()).as(what).isEqualTo(slow.counters.outcomes());
      assertThat(counted(inRuns, rules)).as(what).isEqualTo(counted(oneByOne, rules));
    }
  }

  /** Frames, bytes and last use of each rule. */
  private static List<Long> counted(FlowProgram program, String rules) {
    List<Long> counted = new ArrayList<>();
    for (int rule = 0; rule < rules.lines().count(); rule++) {
      counted.add(program.packets(rule));
      counted.add(program.bytes(rule));
      counted.add(program.usedNs(rule));
    }
    return counted;
  }

  /** A way as long as is kept, and longer ones. */
  @ParameterizedTest
  @ValueSource(ints = {1, GotoWalk.STEPS_MAX - 1, GotoWalk.STEPS_MAX, GotoWalk.STEPS_MAX + 1, 60})
  void longWaysArrive(int steps) {
    StringBuilder rules = new StringBuilder();
    for (int table = 0; table < steps; table++) {
      rules.append("table=%d,actions=goto_table:%d%n".formatted(table, table + 1));
    }
    FlowProgram program = program(rules + "table=%d,actions=output:nf1".formatted(steps));
    Recorded recorded = new Recorded(program, () -> 0);
    List<byte[]> frames = new ArrayList<>();
    for (int i = 0; i < FrameBatch.CAPACITY; i++) {
      frames.add(ipFrame(i / 8, 60, i));
    }
    recorded.send(frames, FrameBatch.HOST_POOL);
    assertThat(recorded.ports).hasSize(FrameBatch.CAPACITY).containsOnly(2);
    for (int rule = 0; rule <= steps; rule++) {
      assertThat(program.packets(rule)).isEqualTo(FrameBatch.CAPACITY);
    }
  }

  private static List<String> bytesSent(Recorded recorded, int port, boolean inOrder) {
    List<String> frames = new ArrayList<>();
    for (int i = 0; i < recorded.ports.size(); i++) {
      if (recorded.ports.get(i) == port) {
        frames.add(recorded.frames.get(i));
      }
    }
    if (!inOrder) {
      Collections.sort(frames);
    }
    return frames;
  }

  private static List<Integer> sent(Recorded recorded, int port) {
    List<Integer> payloads = new ArrayList<>();
    for (int i = 0; i < recorded.ports.size(); i++) {
      if (recorded.ports.get(i) == port) {
        payloads.add(recorded.payloads.get(i));
      }
    }
    return payloads;
  }
}
