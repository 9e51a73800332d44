// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.ovs;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.classifier.Classifier;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.it.peers.Needs;
import io.iovtee.vswitch.datapath.FlowProgram;
import io.iovtee.vswitch.datapath.FrameTrace;
import io.iovtee.vswitch.datapath.MacTable;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random rules and random frames: the same rule decides in both switches, and the same ports get
 * the frame. {@code -Diovtee.ovs.cases=10000} for a longer run, {@code -Diovtee.ovs.seed} for
 * another one.
 */
final class OvsDecisionIT {
  private static final List<String> PORTS = List.of("uplink", "nf1", "nf2", "veth-a.1");
  private static final int CASES = Integer.getInteger("iovtee.ovs.cases", 1000);
  private static final long SEED = Long.getLong("iovtee.ovs.seed", 20261123L);
  private static final int FRAMES_PER_TABLE = 50;
  private static final int RULES_PER_TABLE = 40;

  /** After this many the rest is repetition. */
  private static final int DIFFERENCES_MAX = 20;

  private final SplittableRandom random = new SplittableRandom(SEED);
  private final RuleTexts texts = new RuleTexts(random, PORTS);
  private final RandomFrames frames = new RandomFrames(random, true);
  private int vlanLimit;
  private final List<String> differences = new ArrayList<>();
  private int decided;

  /** As OVS starts, and with a second tag passed over. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void theSameRuleAndTheSamePorts(int limit) throws Exception {
    Needs.present(OpenVSwitch.missing());
    vlanLimit = limit;
    try (OpenVSwitch ovs = OpenVSwitch.start(PORTS)) {
      ovs.setVlanLimit(limit);
      for (int done = 0; done < CASES; done += FRAMES_PER_TABLE) {
        compareTable(ovs);
        if (differences.size() > DIFFERENCES_MAX) {
          break;
        }
      }
      System.out.printf(
          "%s: %d cases, %d of them met a rule, seed %d, vlan-limit %d%n",
          ovs.version(), CASES, decided, SEED, limit);
    }
    assertThat(differences).as("seed " + SEED).isEmpty();
    assertThat(decided).as("frames that met a rule").isGreaterThan(CASES / 4);
  }

  private void compareTable(OpenVSwitch ovs) throws Exception {
    List<String> lines = new ArrayList<>();
    for (int rule = 0; rule < RULES_PER_TABLE; rule++) {
      // Priorities differ: which of two equal ones wins, OpenFlow leaves open.
      int priority = rule * 100 + random.nextInt(100);
      String match = texts.match();
      lines.add(
          "cookie=%d,priority=%d%s,actions=%s"
              .formatted(rule + 1, priority, match.isEmpty() ? "" : "," + match, texts.outputs()));
    }
    List<FlowRule> rules = FlowRuleParser.parseRules(String.join("\n", lines));
    ovs.replaceFlows(lines, "OpenFlow10");
    FlowProgram program =
        FlowProgram.of(Classifier.compile(rules, this::number), this::number)
            .withVlanLimit(vlanLimit);
    int[] ports = IntStream.rangeClosed(1, PORTS.size()).toArray();
    for (int i = 0; i < FRAMES_PER_TABLE; i++) {
      byte[] frame = frames.next();
      int inPort = 1 + random.nextInt(PORTS.size());
      // OVS learns addresses per VLAN: each frame finds an empty table.
      FrameTrace trace = new FrameTrace(program, new MacTable(), 0, ports);
      compare(ovs, trace.send(frame, inPort), lines, frame, inPort);
    }
  }

  private int number(String port) {
    return PORTS.indexOf(port) + 1;
  }

  private void compare(
      OpenVSwitch ovs, FrameTrace.Decision ours, List<String> lines, byte[] frame, int inPort) {
    String text = ovs.trace(PORTS.get(inPort - 1), frame);
    OvsTrace theirs = OvsTrace.parse(text);
    List<Integer> numbers = ovs.datapathNumbers();
    List<Integer> outputs =
        ours.sent().stream().map(sent -> numbers.get(sent.port() - 1)).sorted().toList();
    // The bridge's own port is one more that OVS floods to.
    List<Integer> wanted = theirs.outputs().stream().filter(numbers::contains).toList();
    long cookie = ours.rule() == Classifier.MISS ? -1 : ours.rule() + 1;
    decided += cookie >= 0 ? 1 : 0;
    if (cookie != theirs.cookie() || !outputs.equals(wanted)) {
      differences.add(
          "from %s: %s%n  ours: rule %d %s ports %s%n  OVS: rule %d %s ports %s%n%s"
              .formatted(
                  PORTS.get(inPort - 1),
                  OpenVSwitch.hex(frame),
                  cookie,
                  ruleText(lines, cookie),
                  outputs,
                  theirs.cookie(),
                  ruleText(lines, theirs.cookie()),
                  wanted,
                  text));
    }
  }

  private static String ruleText(List<String> lines, long cookie) {
    return cookie < 0 ? "(none)" : lines.get((int) cookie - 1);
  }
}
