// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.flow.Action;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.classifier.Classifier;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A rule table as one poll loop runs it: the classifier, each rule's actions as numbers, and that
 * loop's counters per rule. Immutable but for the counters; a change of rules makes a new one.
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

  private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(long[].class);

  final Classifier classifier;

  /** Per rule: the one target, or DROP, or SEVERAL. */
  final int[] single;

  /** A single target that is none: the rule changes frames; see {@link #rewrites}. */
  static final int REWRITE = -6;

  /** Per rule: all targets, in the order of the actions. */
  final int[][] targets;

  /** Per rule whose single target is REWRITE: what it does; null for all others. */
  final @Nullable RewriteRule[] rewrites;

  private final long[] counters; // 2 per rule: packets, bytes

  private FlowProgram(
      Classifier classifier, int[] single, int[][] targets, @Nullable RewriteRule[] rewrites) {
    this.rewrites = rewrites;
    this.classifier = classifier;
    this.single = single;
    this.targets = targets;
    counters = new long[2 * targets.length];
  }

  /** Prepares a program for one loop; control thread. */
  public static FlowProgram of(Classifier classifier, ToIntFunction<String> portNumber) {
    int rules = classifier.ruleCount();
    int[] single = new int[rules];
    int[][] targets = new int[rules][];
    RewriteRule[] rewrites = new RewriteRule[rules];
    for (int r = 0; r < rules; r++) {
      FlowRule rule = classifier.rule(r);
      targets[r] = targets(rule.actions(), portNumber);
      single[r] = targets[r].length == 0 ? DROP : targets[r].length == 1 ? targets[r][0] : SEVERAL;
      if (single[r] != DROP && RewriteRule.isNeededFor(rule)) {
        single[r] = REWRITE;
        rewrites[r] = RewriteRule.of(rule.actions(), portNumber);
      }
    }
    return new FlowProgram(classifier, single, targets, rewrites);
  }

  /** The same rules with counters of its own. */
  public FlowProgram uncounted() {
    return new FlowProgram(classifier, single, targets, rewrites);
  }

  private static int[] targets(List<Action> actions, ToIntFunction<String> portNumber) {
    int[] targets = new int[actions.size()];
    int count = 0;
    for (Action action : actions) {
      switch (action) {
        case Action.Output output -> targets[count++] = portNumber.applyAsInt(output.port());
        case Action.Normal _ -> targets[count++] = NORMAL;
        case Action.Flood _ -> targets[count++] = FLOOD;
        case Action.InPort _ -> targets[count++] = IN_PORT;
        case Action.Drop _, Action.SetField _, Action.PushVlan _, Action.PopVlan _ -> {}
        case Action.DecTtl _ -> {}
      }
    }
    return Arrays.copyOf(targets, count);
  }

  /** Counts frames that a rule decided. Poll thread. */
  void count(int rule, int packets, long bytes) {
    counters[2 * rule] += packets;
    counters[2 * rule + 1] += bytes;
  }

  /** Frames that the rule decided on this loop. Any thread. */
  public long packets(int rule) {
    return (long) SLOT.getOpaque(counters, 2 * rule);
  }

  /** Bytes of the frames that the rule decided on this loop. Any thread. */
  public long bytes(int rule) {
    return (long) SLOT.getOpaque(counters, 2 * rule + 1);
  }

  public Classifier classifier() {
    return classifier;
  }
}
