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
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random rules that change frames and send them through several tables: each port sends the same
 * bytes in both switches. {@code -Diovtee.ovs.cases=10000} for a longer run, {@code
 * -Diovtee.ovs.seed} for another one.
 */
final class OvsRewriteIT {
  private static final List<String> PORTS = List.of("uplink", "nf1", "nf2");
  private static final int CASES = Integer.getInteger("iovtee.ovs.cases", 1000);
  private static final long SEED = Long.getLong("iovtee.ovs.seed", 20261124L);
  private static final int FRAMES_PER_TABLE = 50;
  private static final int RULES_PER_TABLE = 40;
  private static final int DIFFERENCES_MAX = 20;

  private static final Pattern HEADER_CHANGE =
      Pattern.compile("actions=.*(nw_|ip_|IP_|icmp|tp_|resubmit|goto_table)");

  private static final Pattern NETWORK_FIELD = Pattern.compile("\\b(nw|ipv6)_[a-z]+=[^,\\s]*");

  private final SplittableRandom random = new SplittableRandom(SEED);
  private final RuleTexts texts = new RuleTexts(random, PORTS);
  private final RandomFrames frames = new RandomFrames(random, false);
  private int vlanLimit;
  private final List<String> differences = new ArrayList<>();
  private final List<SentFrames> sent = new ArrayList<>();
  private int changed;
  private int leftOut;

  /** As OVS starts, and with a second tag passed over. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void theSameBytesLeave(int limit) throws Exception {
    Needs.present(OpenVSwitch.missing());
    vlanLimit = limit;
    try (OpenVSwitch ovs = OpenVSwitch.start(PORTS)) {
      ovs.setVlanLimit(limit);
      PORTS.forEach(port -> sent.add(new SentFrames(ovs.sent(port))));
      for (int done = 0; done < CASES; done += FRAMES_PER_TABLE) {
        compareTable(ovs);
        if (differences.size() > DIFFERENCES_MAX) {
          break;
        }
      }
      System.out.printf(
          "%s: %d cases, in %d a frame was changed, %d left out, seed %d, vlan-limit %d%n",
          ovs.version(), CASES, changed, leftOut, SEED, limit);
    }
    assertThat(differences).as("seed " + SEED).isEmpty();
    assertThat(changed).as("frames that were changed").isGreaterThan(CASES / 2);
    assertThat(leftOut).as("cases left out").isLessThan(CASES / 40);
  }

  private void compareTable(OpenVSwitch ovs) throws Exception {
    List<String> lines = new ArrayList<>();
    // With a limit of 2 OVS forgets a third tag that it pushed itself.
    boolean push = vlanLimit == 1 && random.nextBoolean();
    int tables = 1 + random.nextInt(4);
    for (int rule = 0; rule < RULES_PER_TABLE * tables; rule++) {
      int table = rule % tables;
      String match = texts.match();
      while (push && match.contains("vlan_tci")) {
        match = texts.match(); // only OpenFlow 1.0 has it, and that can not push
      }
      String changes = texts.changes(match, push);
      String state = texts.stateMatch(table);
      lines.add(
          "cookie=%d,priority=%d%s%s,actions=%s"
              .formatted(
                  rule + 1,
                  rule * 100 + random.nextInt(100),
                  state.isEmpty() ? "" : "," + state,
                  match.isEmpty() ? "" : "," + match,
                  tables == 1 ? changes : texts.walk(table, tables, changes, push)));
    }
    List<FlowRule> rules = FlowRuleParser.parseRules(String.join("\n", lines));
    ovs.replaceFlows(lines, push ? "OpenFlow15" : "OpenFlow10");
    ovs.forgetDecisions();
    FlowProgram program =
        FlowProgram.of(Classifier.compile(rules, this::number), this::number)
            .withVlanLimit(vlanLimit);
    int[] ports = IntStream.rangeClosed(1, PORTS.size()).toArray();
    for (int i = 0; i < FRAMES_PER_TABLE; i++) {
      byte[] frame = frames.next();
      int inPort = 1 + random.nextInt(PORTS.size());
      FrameTrace trace = new FrameTrace(program, new MacTable(), 0, ports);
      compare(ovs, trace.send(frame, inPort), lines, frame, inPort);
    }
  }

  private int number(String port) {
    return PORTS.indexOf(port) + 1;
  }

  private void compare(
      OpenVSwitch ovs, FrameTrace.Decision ours, List<String> lines, byte[] frame, int inPort)
      throws Exception {
    String rule = ours.rule() == Classifier.MISS ? "(none)" : lines.get(ours.rule());
    ovs.receive(PORTS.get(inPort - 1), frame);
    StringBuilder difference = new StringBuilder();
    boolean isChanged = false;
    for (int port = 1; port <= PORTS.size(); port++) {
      int number = port;
      List<String> mine =
          ours.sent().stream()
              .filter(one -> one.port() == number)
              .map(one -> OpenVSwitch.hex(one.bytes()))
              .toList();
      List<String> theirs = sent.get(port - 1).take(ovs, mine.size());
      isChanged |= mine.stream().anyMatch(bytes -> !bytes.equals(OpenVSwitch.hex(frame)));
      if (!mine.equals(theirs)) {
        difference.append(
            "%n  %s: ours %s%n  %s: OVS  %s"
                .formatted(PORTS.get(port - 1), mine, PORTS.get(port - 1), theirs));
      }
    }
    changed += isChanged ? 1 : 0;
    if (!difference.isEmpty()) {
      String trace = ovs.trace(PORTS.get(inPort - 1), frame);
      if (isKnown(frame, rule, trace)) {
        leftOut++;
      } else {
        differences.add(
            "from %s: %s%n  %s%s%n%s"
                .formatted(PORTS.get(inPort - 1), OpenVSwitch.hex(frame), rule, difference, trace));
      }
    }
  }

  /** Whether it is one of the differences that docs/FLOWS.md names; most are OVS's own errors. */
  private static boolean isKnown(byte[] frame, String rule, String trace) {
    // It takes the payload of a later fragment for a TCP, UDP or ICMP header.
    boolean fragment = isLaterIpv4Fragment(frame) && HEADER_CHANGE.matcher(rule).find();
    // It puts the first header's protocol and length into the checksum.
    boolean flags =
        isExtended(frame) && sets(trace, "nd_reserved", "ERICOXM_OF_ICMPV6_ND_RESERVED");
    // The same; it writes where there is no such option; and it does so before all other changes.
    boolean option = sets(trace, "nd_options_type", "ERICOXM_OF_ICMPV6_ND_OPTIONS_TYPE");
    return fragment || flags || option || setsAbsent(trace);
  }

  /** Whether something is set to a field, by its name in OpenFlow 1.5 or in 1.0. */
  private static boolean sets(String trace, String name, String oldName) {
    return trace.contains("->" + name) || trace.contains("->" + oldName);
  }

  /** Whether later tables see what was set in an IP header that is none, and is not written. */
  private static boolean setsAbsent(String trace) {
    Matcher before = Pattern.compile("^Flow: .*nw_proto=0,.*", Pattern.MULTILINE).matcher(trace);
    Matcher after = Pattern.compile("^Final flow: .*", Pattern.MULTILINE).matcher(trace);
    return before.find()
        && after.find()
        && !networkFields(before.group()).equals(networkFields(after.group()));
  }

  private static List<String> networkFields(String flow) {
    return NETWORK_FIELD.matcher(flow).results().map(MatchResult::group).toList();
  }

  /** Where the Ethertype is that is no tag. */
  private static int typeAt(byte[] frame) {
    int at = 12;
    while (frame[at] == (byte) 0x81 || frame[at] == (byte) 0x88) {
      at += 4;
    }
    return at;
  }

  /** Whether it is IPv6, and another header stands before ICMPv6. */
  private static boolean isExtended(byte[] frame) {
    int at = typeAt(frame);
    return frame[at] == (byte) 0x86 && frame[at + 1] == (byte) 0xdd && frame[at + 8] != 58;
  }

  private static boolean isLaterIpv4Fragment(byte[] frame) {
    int at = typeAt(frame);
    return frame[at] == 8
        && frame[at + 1] == 0
        && ((frame[at + 8] & 0x1f) << 8 | (frame[at + 9] & 0xff)) != 0;
  }
}
