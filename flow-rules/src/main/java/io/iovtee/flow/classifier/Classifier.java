// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import io.iovtee.flow.FlowRule;
import java.util.List;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A set of rules, compiled for lookups: finds the rule that applies to a key. Of the rules that
 * match, the one with the highest priority wins; of several with that priority, the one that was
 * added first (OpenFlow leaves this open).
 *
 * <p>Tuple-space search, as in OVS (lib/classifier.c): rules that look at the same bits share one
 * hash {@link Subtable}. A lookup asks the subtables of its table in the order of their highest
 * priority and ends as soon as no later one can do better. So its cost grows with the number of
 * different masks, not of rules.
 *
 * <p>Immutable; any thread may use it. No lookup of a frame allocates. {@link ClassifierEditor}
 * makes the next one, which shares what has not changed.
 */
public final class Classifier {
  /** No rule matches. */
  public static final int MISS = -1;

  /** Which rule matches depends on the frame. */
  public static final int UNDECIDED = -2;

  /** Port numbers fill 16 bits of the key. */
  public static final int PORT_NUMBER_MAX = 0xffff;

  /** Bounds what one table may cost: about 0.5 GB at the widest mask. */
  public static final int RULES_MAX = 4_000_000;

  private final RulePages.View rules;
  private final int ruleCount;

  /** By table; null for one without rules that frames can meet. */
  private final @Nullable TupleSpace[] tables;

  private final long[] unionMask;
  private final List<UnresolvedPort> unresolved;

  private final ClassifierEditor editor;
  private final long edit;
  private final RuleChange @Nullable [] changes;

  Classifier(ClassifierEditor editor, @Nullable TupleSpace[] tables) {
    this.editor = editor;
    this.tables = tables;
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
    TupleSpace table = table(FlowKey.table(keys, offset));
    return table == null ? MISS : Subtable.index(table.lookup(keys, offset, rules));
  }

  /** Finds the rules that apply to the keys of a batch: {@link LookupBatch#found}. */
  public void lookup(long[] keys, LookupBatch batch) {
    int number = batch.count < LookupBatch.WORTHWHILE ? -1 : batch.table(keys);
    TupleSpace table = number < 0 ? null : table(number);
    if (table != null) {
      table.lookup(keys, batch, rules);
      return;
    }
    for (int k = 0; k < batch.count; k++) {
      TupleSpace own = table(FlowKey.table(keys, batch.offsets[k]));
      batch.best[k] = own == null ? Subtable.NONE : own.lookup(keys, batch.offsets[k], rules);
    }
  }

  /**
   * Finds the rule that applies to every frame of a port, whatever is in it: then nobody need look
   * (Open vSwitch: "simple match").
   *
   * @return the rule's index, {@link #MISS} if no rule applies to any of them, or {@link
   *     #UNDECIDED} if that depends on the frame
   */
  public int lookupPort(int inPort) {
    TupleSpace first = table(0);
    if (first == null) {
      return MISS;
    }
    long[] key = new long[FlowKey.WORDS];
    key[0] = (long) inPort << FlowKey.IN_PORT_SHIFT;
    long tag = first.lookupPort(key, rules);
    return tag == TupleSpace.UNDECIDED ? UNDECIDED : Subtable.index(tag);
  }

  private @Nullable TupleSpace table(int number) {
    return number < tables.length ? tables[number] : null;
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

  /**
   * Does what {@link #lookup(long[], int)} does, and writes down how; for people, not for frames.
   */
  public List<Visit> explain(long[] keys, int offset) {
    TupleSpace table = table(FlowKey.table(keys, offset));
    return table == null ? List.of() : table.explain(keys, offset, rules);
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

  /** Different masks, in all tables: what the cost of a lookup that is not cached grows with. */
  public int subtableCount() {
    int count = 0;
    for (TupleSpace table : tables) {
      count += table == null ? 0 : table.size();
    }
    return count;
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
