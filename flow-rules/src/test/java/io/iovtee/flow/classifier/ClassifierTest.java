// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import io.iovtee.flow.Action;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import io.iovtee.flow.MatchField;
import io.iovtee.flow.RuleGenerator;
import io.iovtee.flow.text.FlowRuleFormatter;
import io.iovtee.flow.text.FlowRuleParser;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.Test;

final class ClassifierTest {
  private static final long SEED = 20_261_124;
  private static final ToIntFunction<String> PORTS = RuleGenerator.PORTS::indexOf;

  private static Classifier compile(String rules) {
    return Classifier.compile(FlowRuleParser.parseRules(rules), PORTS);
  }

  private static long[] udpKey(int flow) {
    byte[] frame = Frames.ipv4(flow, false);
    long[] key = new long[FlowKey.WORDS];
    assertThat(HeaderParser.parse(frame, 0, 64, frame.length, 1, key, 0))
        .isEqualTo(HeaderParser.OK);
    return key;
  }

  @Test
  void noRuleNoHit() {
    Classifier empty = compile("");
    assertThat(empty.lookup(udpKey(0), 0)).isEqualTo(Classifier.MISS);
    assertThat(empty.ruleCount()).isZero();
    assertThat(empty.unionMask()).containsOnly(0).hasSize(FlowKey.WORDS);
    assertThat(empty.subtableCount()).isZero();
  }

  @Test
  void theHighestPriorityWins() {
    Classifier classifier =
        compile(
            """
            priority=1,actions=normal
            priority=5,ip,actions=drop
            priority=9,udp,tp_dst=53,actions=flood
            priority=7,in_port=nf1,actions=drop
            priority=10,udp,tp_dst=54,actions=flood
            """);
    assertThat(classifier.lookup(udpKey(0), 0)).isEqualTo(2);
    assertThat(classifier.rule(2).actions()).containsExactly(Action.FLOOD);
    assertThat(classifier.ruleCount()).isEqualTo(5);
    long[] key = udpKey(0);
    key[4] = 0;
    assertThat(classifier.lookup(key, 0)).isEqualTo(3);
    key[0] &= 0x0000_ffff_ffff_ffffL;
    assertThat(classifier.lookup(key, 0)).isEqualTo(1);
    key[0] = 0;
    assertThat(classifier.lookup(key, 0)).isZero();
  }

  @Test
  void ofEqualPrioritiesTheFirstInTheListWins() {
    String first = "priority=5,ip,actions=drop\n";
    String second = "priority=5,udp,actions=normal\n";
    String third = "priority=5,ip,actions=flood\n";
    assertThat(compile(first + second + third).lookup(udpKey(0), 0)).isZero();
    assertThat(compile(second + third + first).lookup(udpKey(0), 0)).isZero();
    assertThat(compile("priority=4,udp,actions=drop\n" + third + second).lookup(udpKey(0), 0))
        .isEqualTo(1);
  }

  @Test
  void theUnionMaskHasTheBitsOfAllRules() {
    Classifier classifier =
        compile(
            """
            in_port=nf1,actions=drop
            udp,nw_src=10.0.0.0/8,actions=drop
            ipv6,ipv6_dst=::1,actions=drop
            """);
    long[] expected = new long[FlowKey.WORDS];
    expected[0] = 0xffff_ffff_0000_ff00L;
    expected[3] = 0xff00_0000_0000_0000L;
    expected[FlowKey.TABLE_WORD] = 0xff;
    expected[7] = -1;
    expected[8] = -1;
    assertThat(classifier.unionMask()).isEqualTo(expected);
    classifier.unionMask()[0] = 0;
    assertThat(classifier.unionMask()).isEqualTo(expected);
    assertThat(classifier.subtableCount()).isEqualTo(3);
  }

  @Test
  void anUnknownPortIsAnErrorWithItsRule() {
    assertThatThrownBy(() -> compile("ip,actions=drop\nin_port=nf9,udp,actions=output:nf1"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "no such port: port=nf9, rule=udp,in_port=nf9,actions=output:nf1; add the port first or"
                + " take the rule out");
    assertThatThrownBy(() -> compile("actions=output:nf1,output:nf8"))
        .hasMessageContaining("no such port: port=nf8");
    assertThatThrownBy(() ->
            Classifier.compile(FlowRuleParser.parseRules("in_port=a,actions=drop"), port -> 65536))
        .hasMessage("port numbers are at most 65535: port=a, number=65536");
  }

  @Test
  void lenientlyRulesWaitForTheirPort() {
    List<FlowRule> rules =
        FlowRuleParser.parseRules(
            """
            priority=9,in_port=nf9,tcp,actions=output:nf1
            priority=8,udp,actions=output:nf8,output:nf1,output:nf7
            priority=7,in_port=nf1,actions=drop
            """);
    Classifier classifier = Classifier.compileLenient(rules, PORTS);
    assertThat(classifier.unresolved())
        .containsExactly(
            new UnresolvedPort(0, "nf9", true),
            new UnresolvedPort(1, "nf8", false),
            new UnresolvedPort(1, "nf7", false));
    assertThat(classifier.lookup(udpKey(0), 0)).isEqualTo(1);
    assertThat(classifier.ruleCount()).isEqualTo(3);
    // Whatever number the port gets: now it has none that a frame could have.
    long[] key = udpKey(0);
    key[0] = 0xffff_0800_0000_0600L;
    assertThat(classifier.lookup(key, 0)).isEqualTo(Classifier.MISS);
    assertThat(compile("in_port=nf1,actions=drop").unresolved()).isEmpty();
    Classifier later = Classifier.compileLenient(rules, port -> port.equals("nf9") ? 65535 : 1);
    assertThat(later.lookup(key, 0)).isZero();
  }

  @Test
  void theListOfTheCallerMayChange() {
    List<FlowRule> rules = new ArrayList<>(FlowRuleParser.parseRules("udp,actions=drop"));
    Classifier classifier = Classifier.compile(rules, PORTS);
    rules.clear();
    assertThat(classifier.lookup(udpKey(0), 0)).isZero();
    assertThat(classifier.rule(0).actions()).containsExactly(Action.DROP);
  }

  @Test
  void tooManyRulesAreRefused() {
    FlowRule rule = FlowRule.of(1, Match.ANY, Action.DROP);
    assertThatThrownBy(() ->
            Classifier.compile(Collections.nCopies(Classifier.RULES_MAX + 1, rule), port -> 1))
        .hasMessageContaining("at most 4000000 rules: rules=4000001");
  }

  /** Many tables of many masks against the plain meaning of the rules. */
  @Test
  void agreesWithTheLinearMatcher() {
    int hits = 0;
    int lookups = 0;
    Set<Integer> winners = new HashSet<>();
    for (int table = 0; table < 60; table++) {
      RuleGenerator generator = new RuleGenerator(SEED + table, true);
      List<FlowRule> rules = new ArrayList<>();
      while (rules.size() < 5 + 10 * table) {
        FlowRule rule = generator.nextRule();
        // A rule for all frames would hide all below it; some tables do without.
        if (table % 4 == 0 || rule.match().fields().size() > 1) {
          rules.add(rule);
        }
      }
      Classifier classifier = Classifier.compile(rules, PORTS);
      LinearMatcher reference = new LinearMatcher(rules, PORTS);
      KeyGenerator keys = new KeyGenerator(SEED + table, rules, PORTS);
      long[] key = new long[2 * FlowKey.WORDS];
      for (int i = 0; i < 2_000; i++) {
        keys.next(key, 5);
        int expected = reference.lookup(key, 5);
        int found = classifier.lookup(key, 5);
        if (found != expected) {
          fail(
              "seed %d, table %d, key %s: found %s, expected %s"
                  .formatted(SEED, table, hex(key), show(rules, found), show(rules, expected)));
        }
        lookups++;
        hits += found >= 0 ? 1 : 0;
        winners.add(table * 1000 + found);
      }
    }
    assertThat(hits).as("of %d", lookups).isBetween(lookups / 4, lookups - lookups / 100);
    assertThat(winners).hasSizeGreaterThan(2_000);
  }

  @Test
  void aRuleThatAppliesToAllFramesOfItsPort() {
    int nf1 = PORTS.applyAsInt("nf1");
    int nf2 = PORTS.applyAsInt("nf2");
    assertThat(compile("").lookupPort(nf1)).isEqualTo(Classifier.MISS);
    assertThat(compile("table=1,actions=drop").lookupPort(nf1)).isEqualTo(Classifier.MISS);

    String both = "priority=5,in_port=nf1,actions=drop\npriority=5,in_port=nf2,actions=normal\n";
    assertThat(compile(both).lookupPort(nf1)).isZero();
    assertThat(compile(both).lookupPort(nf2)).isEqualTo(1);
    assertThat(compile(both).lookupPort(PORTS.applyAsInt("uplink"))).isEqualTo(Classifier.MISS);

    Classifier below = compile(both + "priority=4,udp,actions=drop\npriority=0,actions=flood");
    assertThat(below.lookupPort(nf1)).isZero();
    assertThat(below.lookupPort(0)).as("udp comes first").isEqualTo(Classifier.UNDECIDED);
    Classifier above = compile(both + "priority=6,udp,actions=drop");
    assertThat(above.lookupPort(nf1)).isEqualTo(Classifier.UNDECIDED);
    Classifier others = compile(both + "priority=6,in_port=nf2,udp,actions=drop");
    assertThat(others.lookupPort(nf1)).as("concerns nf2 only").isZero();
    assertThat(others.lookupPort(nf2)).isEqualTo(Classifier.UNDECIDED);
    Classifier later = compile(both + "priority=5,udp,actions=drop");
    assertThat(later.lookupPort(nf1)).as("as good, but added later").isZero();
    Classifier earlier = compile("priority=5,udp,actions=drop\n" + both);
    assertThat(earlier.lookupPort(nf1)).isEqualTo(Classifier.UNDECIDED);
    // What rules set is known before the first of them: 0.
    assertThat(compile(both + "priority=9,reg0=1,actions=drop").lookupPort(nf1)).isZero();
    assertThat(compile(both + "priority=9,reg0=0,actions=drop").lookupPort(nf1)).isEqualTo(2);
  }

  /** Whatever rule is said to decide a port's frames does, whatever is in them. */
  @Test
  void theRuleOfAPortAgreesWithEachLookup() {
    int decided = 0;
    int undecided = 0;
    for (int table = 0; table < 400; table++) {
      RuleGenerator generator = new RuleGenerator(SEED + table, true);
      List<FlowRule> rules = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        rules.add(generator.nextRule());
        int port = (table + i) % RuleGenerator.PORTS.size();
        String text = "priority=%d,in_port=%s,actions=drop";
        int priority = Math.max(1, rules.get(2 * i).priority() - table % 2);
        rules.add(
            FlowRuleParser.parseRule(text.formatted(priority, RuleGenerator.PORTS.get(port))));
      }
      Classifier classifier = Classifier.compile(rules, PORTS);
      KeyGenerator keys = new KeyGenerator(SEED + table, rules, PORTS);
      long[] key = new long[FlowKey.WORDS];
      for (int i = 0; i < 300; i++) {
        keys.next(key, 0);
        int inPort = FlowKey.inPort(key, 0);
        FlowKey.moveTo(0, inPort, key, 0);
        Arrays.fill(key, FlowKey.USED_WORDS, FlowKey.WORDS, 0); // no rule has set anything yet
        int rule = classifier.lookupPort(inPort);
        if (rule == Classifier.UNDECIDED) {
          undecided++;
        } else {
          decided++;
          assertThat(rule)
              .as("seed %d, table %d", SEED, table)
              .isEqualTo(classifier.lookup(key, 0));
        }
      }
    }
    assertThat(decided).isGreaterThan(10_000);
    assertThat(undecided).isGreaterThan(10_000);
  }

  private static String show(List<FlowRule> rules, int index) {
    return index < 0 ? "none" : index + " " + FlowRuleFormatter.format(rules.get(index));
  }

  private static String hex(long[] key) {
    return Arrays.stream(key).mapToObj(Long::toHexString).toList().toString();
  }

  /**
   * One million rules: measured 59 bytes per rule in the classifier with masks in three words, at
   * most 154 with all eleven; the rules themselves take 120 to 260. Compiled in about half a
   * second.
   */
  @Test
  void aMillionRules() {
    int count = 1_000_000;
    List<Action> actions = List.of(Action.output("nf1"));
    List<FlowRule> rules = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      Match match =
          Match.builder()
              .with(MatchField.DL_TYPE, 0x0800)
              .with(MatchField.NW_DST, i << 4, i % 3 == 0 ? 0xffff_fff0L : 0xffff_ffffL)
              .build();
      rules.add(new FlowRule(i % 3, 0, match, actions));
    }
    Classifier classifier = Classifier.compile(rules, PORTS);
    assertThat(classifier.subtableCount()).isEqualTo(2);
    long[] key = new long[FlowKey.WORDS];
    key[0] = 0x0000_0800_0000_0000L;
    for (int i = 0; i < count; i++) {
      key[3] = (long) i << 4;
      if (classifier.lookup(key, 0) != i) {
        fail("rule " + i + " is not found");
      }
    }
    key[3] = (long) count << 4;
    assertThat(classifier.lookup(key, 0)).isEqualTo(Classifier.MISS);
    key[3] = 4L << 4 | 1;
    assertThat(classifier.lookup(key, 0)).isEqualTo(Classifier.MISS);
  }

  @Test
  void anExplanationTellsOfTheSubtablesInOrder() {
    List<FlowRule> rules =
        FlowRuleParser.parseRules(
            """
            priority=9,tcp,tp_dst=80,actions=drop
            priority=8,arp,actions=drop
            priority=7,dl_dst=02:00:00:00:00:11,actions=drop
            priority=6,dl_dst=02:00:00:00:00:22,actions=drop
            priority=1,actions=drop
            """);
    Classifier classifier = Classifier.compile(rules, port -> 1);
    long[] key = new long[FlowKey.WORDS];
    key[0] = 0x0800L << FlowKey.DL_TYPE_SHIFT | 6 << FlowKey.NW_PROTO_SHIFT;
    key[FlowKey.DL_DST_WORD] = 0x0200_0000_0022L << FlowKey.MAC_SHIFT;

    assertThat(classifier.explain(key, 0))
        .containsExactly(
            new Classifier.Visit(0, 1, Classifier.Step.MISSED, Classifier.MISS),
            new Classifier.Visit(1, 1, Classifier.Step.SKIPPED, Classifier.MISS),
            new Classifier.Visit(2, 2, Classifier.Step.FOUND, 3),
            new Classifier.Visit(4, 1, Classifier.Step.NOT_REACHED, Classifier.MISS));
    assertThat(classifier.lookup(key, 0)).isEqualTo(3);
  }
}
