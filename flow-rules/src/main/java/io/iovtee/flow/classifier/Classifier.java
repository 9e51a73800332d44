// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import io.iovtee.flow.FlowRule;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * A set of rules, compiled for lookups: finds the rule that applies to a key. Of the rules that
 * match, the one with the highest priority wins; of several with that priority, the first of the
 * list (OpenFlow leaves this open).
 *
 * <p>Tuple-space search, as in OVS (lib/classifier.c): rules that look at the same bits share one
 * hash {@link Subtable}. A lookup asks the subtables in the order of their best rule and ends as
 * soon as no later one can do better. So its cost grows with the number of different masks, not of
 * rules.
 *
 * <p>Immutable; any thread may use it. No lookup allocates.
 */
public final class Classifier {
  /** No rule matches. */
  public static final int MISS = -1;

  /** Port numbers fill 16 bits of the key. */
  public static final int PORT_NUMBER_MAX = 0xffff;

  /** Bounds what one table may cost: about 0.5 GB at the widest mask. */
  public static final int RULES_MAX = 4_000_000;

  private final List<FlowRule> rules;
  private final Subtable[] subtables;

  /** Per subtable, the bits of word 0 that all of its rules agree on. */
  private final long[] gateMasks;

  private final long[] gateValues;

  /** Index of the rule in the list, by rank: rank 0 wins over all others. */
  private final int[] ruleOfRank;

  private final long[] unionMask;
  private final List<UnresolvedPort> unresolved;

  Classifier(List<FlowRule> rules, ClassifierCompiler compiled) {
    this.rules = rules;
    subtables = compiled.subtables();
    gateMasks = new long[subtables.length];
    gateValues = new long[subtables.length];
    for (int i = 0; i < subtables.length; i++) {
      gateMasks[i] = subtables[i].gateMask();
      gateValues[i] = subtables[i].gateValue();
    }
    ruleOfRank = compiled.ruleOfRank();
    unionMask = compiled.unionMask();
    unresolved = compiled.unresolved();
  }

  /**
   * @param rules at most {@link #RULES_MAX}; an index into this list is what a lookup returns
   * @param portNumber number of a port by name, 0..{@link #PORT_NUMBER_MAX}; negative if there is
   *     no such port
   * @throws IllegalArgumentException if a rule names an unknown port, as ingress or output, with
   *     both in the message
   */
  public static Classifier compile(List<FlowRule> rules, ToIntFunction<String> portNumber) {
    return ClassifierCompiler.compile(rules, portNumber, true);
  }

  /**
   * As {@link #compile}, for a switch whose ports come and go: a rule whose ingress port is unknown
   * matches no frame, one with an unknown output matches, and both are listed in {@link
   * #unresolved()}.
   */
  public static Classifier compileLenient(List<FlowRule> rules, ToIntFunction<String> portNumber) {
    return ClassifierCompiler.compile(rules, portNumber, false);
  }

  /**
   * Finds the rule that applies to the key at {@code offset}.
   *
   * @return index of the rule in the list that was compiled, or {@link #MISS}
   */
  public int lookup(long[] keys, int offset) {
    long word0 = keys[offset];
    int best = Subtable.NONE;
    for (int i = 0; i < subtables.length; i++) {
      Subtable subtable = subtables[i];
      if (subtable.bestRank() > best) {
        break;
      }
      if ((word0 & gateMasks[i]) == gateValues[i]) {
        best = Math.min(best, subtable.find(keys, offset));
      }
    }
    return best == Subtable.NONE ? MISS : ruleOfRank[best];
  }

  /** What a lookup makes of one subtable. */
  public enum Step {
    /** All its rules want another port, Ethertype or protocol: it was not asked. */
    SKIPPED,
    /** It was asked and has no rule for the key. */
    MISSED,
    /** It has a rule for the key. */
    FOUND,
    /** A rule was found that all of its rules are worse than. */
    NOT_REACHED
  }

  /**
   * One subtable on the way of a lookup.
   *
   * @param bestRule index of its rule with the highest priority, which looks at the same bits as
   *     all others in it
   * @param ruleCount rules that it has, of those with equal matches only the first
   * @param found index of the rule that it has for the key, or {@link #MISS}
   */
  public record Visit(int bestRule, int ruleCount, Step step, int found) {}

  /** Does what {@link #lookup} does, and writes down how; for people, not for frames. */
  public List<Visit> explain(long[] keys, int offset) {
    List<Visit> visits = new ArrayList<>();
    int best = Subtable.NONE;
    for (int i = 0; i < subtables.length; i++) {
      Subtable subtable = subtables[i];
      int rank = Subtable.NONE;
      Step step = Step.NOT_REACHED;
      if (subtable.bestRank() <= best) {
        boolean asked = (keys[offset] & gateMasks[i]) == gateValues[i];
        rank = asked ? subtable.find(keys, offset) : Subtable.NONE;
        step = !asked ? Step.SKIPPED : rank == Subtable.NONE ? Step.MISSED : Step.FOUND;
        best = Math.min(best, rank);
      }
      visits.add(
          new Visit(
              ruleOfRank[subtable.bestRank()],
              subtable.ruleCount(),
              step,
              rank == Subtable.NONE ? MISS : ruleOfRank[rank]));
    }
    return visits;
  }

  /**
   * The bits of a key that any rule looks at: keys which agree on them have the same result.
   *
   * @return {@link FlowKey#WORDS} words, a copy
   */
  public long[] unionMask() {
    return unionMask.clone();
  }

  /**
   * @throws IndexOutOfBoundsException if there is no such rule
   */
  public FlowRule rule(int index) {
    return rules.get(index);
  }

  public int ruleCount() {
    return rules.size();
  }

  /** Different masks: what the cost of a lookup that is not cached grows with. */
  public int subtableCount() {
    return subtables.length;
  }

  /** Ports that rules name and that were unknown; empty after {@link #compile}. */
  public List<UnresolvedPort> unresolved() {
    return unresolved;
  }
}
