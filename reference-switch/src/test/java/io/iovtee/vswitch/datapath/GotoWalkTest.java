// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.flow.classifier.Classifier;
import io.iovtee.flow.text.FlowRuleParser;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Flows that go through tables at once, against frames that go through them one by one. */
final class GotoWalkTest {
  private static final long SEED = 20_261_123;
  private static final int TABLES = 5;
  private static final List<String> PORTS = List.of("uplink", "nf1", "nf2", "nf3");

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
