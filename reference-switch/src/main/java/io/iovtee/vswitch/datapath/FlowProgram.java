// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.flow.classifier.Classifier;
import io.iovtee.flow.classifier.HeaderParser;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A rule table as one poll loop runs it: the classifier, each rule's actions as numbers, and that
 * loop's counters per rule. Immutable but for the counters. A change of rules makes a new one,
 * which shares with the one before whatever has not changed.
 */
public final class FlowProgram {
  /** Pseudo port: the learning switch. */
  static final int NORMAL = -1;

  /** Pseudo port: all ports but the input. */
  static final int FLOOD = -2;

  /** Pseudo port: the input. */
  static final int IN_PORT = -3;

  /** A single target that is none: the rule drops. */
  static final int DROP = -4;

  /** A single target that is none: the rule has several targets. */
  static final int SEVERAL = -5;

  /** A single target that is none: the rule changes frames; see {@link #rewrite}. */
  static final int REWRITE = -6;

  final Classifier classifier;

  /** Tags that are read or passed over in a frame, see {@link HeaderParser}. */
  final int vlanLimit;

  private final RuleActions.View actions;
  private final RuleCounters counters;
  private final GroupProgram groups;

  private FlowProgram(
      Classifier classifier,
      int vlanLimit,
      RuleActions.View actions,
      RuleCounters counters,
      GroupProgram groups) {
    this.classifier = classifier;
    this.vlanLimit = vlanLimit;
    this.actions = actions;
    this.counters = counters.grownTo(actions.limit());
    this.groups = groups;
  }

  /** A program for one loop, with counters of its own. Control thread. */
  public static FlowProgram of(Classifier classifier, RuleActions actions, GroupRows groups) {
    return new FlowProgram(
        classifier,
        HeaderParser.VLAN_LIMIT_DEFAULT,
        actions.view(),
        new RuleCounters(),
        GroupProgram.of(groups.view()));
  }

  /** The same rules for frames that are read with another limit; counters as here. */
  public FlowProgram withVlanLimit(int limit) {
    return new FlowProgram(classifier, limit, actions, counters, groups);
  }

  /** As above, for a table that is not going to change. */
  public static FlowProgram of(Classifier classifier, GroupRows groups) {
    RuleActions actions = new RuleActions();
    ActionNumbers numbers = groups.numbers();
    for (int index = 0; index < classifier.indexLimit(); index++) {
      if (classifier.has(index)) {
        actions.put(index, classifier.rule(index), numbers);
      }
    }
    return of(classifier, actions, groups);
  }

  /** As above, without groups and meters. */
  public static FlowProgram of(Classifier classifier, ToIntFunction<String> portNumber) {
    return of(classifier, new GroupRows(portNumber, PortLiveness.all()));
  }

  /** The next program of the same loop: its counters go on. Control thread. */
  public FlowProgram next(Classifier changed, RuleActions changedActions, GroupRows changedGroups) {
    return new FlowProgram(
        changed, vlanLimit, changedActions.view(), counters, groups.next(changedGroups.view()));
  }

  /** The same rules with counters of its own, and meters that let all pass. */
  public FlowProgram uncounted() {
    return new FlowProgram(classifier, vlanLimit, actions, new RuleCounters(), groups.uncounted());
  }

  /** The one target of a rule, or DROP, SEVERAL or REWRITE. */
  int single(int rule) {
    return actions.single(rule);
  }

  /** All targets of a rule that has no single port, in the order of its actions. */
  int[] targets(int rule) {
    return actions.targets(rule);
  }

  /** What a rule does whose single target is REWRITE; null for all others. */
  @Nullable RewriteRule rewrite(int rule) {
    return actions.rewrite(rule);
  }

  /** The table that a rule goes on to if it does nothing else; 0 for all others. */
  int onward(int rule) {
    RewriteRule what = actions.rewrite(rule);
    return what == null ? 0 : what.onward();
  }

  /** The groups and meters that rules name. */
  public GroupProgram groups() {
    return groups;
  }

  /**
   * Counts frames that a rule decided. Poll thread.
   *
   * @param nowNs {@link System#nanoTime} as of {@link LoopClock}'s last reading
   */
  void count(int rule, int packets, long bytes, long nowNs) {
    counters.count(rule, packets, bytes, nowNs);
  }

  /** Frames that rules with this index decided on this loop, all in all. Any thread. */
  public long packets(int rule) {
    return counters.packets(rule);
  }

  /** Bytes of the frames that rules with this index decided on this loop. Any thread. */
  public long bytes(int rule) {
    return counters.bytes(rule);
  }

  /** Tags that are read or passed over in a frame. */
  public int vlanLimit() {
    return vlanLimit;
  }

  /** When a rule with this index last decided a frame on this loop; 0 for never. Any thread. */
  public long usedNs(int rule) {
    return counters.usedNs(rule);
  }

  public Classifier classifier() {
    return classifier;
  }
}
