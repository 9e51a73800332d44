// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.api.RxQueueControl;
import io.iovtee.flow.Match;
import io.iovtee.verticles.iovtee.Isolation;
import io.iovtee.verticles.iovtee.MappingReason;
import io.iovtee.verticles.iovtee.MappingRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What must be proved before a guest's buffers may be lent. Strict isolation wants something
 * between the wire and the guest's memory that checks each frame: a filter that the queue itself
 * declares or takes on when asked, or a steering entry that the NIC took and that was read back.
 * And it wants the rules to send all that gets in to the guest: {@link RuleProof}. The other two
 * want nothing, and deal with a foreign frame when it is there.
 */
final class IsolationPolicy {
  private IsolationPolicy() {}

  /**
   * Whether a mapping that ends for this reason also takes the guest's memory out of the queue's
   * reach: isolation demands it, or the guest's buffers would not come back otherwise, or not soon.
   */
  static boolean revokes(MappingReason why) {
    return why == MappingReason.FOREIGN_FRAME
        || why == MappingReason.ISOLATION_PROOF_MISSING
        || why == MappingReason.ORDER_UNPROVEN
        || why == MappingReason.HELD_UP
        || why == MappingReason.INTERFACE_GONE;
  }

  /** What a mapping can offer as a proof. */
  enum Proof {
    /** The queue filters by itself. */
    QUEUE_FILTERS,
    /** The NIC can be asked to steer. */
    STEERING_POSSIBLE,
    /** There is nothing, and nothing is needed. */
    NOT_NEEDED,
    /** There is nothing, and strict isolation needs it. */
    MISSING
  }

  static Proof proofFor(MappingRequest request, RxQueueControl queue) {
    if (queue.filtering().isPresent()) {
      return Proof.QUEUE_FILTERS;
    }
    if (request.match().isPresent()) {
      return Proof.STEERING_POSSIBLE;
    }
    return request.isolation() == Isolation.STRICT ? Proof.MISSING : Proof.NOT_NEEDED;
  }

  /** Whether the mapping may go on after the NIC was asked to steer. */
  static boolean allows(MappingRequest request, boolean steered) {
    return steered || request.isolation() != Isolation.STRICT;
  }

  /**
   * The matches that guest memory is to be open for: the mapping's own, or what the queue says that
   * it lets in.
   *
   * @return empty if they are not known
   */
  static List<Match> lets(MappingRequest request, RxQueueControl queue) {
    Optional<String> filtering = queue.filtering();
    String[] texts;
    if (filtering.isPresent()) {
      String words = filtering.get();
      texts = words.substring(words.indexOf(' ') + 1).split(" ", -1);
      if (words.indexOf(' ') < 0) {
        return List.of();
      }
    } else if (request.match().isPresent()) {
      texts = new String[] {request.match().get()};
    } else {
      return List.of();
    }
    List<Match> lets = new ArrayList<>();
    for (String text : texts) {
      Match match = RuleProof.readMatch(text);
      if (match == null) {
        return List.of();
      }
      lets.add(match);
    }
    return lets;
  }

  /** What the rules lack for strict isolation; empty if they prove it. */
  static Optional<String> missingInRules(
      MappingRequest request, RxQueueControl queue, RuleProof.Rules rules) {
    List<Match> lets = lets(request, queue);
    if (lets.isEmpty()) {
      return Optional.of(
          "strict isolation needs to know which frames get into queue "
              + request.queue()
              + ": neither the mapping's match nor what the queue filters by can be read ("
              + queue.filtering().or(request::match).orElse("there is none")
              + ")");
    }
    return RuleProof.prove(rules, request.queue().port(), lets, request.guest())
        .missing()
        .map(why ->
            "strict isolation needs rules that send all of it to " + request.guest() + ": " + why);
  }

  static String rulesRemedy() {
    return "use a match that only the guest's own rules cover, change the rule, or accept another"
        + " isolation: scrub or trusted";
  }

  /**
   * Names the proof that is missing.
   *
   * @param refusals what steering and filter were refused for
   */
  static String missing(
      MappingRequest request, @Nullable String refusedMatch, List<String> refusals) {
    if (refusedMatch == null) {
      return "strict isolation needs a filter in front of guest memory: queue "
          + request.queue()
          + " declares none, and the mapping has no match to steer by";
    }
    return "strict isolation needs a filter in front of guest memory: the NIC did not take and"
        + " confirm a steering entry or a filter for "
        + refusedMatch
        + " into queue "
        + request.queue()
        + (refusals.isEmpty() ? "" : " (" + String.join("; ", refusals) + ")");
  }

  static String remedy() {
    return "give the mapping a match that the NIC can steer by (dl_dst=…), use a port whose queues"
        + " filter, or accept another isolation: scrub or trusted";
  }
}
