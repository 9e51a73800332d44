// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import io.iovtee.flow.Action;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import io.iovtee.flow.MatchField;
import io.iovtee.flow.classifier.SubtableEditor.Words;
import io.iovtee.flow.text.FlowRuleFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Changes a rule table rule by rule, and publishes it as {@link Classifier}s. What was published
 * never changes: so several changes between two publications come into force together, and lookups
 * need no locks. A change costs microseconds, whatever the size of the table.
 *
 * <p>The caller chooses each rule's index. An index whose rule was removed may be used again when
 * nobody looks up in a classifier that still had that rule; and so that whoever remembers results
 * can tell, not before a classifier without it was published.
 *
 * <p>One thread.
 */
public final class ClassifierEditor {
  /**
   * Changes that a classifier tells of: beyond, forgetting all is cheaper than looking closer. A
   * power of two.
   */
  static final int CHANGES_MAX = 64;

  private static final long IN_PORT_MASK = 0xffffL << FlowKey.IN_PORT_SHIFT;

  private final ToIntFunction<String> portNumber;
  private final boolean strict;
  private final Map<String, Integer> portNumbers = new HashMap<>();
  private final List<UnresolvedPort> unresolved = new ArrayList<>();
  private final RulePages pages = new RulePages();

  /** By table, those of its masks. */
  private final List<Map<Words, SubtableEditor>> tables = new ArrayList<>();

  /** By table, what was published last; null if there is none, or it has changed since. */
  private @Nullable TupleSpace[] spaces = {};

  private long[] unionMask = new long[FlowKey.WORDS];
  private int ruleCount;
  private long edit;

  /** What happened since the last publication; null if that was too much, or changed the masks. */
  private @Nullable List<RuleChange> changes = new ArrayList<>();

  /**
   * An empty table.
   *
   * @param portNumber number of a port by name, 0..{@link Classifier#PORT_NUMBER_MAX}, always the
   *     same; negative if there is no such port
   */
  public ClassifierEditor(ToIntFunction<String> portNumber) {
    this(portNumber, true);
  }

  ClassifierEditor(ToIntFunction<String> portNumber, boolean strict) {
    this.portNumber = portNumber;
    this.strict = strict;
  }

  /**
   * Whether {@link #put} will take the rule.
   *
   * @throws IllegalArgumentException if it names an unknown port, as ingress or output, with both
   *     in the message
   */
  public void check(FlowRule rule) {
    String inPort = rule.match().inPort();
    if (inPort != null) {
      resolve(-1, rule, inPort, true);
    }
    checkOutputs(-1, rule);
  }

  private void checkOutputs(int index, FlowRule rule) {
    for (Action action : rule.actions()) {
      String port = action.port();
      if (port != null) {
        resolve(index, rule, port, false);
      }
    }
  }

  /**
   * Adds a rule.
   *
   * @param index 0..{@link Classifier#RULES_MAX} - 1, of no other rule
   * @param order of several rules with one priority that match, the one with the lowest wins; no
   *     two rules have the same
   * @throws IllegalArgumentException as {@link #check}, or if the index is out of range; nothing is
   *     changed then
   */
  public void put(int index, FlowRule rule, long order) {
    if (index < 0 || index >= Classifier.RULES_MAX) {
      throw new IllegalArgumentException(
          "a table may have at most %d rules: index=%d".formatted(Classifier.RULES_MAX, index));
    }
    if (pages.view().has(index)) {
      throw new IllegalArgumentException("another rule has this index: index=" + index);
    }
    String inPort = rule.match().inPort();
    int port = inPort == null ? 0 : resolve(index, rule, inPort, true);
    checkOutputs(index, rule);
    pages.put(index, rule, order);
    ruleCount++;
    if (port < 0) {
      return; // matches no frame
    }
    int table = rule.match().table();
    growTo(table);
    Words mask = new Words(maskOf(rule.match()));
    SubtableEditor subtable = tables.get(table).get(mask);
    if (subtable == null) {
      subtable = new SubtableEditor(mask.words());
      tables.get(table).put(mask, subtable);
      lookAt(unionOfMasks());
    }
    long[] key = subtable.pack(keyOf(rule.match(), port));
    subtable.put(key, index, pages.view(), edit);
    changed(true, index, table, subtable, key);
  }

  /**
   * Takes a rule out.
   *
   * @throws java.util.NoSuchElementException if no rule has this index
   */
  public void remove(int index) {
    Match match = pages.view().rule(index).match();
    int table = match.table();
    Words mask = new Words(maskOf(match));
    String inPort = match.inPort();
    int port = inPort == null ? 0 : portNumbers.getOrDefault(inPort, -1);
    SubtableEditor subtable = table < tables.size() ? tables.get(table).get(mask) : null;
    if (port >= 0 && subtable != null) {
      long[] key = subtable.pack(keyOf(match, port));
      subtable.remove(key, index, pages.view(), edit);
      changed(false, index, table, subtable, key);
      if (subtable.isEmpty()) {
        tables.get(table).remove(mask);
        lookAt(unionOfMasks());
      }
    }
    pages.remove(index);
    ruleCount--;
  }

  private void growTo(int table) {
    while (tables.size() <= table) {
      tables.add(new HashMap<>());
    }
    spaces = spaces.length <= table ? Arrays.copyOf(spaces, table + 1) : spaces;
  }

  /** The table as it is now. */
  public Classifier publish() {
    for (int table = 0; table < spaces.length; table++) {
      Collection<SubtableEditor> subtables = tables.get(table).values();
      if (spaces[table] == null && !subtables.isEmpty()) {
        spaces[table] = new TupleSpace(subtables.stream().map(SubtableEditor::publish).toList());
      }
    }
    Classifier made = new Classifier(this, spaces.clone());
    edit++;
    changes = new ArrayList<>();
    return made;
  }

  private void changed(boolean added, int index, int table, SubtableEditor subtable, long[] key) {
    spaces[table] = null;
    List<RuleChange> all = changes;
    if (all != null && all.size() < CHANGES_MAX) {
      all.add(new RuleChange(added, index, table, subtable.words, subtable.masks, key));
    } else {
      changes = null;
    }
  }

  /** Who remembers results by the bits that rules look at must forget them when these change. */
  private void lookAt(long[] union) {
    if (!Arrays.equals(union, unionMask)) {
      unionMask = union;
      changes = null;
    }
  }

  private long[] unionOfMasks() {
    long[] union = new long[FlowKey.WORDS];
    for (Map<Words, SubtableEditor> table : tables) {
      for (Words mask : table.keySet()) {
        for (int word = 0; word < union.length; word++) {
          union[word] |= mask.words()[word];
        }
        union[FlowKey.TABLE_WORD] |= MatchField.TABLE_MASK;
      }
    }
    return union;
  }

  private int resolve(int index, FlowRule rule, String port, boolean isInPort) {
    Integer known = portNumbers.get(port);
    if (known != null) {
      return known;
    }
    int number = portNumber.applyAsInt(port);
    if (number > Classifier.PORT_NUMBER_MAX) {
      throw new IllegalArgumentException(
          "port numbers are at most %d: port=%s, number=%d"
              .formatted(Classifier.PORT_NUMBER_MAX, port, number));
    }
    if (number >= 0) {
      portNumbers.put(port, number);
    } else if (strict) {
      throw new IllegalArgumentException(
          "no such port: port=%s, rule=%s; add the port first or take the rule out"
              .formatted(port, FlowRuleFormatter.format(rule)));
    } else {
      unresolved.add(new UnresolvedPort(index, port, isInPort));
    }
    return number;
  }

  private static long[] maskOf(Match match) {
    long[] mask = new long[FlowKey.WORDS];
    for (int word = 0; word < MatchField.WORD_COUNT; word++) {
      mask[word] = match.mask(word);
    }
    if (match.inPort() != null) {
      mask[0] |= IN_PORT_MASK;
    }
    return mask;
  }

  private static long[] keyOf(Match match, int inPort) {
    long[] key = new long[FlowKey.WORDS];
    for (int word = 0; word < MatchField.WORD_COUNT; word++) {
      key[word] = match.value(word);
    }
    if (match.inPort() != null) {
      key[0] |= (long) inPort << FlowKey.IN_PORT_SHIFT;
    }
    return key;
  }

  // ---- what a classifier takes over -----------------------------------------------------------

  RulePages.View rules() {
    return pages.view();
  }

  public int ruleCount() {
    return ruleCount;
  }

  long[] unionMask() {
    return unionMask;
  }

  List<UnresolvedPort> unresolved() {
    return unresolved;
  }

  long edit() {
    return edit;
  }

  RuleChange @Nullable [] changes() {
    List<RuleChange> all = changes;
    return all == null ? null : all.toArray(new RuleChange[0]);
  }
}
