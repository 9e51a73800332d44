// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import io.iovtee.flow.Action;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import io.iovtee.flow.MatchField;
import io.iovtee.flow.text.FlowRuleFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;

/** Sorts rules into subtables; used once per {@link Classifier}, by one thread. */
final class ClassifierCompiler {
  private static final long IN_PORT_MASK = 0xffffL << FlowKey.IN_PORT_SHIFT;

  private final List<FlowRule> rules;
  private final ToIntFunction<String> portNumber;
  private final boolean strict;
  private final Map<String, Integer> portNumbers = new HashMap<>();
  private final List<UnresolvedPort> unresolved = new ArrayList<>();
  private final long[] unionMask = new long[FlowKey.WORDS];
  private final int[] ruleOfRank;
  private Subtable[] subtables = {};

  private ClassifierCompiler(
      List<FlowRule> rules, ToIntFunction<String> portNumber, boolean strict) {
    this.rules = rules;
    this.portNumber = portNumber;
    this.strict = strict;
    this.ruleOfRank = rank(rules);
  }

  static Classifier compile(
      List<FlowRule> ruleList, ToIntFunction<String> portNumber, boolean strict) {
    List<FlowRule> rules = List.copyOf(ruleList);
    if (rules.size() > Classifier.RULES_MAX) {
      throw new IllegalArgumentException(
          "a table may have at most " + Classifier.RULES_MAX + " rules: rules=" + rules.size());
    }
    ClassifierCompiler compiler = new ClassifierCompiler(rules, portNumber, strict);
    compiler.resolvePorts();
    compiler.buildSubtables();
    return new Classifier(rules, compiler);
  }

  /** Rule indexes, best first: a counting sort by priority, which keeps the order of equals. */
  private static int[] rank(List<FlowRule> rules) {
    int[] starts = new int[FlowRule.PRIORITY_MAX + 2];
    for (FlowRule rule : rules) {
      starts[FlowRule.PRIORITY_MAX - rule.priority() + 1]++;
    }
    for (int i = 1; i < starts.length; i++) {
      starts[i] += starts[i - 1];
    }
    int[] ruleOfRank = new int[rules.size()];
    for (int i = 0; i < ruleOfRank.length; i++) {
      ruleOfRank[starts[FlowRule.PRIORITY_MAX - rules.get(i).priority()]++] = i;
    }
    return ruleOfRank;
  }

  private void resolvePorts() {
    for (int i = 0; i < rules.size(); i++) {
      FlowRule rule = rules.get(i);
      String inPort = rule.match().inPort();
      if (inPort != null) {
        resolve(i, inPort, true);
      }
      for (Action action : rule.actions()) {
        if (action instanceof Action.Output(String port)) {
          resolve(i, port, false);
        }
      }
    }
  }

  private void resolve(int rule, String port, boolean isInPort) {
    int number = portNumbers.computeIfAbsent(port, portNumber::applyAsInt);
    if (number > Classifier.PORT_NUMBER_MAX) {
      throw new IllegalArgumentException(
          "port numbers are at most %d: port=%s, number=%d"
              .formatted(Classifier.PORT_NUMBER_MAX, port, number));
    }
    if (number >= 0) {
      return;
    }
    if (strict) {
      throw new IllegalArgumentException(
          "no such port: port=%s, rule=%s; add the port first or take the rule out"
              .formatted(port, FlowRuleFormatter.format(rules.get(rule))));
    }
    unresolved.add(new UnresolvedPort(rule, port, isInPort));
  }

  /** A mask as the key of a map. */
  private record Mask(long[] words) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Mask mask && Arrays.equals(words, mask.words);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(words);
    }
  }

  private void buildSubtables() {
    int[] group = new int[rules.size()];
    List<long[]> masks = new ArrayList<>();
    int[] counts = groupByMask(group, masks);
    subtables = new Subtable[masks.size()];
    for (int i = 0; i < subtables.length; i++) {
      subtables[i] = new Subtable(masks.get(i), counts[i]);
    }
    long[] key = new long[FlowKey.WORDS];
    for (int rank = 0; rank < ruleOfRank.length; rank++) {
      int rule = ruleOfRank[rank];
      if (group[rule] >= 0) {
        layKey(rules.get(rule).match(), key);
        subtables[group[rule]].put(key, rank);
      }
    }
    Arrays.sort(subtables, Comparator.comparingInt(Subtable::bestRank));
  }

  /** Gives each rule the number of its mask, -1 if it cannot match; returns rules per mask. */
  private int[] groupByMask(int[] group, List<long[]> masks) {
    Map<Mask, Integer> numbers = new HashMap<>();
    int[] counts = new int[16];
    long[] mask = new long[FlowKey.WORDS];
    for (int rule = 0; rule < group.length; rule++) {
      Match match = rules.get(rule).match();
      String inPort = match.inPort();
      if (inPort != null && portNumbers.getOrDefault(inPort, -1) < 0) {
        group[rule] = -1;
        continue;
      }
      layMask(match, mask);
      Integer number = numbers.get(new Mask(mask));
      if (number == null) {
        number = masks.size();
        masks.add(mask.clone());
        numbers.put(new Mask(mask.clone()), number);
        for (int word = 0; word < FlowKey.WORDS; word++) {
          unionMask[word] |= mask[word];
        }
      }
      if (number == counts.length) {
        counts = Arrays.copyOf(counts, 2 * counts.length);
      }
      counts[number]++;
      group[rule] = number;
    }
    return counts;
  }

  private static void layMask(Match match, long[] mask) {
    for (int word = 0; word < MatchField.WORD_COUNT; word++) {
      mask[word] = match.mask(word);
    }
    if (match.inPort() != null) {
      mask[0] |= IN_PORT_MASK;
    }
  }

  private void layKey(Match match, long[] key) {
    for (int word = 0; word < MatchField.WORD_COUNT; word++) {
      key[word] = match.value(word);
    }
    String inPort = match.inPort();
    if (inPort != null) {
      key[0] |= (long) portNumbers.getOrDefault(inPort, -1) << FlowKey.IN_PORT_SHIFT;
    }
  }

  Subtable[] subtables() {
    return subtables;
  }

  int[] ruleOfRank() {
    return ruleOfRank;
  }

  long[] unionMask() {
    return unionMask;
  }

  List<UnresolvedPort> unresolved() {
    return List.copyOf(unresolved);
  }
}
