// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.fail;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.RuleGenerator;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FlowRuleTreeTest {
  private static final long SEED = 20_261_123;
  private static final int RULES = 50_000;

  @Test
  void textAndTreeSayTheSame() {
    RuleGenerator generator = new RuleGenerator(SEED, false);
    for (int i = 0; i < RULES; i++) {
      String text = FlowRuleFormatter.format(generator.nextRule());
      FlowRule rule = FlowRuleParser.parseRule(text);
      FlowRule back = FlowRuleTree.read(FlowRuleTree.of(rule));
      if (!back.equals(rule) || !FlowRuleFormatter.format(back).equals(text)) {
        fail("seed %d, rule %d: %s became %s".formatted(SEED, i, text, back));
      }
    }
  }

  /** Each word of the text form can be a member, and means the same there. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "tcp,tcp_dst=80,ip_dscp=46",
        "udp6,udp_src=53/0xff",
        "arp,nw_src=10.0.0.1,nw_proto=1",
        "icmp,tp_src=8",
        "eth_type=0x0800,ip_proto=6,tcp_flags=+syn-ack",
        "dl_vlan=0xffff,eth_dst=01:00:00:00:00:00/01:00:00:00:00:00",
        "ip,nw_src=*"
      })
  void membersAreTheWordsOfTheText(String match) {
    Map<String, Object> members = new LinkedHashMap<>();
    for (String word : match.split(",", -1)) {
      String[] parts = word.split("=", 2);
      members.put(parts[0], parts.length == 1 ? Boolean.TRUE : parts[1]);
    }
    FlowRule read = FlowRuleTree.read(Map.of("match", members, "actions", List.of("drop")));
    assertThat(read).isEqualTo(FlowRuleParser.parseRule(match + ",actions=drop"));
  }

  @Test
  void numbersMayBeNumbers() {
    Map<String, Object> tree =
        Map.of(
            "priority",
            7,
            "cookie",
            Long.MAX_VALUE,
            "match",
            Map.of("dl_vlan", 5L, "dl_type", 0x88cc),
            "actions",
            List.of(Map.of("type", "OUTPUT", "port", "nf1"), "normal"));
    assertThat(FlowRuleTree.read(tree))
        .isEqualTo(
            FlowRuleParser.parseRule(
                "priority=7,cookie=0x7fffffffffffffff,dl_vlan=5,dl_type=0x88cc,"
                    + "actions=output:nf1,normal"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "match/ct_state | +trk     | /match/ct_state | not supported: ct_state (connection",
        "match/tp_dst   | 80       | /match/tp_dst   | needs tcp, udp",
        "match/tcp      | 1        | /match/tcp      | takes no value",
        "match/colour   | 1        | /match/colour   | unknown word",
        "match/dl_dst   | zz       | /match/dl_dst   | not an Ethernet address",
        "match/a~b/c    | 1        | /match/a~0b~1c  | unknown word",
        "priority       | 65536    | /priority       | number too large",
        "cookie         | 0x1ffffffffffffffff | /cookie | number too large",
        "colour         | 1        | /colour         | unknown member",
        "match          | 7        | /match          | must be an object",
        "actions        | drop     | /actions        | must be an array"
      })
  void whatIsWrongIsPointedAt(String member, String value, String pointer, String problem) {
    Map<String, Object> tree = new HashMap<>();
    tree.put("actions", List.of("drop"));
    if (member.startsWith("match/")) {
      tree.put("match", Map.of(member.substring(6), value));
    } else {
      tree.put(member, value);
    }
    assertThatExceptionOfType(FlowTreeException.class)
        .isThrownBy(() -> FlowRuleTree.read(tree))
        .satisfies(error -> {
          assertThat(error.pointer()).isEqualTo(pointer);
          assertThat(error.problem()).contains(problem);
        });
  }

  @Test
  void moreActionsThanARuleTakesAreRefusedBeforeTheyAreRead() {
    List<Object> actions = new ArrayList<>(java.util.Collections.nCopies(65, 7));
    assertThatExceptionOfType(FlowTreeException.class)
        .isThrownBy(() -> FlowRuleTree.read(Map.of("actions", actions)))
        .withMessageContaining("at most 64");
  }

  /** A rule, or an error with a place in the tree: never another exception. */
  @Test
  void damagedTreesAreReadOrRefused() {
    RuleGenerator generator = new RuleGenerator(SEED + 1, false);
    SplittableRandom random = new SplittableRandom(SEED);
    int refused = 0;
    for (int i = 0; i < RULES / 2; i++) {
      Object tree = damaged(FlowRuleTree.of(generator.nextRule()), random);
      try {
        FlowRule rule = FlowRuleTree.read(tree);
        assertThat(FlowRuleTree.read(FlowRuleTree.of(rule))).isEqualTo(rule);
      } catch (FlowTreeException e) {
        refused++;
      }
    }
    assertThat(refused).isBetween(RULES / 10, RULES / 2);
  }

  private static Object damaged(Object tree, SplittableRandom random) {
    Object[] others = {7, -1L, 1.5, "x", "0x1f", "", true, List.of(), Map.of(), List.of("drop")};
    if (random.nextInt(12) == 0) {
      return others[random.nextInt(others.length)];
    }
    if (tree instanceof Map<?, ?> map) {
      Map<Object, Object> copy = new LinkedHashMap<>();
      map.forEach((key, value) ->
          copy.put(random.nextInt(40) == 0 ? key + "x" : key, damaged(value, random)));
      return copy;
    }
    return tree instanceof List<?> list
        ? list.stream().map(element -> damaged(element, random)).toList()
        : tree;
  }
}
