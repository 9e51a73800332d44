// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.flow.Action;
import io.iovtee.flow.FieldMatch;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import io.iovtee.flow.MatchField;
import io.iovtee.flow.text.FlowRuleFormatter;
import io.iovtee.verticles.iovtee.MappingMatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
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
 * <p>One is made, asked and left to the collector. Its cost grows with the number of rules that
 * overlap the match, so it is not for the poll thread, and not for each change: {@link ProofBasis}.
 */
final class RuleProof {
  /** Pieces that the set may fall into: beyond that the answer is "too many", not a long wait. */
  static final int PIECES_MAX = 4096;

  private final String guest;
  private final List<FlowRule> restsOn = new ArrayList<>();
  private List<FrameSet> left;
  private @Nullable String missing;

  private RuleProof(List<Match> lets, String guest) {
    this.guest = guest;
    left = lets.stream().map(FrameSet::of).toList();
  }

  /** A table, asked as {@link io.iovtee.api.FlowTable#overlapping} is. */
  @FunctionalInterface
  interface Rules {
    void overlapping(List<Match> matches, Predicate<FlowRule> goOn);
  }

  /**
   * What going through the rules found.
   *
   * @param missing what the proof lacks; empty if every such frame is for the guest
   * @param basis what it rests on; means nothing if something is missing
   */
  record Verdict(Optional<String> missing, ProofBasis basis) {}

  /**
   * Reads the match of a mapping.
   *
   * @return null if it is none
   */
  static @Nullable Match readMatch(String ovsText) {
    try {
      return MappingMatch.read(ovsText);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /**
   * Goes through the rules.
   *
   * @param nicPort the port that the frames come from
   * @param lets which frames get in: those that any of these matches; no ingress ports in them
   */
  static Verdict prove(Rules rules, String nicPort, List<Match> lets, String guest) {
    // A frame starts in table 0, as these matches do: a rule that sends it to another is no proof.
    List<Match> ofPort = lets.stream().map(match -> match.onPort(nicPort)).toList();
    RuleProof proof = new RuleProof(ofPort, guest);
    if (lets.stream().anyMatch(RuleProof::namesTag)) {
      proof.missing =
          "dl_type is a VLAN tag's: filters and NICs do not look behind it, the switch may";
    } else if (lets.isEmpty()) {
      proof.missing = "nothing says which frames the queue lets in";
    } else {
      rules.overlapping(ofPort, proof::take);
    }
    if (proof.missing == null && !proof.left.isEmpty()) {
      proof.missing =
          "frames that the match lets in find no rule for port %s: %s"
              .formatted(nicPort, proof.left.getFirst());
    }
    return new Verdict(
        Optional.ofNullable(proof.missing), new ProofBasis(ofPort, guest, proof.restsOn));
  }

  /** Takes the rule's frames out of the sets, if they are the guest's; whether that is not all. */
  private boolean take(FlowRule rule) {
    if (left.stream().noneMatch(set -> set.overlaps(rule.match()))) {
      return true;
    }
    if (!isForGuest(rule, guest)) {
      missing = otherwise(rule);
      return false;
    }
    left = FrameSet.without(left, rule.match(), PIECES_MAX);
    restsOn.add(rule);
    if (left.size() > PIECES_MAX) {
      missing = "the rules for the match are too many to be sure: use a closer match";
    }
    return missing == null && !left.isEmpty();
  }

  /** Whether frames with two tags are meant: for the switch's vlan-limit they may be others. */
  private static boolean namesTag(Match match) {
    FieldMatch type = match.field(MatchField.DL_TYPE);
    return type != null && (type.value() == 0x8100 || type.value() == 0x88a8);
  }

  /**
   * Outputs and copies only: what else a rule may do, it may also do instead of the output. A copy
   * goes where the operator wants it, and the frame is the guest's all the same.
   */
  static boolean isForGuest(FlowRule rule, String guest) {
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
