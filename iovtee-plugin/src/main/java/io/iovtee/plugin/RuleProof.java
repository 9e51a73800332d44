// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.flow.Action;
import io.iovtee.flow.FieldMatch;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import io.iovtee.flow.MatchField;
import io.iovtee.flow.store.RuleDelta;
import io.iovtee.flow.text.FlowRuleFormatter;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.flow.text.FlowSyntaxException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether the rules send every frame of a match to one guest. A filter in front of guest memory
 * proves nothing by itself: what it lets in must be the guest's by the whole table, so no rule of
 * higher priority may send some of it elsewhere, and none of it may match no rule at all.
 *
 * <p>Goes through the rules in the order in which the switch asks them, and keeps the set of frames
 * that no rule has taken yet. A rule that takes some of them and does not output to the guest is
 * the counterexample. Bits are looked at as if every combination could occur: what no frame can
 * have may be called missing, never the other way round.
 *
 * <p>No state; its cost grows with the number of rules, so it is not for the poll thread.
 */
final class RuleProof {
  /** Pieces that the set may fall into: beyond that the answer is "too many", not a long wait. */
  static final int PIECES_MAX = 4096;

  private RuleProof() {}

  /**
   * Reads the match of a mapping.
   *
   * @return null if it is none
   */
  static @Nullable Match readMatch(String ovsText) {
    try {
      Match match = FlowRuleParser.parseRule(ovsText.strip() + ",actions=drop").match();
      boolean ofFrames = match.fields().stream().noneMatch(field -> field.field().isState());
      return match.inPort() == null && match.table() == 0 && ofFrames ? match : null;
    } catch (FlowSyntaxException e) {
      return null;
    }
  }

  /**
   * What going through the rules found.
   *
   * @param missing what the proof lacks; empty if every such frame is for the guest
   * @param leastPriority if nothing is missing, the lowest priority of the rules that it rests on:
   *     rules below that do not matter
   */
  record Verdict(Optional<String> missing, int leastPriority) {
    private static Verdict missing(String why) {
      return new Verdict(Optional.of(why), 0);
    }

    /** Whether the proof may not hold any more when this rule changes. */
    boolean mayRestOn(RuleDelta change, String nicPort, List<Match> lets, String guest) {
      FlowRule before = change.before();
      FlowRule after = change.after();
      FlowRule rule = after != null ? after : before;
      if (rule == null || rule.priority() < leastPriority || !concerns(rule, nicPort, lets)) {
        return false;
      }
      boolean wasGuests = before == null || isForGuest(before, guest);
      boolean isGuests = after != null && isForGuest(after, guest);
      // One more rule for the guest, or another that is none of the guest's gone, takes nothing.
      return !isGuests && (wasGuests || after != null);
    }
  }

  /**
   * Goes through the rules.
   *
   * @param rules the switch's whole table, in any order; of two with one priority the first wins
   * @param nicPort the port that the frames come from
   * @param lets which frames get in: those that any of these matches; no ingress ports in them
   */
  static Verdict prove(List<FlowRule> rules, String nicPort, List<Match> lets, String guest) {
    if (lets.stream().anyMatch(RuleProof::namesTag)) {
      return Verdict.missing(
          "dl_type is a VLAN tag's: filters and NICs do not look behind it, the switch may");
    }
    List<FlowRule> ordered = new ArrayList<>();
    for (FlowRule rule : rules) {
      if (concerns(rule, nicPort, lets)) {
        ordered.add(rule);
      }
    }
    ordered.sort(Comparator.comparingInt(FlowRule::priority).reversed());
    List<FrameSet> left = new ArrayList<>();
    lets.forEach(match -> left.add(FrameSet.of(match)));
    for (FlowRule rule : ordered) {
      Optional<String> why = take(rule, left, guest);
      if (why.isPresent()) {
        return Verdict.missing(why.get());
      }
      if (left.isEmpty()) {
        return new Verdict(Optional.empty(), rule.priority());
      }
    }
    return Verdict.missing(
        "frames that the match lets in find no rule for port %s: %s"
            .formatted(nicPort, left.getFirst()));
  }

  /** Whether frames with two tags are meant: for the switch's vlan-limit they may be others. */
  private static boolean namesTag(Match match) {
    FieldMatch type = match.field(MatchField.DL_TYPE);
    return type != null && (type.value() == 0x8100 || type.value() == 0x88a8);
  }

  /** What is missing; empty if every such frame is for the guest. As {@link #prove}. */
  static Optional<String> missing(
      List<FlowRule> rules, String nicPort, List<Match> lets, String guest) {
    return prove(rules, nicPort, lets, guest).missing();
  }

  private static boolean concerns(FlowRule rule, String nicPort, List<Match> lets) {
    String inPort = rule.match().inPort();
    // A frame starts in table 0; a rule there that sends it to another one is no proof.
    return rule.table() == 0
        && (inPort == null || inPort.equals(nicPort))
        && overlapsAny(rule.match(), lets);
  }

  /**
   * Outputs and copies only: what else a rule may do, it may also do instead of the output. A copy
   * goes where the operator wants it, and the frame is the guest's all the same.
   */
  private static boolean isForGuest(FlowRule rule, String guest) {
    for (Action action : rule.actions()) {
      if (!isCopy(action) && !(action instanceof Action.Output)) {
        return false;
      }
    }
    return rule.actions().contains(Action.output(guest));
  }

  /** Whether the action makes a copy and leaves the frame itself alone. */
  static boolean isCopy(Action action) {
    return action instanceof Action.Mirror || action instanceof Action.Punt;
  }

  private static boolean overlapsAny(Match rule, List<Match> lets) {
    for (Match match : lets) {
      if (FrameSet.overlap(rule, match)) {
        return true;
      }
    }
    return false;
  }

  /** Takes the rule's frames out of the sets, if they are the guest's. */
  private static Optional<String> take(FlowRule rule, List<FrameSet> left, String guest) {
    List<FrameSet> next = new ArrayList<>();
    for (FrameSet set : left) {
      if (!set.overlaps(rule.match())) {
        next.add(set);
        continue;
      }
      if (!isForGuest(rule, guest)) {
        return Optional.of(otherwise(rule));
      }
      set.addWithout(rule.match(), next);
      if (next.size() > PIECES_MAX) {
        return Optional.of("the rules for the match are too many to be sure: use a closer match");
      }
    }
    left.clear();
    left.addAll(next);
    return Optional.empty();
  }

  private static String otherwise(FlowRule rule) {
    String text = FlowRuleFormatter.format(rule);
    for (Action action : rule.actions()) {
      if (action instanceof Action.Group) {
        return "a group, which may send frames that the match lets in elsewhere: " + text;
      }
      if (action instanceof Action.Meter) {
        return "a meter, whose dropped frames would be in the guest's memory already: " + text;
      }
    }
    return "a rule sends frames that the match lets in elsewhere: " + text;
  }
}
