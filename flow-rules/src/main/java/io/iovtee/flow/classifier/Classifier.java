// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import io.iovtee.flow.FlowRule;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A set of rules, compiled for lookups: finds the rule that applies to a key. Of the rules that
 * match, the one with the highest priority wins; of several with that priority, the one that was
 * added first (OpenFlow leaves this open).
 *
 * <p>Tuple-space search, as in OVS (lib/classifier.c): rules that look at the same bits share one
 * hash {@link Subtable}. A lookup asks the subtables in the order of their highest priority and
 * ends as soon as no later one can do better. So its cost grows with the number of different masks,
 * not of rules.
 *
 * <p>Immutable; any thread may use it. No lookup allocates. {@link ClassifierEditor} makes the next
 * one, which shares what has not changed.
 */
public final class Classifier {
  /** No rule matches. */
  public static final int MISS = -1;

  /** Port numbers fill 16 bits of the key. */
  public static final int PORT_NUMBER_MAX = 0xffff;

  /** Bounds what one table may cost: about 0.5 GB at the widest mask. */
  public static final int RULES_MAX = 4_000_000;

  private final RulePages.View rules;
  private final int ruleCount;
  private final Subtable[] subtables;

  /** Per subtable, the highest priority of its rules. */
  private final int[] priorityMax;

  /** Per subtable, the bits of word 0 that all of its rules agree on. */
  private final long[] gateMasks;

  private final long[] gateValues;
  private final long[] unionMask;
  private final List<UnresolvedPort> unresolved;

  private final ClassifierEditor editor;
  private final long edit;
  private final RuleChange @Nullable [] changes;

  Classifier(ClassifierEditor editor, Subtable[] subtables) {
    this.editor = editor;
    this.subtables = subtables;
    priorityMax = new int[subtables.length];
    gateMasks = new long[subtables.length];
    gateValues = new long[subtables.length];
    for (int i = 0; i < subtables.length; i++) {
      priorityMax[i] = subtables[i].priorityMax;
      gateMasks[i] = subtables[i].gateMask;
      gateValues[i] = subtables[i].gateValue;
    }
    rules = editor.rules();
    ruleCount = editor.ruleCount();
    unionMask = editor.unionMask();
    unresolved = List.copyOf(editor.unresolved());
    edit = editor.edit();
    changes = editor.changes();
  }

  /**
   * @param rules at most {@link #RULES_MAX}; an index into this list is what a lookup returns
   * @param portNumber number of a port by name, 0..{@link #PORT_NUMBER_MAX}; negative if there is
   *     no such port
   * @throws IllegalArgumentException if a rule names an unknown port, as ingress or output, with
   *     both in the message
   */
  public static Classifier compile(List<FlowRule> rules, ToIntFunction<String> portNumber) {
    return compile(rules, new ClassifierEditor(portNumber));
  }

  /**
   * As {@link #compile}, for a switch whose ports come and go: a rule whose ingress port is unknown
   * matches no frame, one with an unknown output matches, and both are listed in {@link
   * #unresolved()}.
   */
  public static Classifier compileLenient(List<FlowRule> rules, ToIntFunction<String> portNumber) {
    return compile(rules, new ClassifierEditor(portNumber, false));
  }

  private static Classifier compile(List<FlowRule> rules, ClassifierEditor editor) {
    if (rules.size() > RULES_MAX) {
      throw new IllegalArgumentException(
          "a table may have at most " + RULES_MAX + " rules: rules=" + rules.size());
    }
    int index = 0;
    for (FlowRule rule : rules) {
      editor.put(index, rule, index);
      index++;
    }
    return editor.publish();
  }

  /**
   * Finds the rule that applies to the key at {@code offset}.
   *
   * @return the rule's index, or {@link #MISS}
   */
  public int lookup(long[] keys, int offset) {
    long word0 = keys[offset];
    int best = MISS;
    int bestPriority = -1;
    for (int i = 0; i < subtables.length && priorityMax[i] >= bestPriority; i++) {
      if ((word0 & gateMasks[i]) == gateValues[i] && mayHoldBetter(i, best, bestPriority)) {
        long tag = subtables[i].find(keys, offset);
        if (tag != Subtable.NONE && isBetter(tag, best, bestPriority)) {
          best = Subtable.index(tag);
          bestPriority = Subtable.priority(tag);
        }
      }
    }
    return best;
  }

  /** Where only the order can decide: whether any rule there is old enough. */
  private boolean mayHoldBetter(int subtable, int best, int bestPriority) {
    return priorityMax[subtable] > bestPriority || subtables[subtable].orderMin < rules.order(best);
  }

  private boolean isBetter(long tag, int best, int bestPriority) {
    int priority = Subtable.priority(tag);
    return priority > bestPriority
        || (priority == bestPriority && rules.order(Subtable.index(tag)) < rules.order(best));
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
   * @param like index of one of its rules, which looks at the same bits as all others in it
   * @param ruleCount rules that it has, of those with equal matches only the first
   * @param found index of the rule that it has for the key, or {@link #MISS}
   */
  public record Visit(int like, int ruleCount, Step step, int found) {}

  /** Does what {@link #lookup} does, and writes down how; for people, not for frames. */
  public List<Visit> explain(long[] keys, int offset) {
    List<Visit> visits = new ArrayList<>();
    int best = MISS;
    int bestPriority = -1;
    for (int i = 0; i < subtables.length; i++) {
      Subtable subtable = subtables[i];
      long tag = Subtable.NONE;
      Step step = Step.NOT_REACHED;
      if (priorityMax[i] >= bestPriority && mayHoldBetter(i, best, bestPriority)) {
        boolean asked = (keys[offset] & gateMasks[i]) == gateValues[i];
        tag = asked ? subtable.find(keys, offset) : Subtable.NONE;
        step = !asked ? Step.SKIPPED : tag == Subtable.NONE ? Step.MISSED : Step.FOUND;
        if (tag != Subtable.NONE && isBetter(tag, best, bestPriority)) {
          best = Subtable.index(tag);
          bestPriority = Subtable.priority(tag);
        }
      }
      visits.add(
          new Visit(
              Subtable.index(subtable.anyTag()),
              subtable.ruleCount,
              step,
              tag == Subtable.NONE ? MISS : Subtable.index(tag)));
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
   * @throws java.util.NoSuchElementException if there is no such rule
   */
  public FlowRule rule(int index) {
    return rules.rule(index);
  }

  /** Whether a rule has this index. */
  public boolean has(int index) {
    return rules.has(index);
  }

  /** Above the indexes of all rules; not all below are in use. */
  public int indexLimit() {
    return rules.limit();
  }

  public int ruleCount() {
    return ruleCount;
  }

  /** Different masks: what the cost of a lookup that is not cached grows with. */
  public int subtableCount() {
    return subtables.length;
  }

  /** Ports that rules name and that were unknown; empty after {@link #compile}. */
  public List<UnresolvedPort> unresolved() {
    return unresolved;
  }

  /**
   * What changed since an earlier one, if this is the next one of the same table, looks at the same
   * bits, and few rules changed; otherwise null.
   */
  RuleChange @Nullable [] changesSince(Classifier earlier) {
    return sameTable(earlier) && edit == earlier.edit + 1 ? changes : null;
  }

  @SuppressWarnings("ReferenceEquality") // an editor is itself only
  private boolean sameTable(Classifier other) {
    return editor == other.editor;
  }
}
