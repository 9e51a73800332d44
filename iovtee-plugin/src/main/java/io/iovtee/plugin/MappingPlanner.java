// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.api.GuestPort;
import io.iovtee.api.SwitchContext;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.store.RuleDelta;
import io.iovtee.flow.text.FlowRuleFormatter;
import io.iovtee.verticles.iovtee.Explanation.Check;
import io.iovtee.verticles.iovtee.Isolation;
import io.iovtee.verticles.iovtee.MappingMode;
import io.iovtee.verticles.iovtee.MappingReason;
import io.iovtee.verticles.iovtee.MappingRequest;
import io.iovtee.verticles.iovtee.MappingRequest.Origin;
import io.iovtee.verticles.iovtee.MatchedFlows;
import io.iovtee.verticles.iovtee.QueueId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Finds queues that are worth mapping though nobody named them: nearly all of a queue's frames go
 * to one guest, and a rule says so. Looks at what the switch classified since the last reading, and
 * asks for the same answer several times in a row before it believes it.
 *
 * <p>Mapping thread only.
 */
final class MappingPlanner {
  /** Share of a queue's frames that must be for one guest. The rest is copied twice as dearly. */
  static final int SHARE_PERCENT_TO_MAP = 90;

  /** Share below which an automatic mapping goes: far enough below not to flap. */
  static final int SHARE_PERCENT_TO_UNMAP = 50;

  /** Readings in a row that must agree. */
  static final int READINGS_TO_AGREE = 3;

  /** Fewer frames than this in a reading say nothing. */
  static final long FRAMES_MIN = 100;

  private final SwitchContext context;
  private final boolean enabled;
  private final Isolation isolation;
  private final Map<QueueId, Observation> observations = new HashMap<>();
  private final Set<QueueId> leftAlone = new HashSet<>();

  /** Null until they are asked for the first time. */
  private @Nullable GuestRules rules;

  MappingPlanner(SwitchContext context, boolean enabled, Isolation isolation) {
    this.context = context;
    this.enabled = enabled;
    this.isolation = isolation;
  }

  /** What to do about one queue. */
  sealed interface Plan {
    record Map(MappingRequest request) implements Plan {}

    record Unmap(QueueId queue, MappingReason reason) implements Plan {}
  }

  /** What a queue did lately. */
  private static final class Observation {
    @Nullable String guest;
    int readingsFor;
    int readingsAgainst;
    long sharePercent;
  }

  /** The operator removed an automatic mapping: it stays away until the rules change. */
  void leaveAlone(QueueId queue) {
    leftAlone.add(queue);
  }

  void rulesChanged() {
    leftAlone.clear();
  }

  /** The rules are about to change; told of each change, in order. */
  void rulesChanging(List<RuleDelta> changes) {
    GuestRules known = rules;
    if (known != null) {
      known.change(changes);
    }
  }

  /**
   * Draws the conclusions from one reading.
   *
   * @param mapped what is mapped, by queue
   */
  List<Plan> plan(List<MatchedFlows> reading, Function<QueueId, Optional<MappingRequest>> mapped) {
    List<Plan> plans = new ArrayList<>();
    if (!enabled) {
      return plans;
    }
    for (MatchedFlows flows : reading) {
      if (flows.frames() >= FRAMES_MIN) {
        Observation seen = observe(flows);
        Optional<MappingRequest> request = mapped.apply(flows.queue());
        planOne(flows.queue(), seen, request).ifPresent(plans::add);
      }
    }
    return plans;
  }

  private Observation observe(MatchedFlows flows) {
    Observation seen = observations.computeIfAbsent(flows.queue(), queue -> new Observation());
    String most = null;
    long framesOfMost = -1;
    for (Map.Entry<String, Long> guest : flows.byGuest().entrySet()) {
      if (guest.getValue() > framesOfMost) {
        most = guest.getKey();
        framesOfMost = guest.getValue();
      }
    }
    if (most == null || !most.equals(seen.guest)) {
      seen.guest = most;
      seen.readingsFor = 0;
    }
    seen.sharePercent = most == null ? 0 : framesOfMost * 100 / flows.frames();
    boolean enough = seen.sharePercent >= SHARE_PERCENT_TO_MAP;
    boolean tooFew = seen.sharePercent < SHARE_PERCENT_TO_UNMAP;
    seen.readingsFor = enough ? seen.readingsFor + 1 : 0;
    seen.readingsAgainst = tooFew ? seen.readingsAgainst + 1 : 0;
    return seen;
  }

  private Optional<Plan> planOne(
      QueueId queue, Observation seen, Optional<MappingRequest> existing) {
    if (existing.isPresent()) {
      return planUnmap(queue, seen, existing.get());
    }
    String guest = seen.guest;
    if (guest == null || seen.readingsFor < READINGS_TO_AGREE || leftAlone.contains(queue)) {
      return Optional.empty();
    }
    int queuePairs = context.guestPort(guest).map(GuestPort::queuePairs).orElse(0);
    if (rules().count(queue.port(), guest) == 0 || queuePairs == 0) {
      return Optional.empty();
    }
    Optional<String> match =
        Optional.ofNullable(rules().only(queue.port(), guest))
            .flatMap(MappingPlanner::steeringMatch);
    return Optional.of(
        new Plan.Map(
            new MappingRequest(
                queue,
                guest,
                queue.queue() % queuePairs,
                isolation,
                MappingMode.AUTO,
                match,
                Origin.AUTO)));
  }

  /** Only what the planner mapped itself, and nobody pinned. */
  private Optional<Plan> planUnmap(QueueId queue, Observation seen, MappingRequest existing) {
    if (existing.origin() != Origin.AUTO || existing.mode() != MappingMode.AUTO) {
      return Optional.empty();
    }
    if (rules().count(queue.port(), existing.guest()) == 0) {
      return Optional.of(new Plan.Unmap(queue, MappingReason.RULE_GONE));
    }
    boolean elsewhere =
        seen.readingsAgainst >= READINGS_TO_AGREE
            || (seen.readingsFor >= READINGS_TO_AGREE && !existing.guest().equals(seen.guest));
    return elsewhere
        ? Optional.of(new Plan.Unmap(queue, MappingReason.SHARE_TOO_LOW))
        : Optional.empty();
  }

  /** The table is read once, then only what changes is looked at. */
  private GuestRules rules() {
    GuestRules known = rules;
    if (known == null) {
      known = new GuestRules(context.flows().rules());
      rules = known;
    }
    return known;
  }

  /** The rule's match without its port, as the NIC is told it: {@code dl_dst=02:…}. */
  static Optional<String> steeringMatch(FlowRule rule) {
    List<String> fields = new ArrayList<>();
    for (String field : FlowRuleFormatter.format(rule.match()).split("[, ]+", -1)) {
      if (!field.isEmpty() && !field.startsWith("in_port=")) {
        fields.add(field);
      }
    }
    String text = String.join(",", fields);
    return RuleProof.readMatch(text) == null || fields.isEmpty()
        ? Optional.empty()
        : Optional.of(text);
  }

  /** Why the planner maps this queue or not. */
  Check explain(QueueId queue) {
    String name = "worth_mapping";
    if (!enabled) {
      return Check.failed(name, "automatic mapping is off", "set plugins.iovtee.auto to true");
    }
    Observation seen = observations.get(queue);
    if (seen == null || seen.guest == null) {
      return Check.failed(
          name,
          "no reading with " + FRAMES_MIN + " frames or more for a guest yet",
          "a rule must send frames of port " + queue.port() + " to a guest, and they must come");
    }
    String what =
        seen.sharePercent
            + " % of the last reading's frames were for guest "
            + seen.guest
            + ", "
            + seen.readingsFor
            + " readings in a row agree";
    if (leftAlone.contains(queue)) {
      return Check.failed(
          name, what + "; the operator removed the mapping", "it returns when the rules change");
    }
    if (rules().count(queue.port(), seen.guest) == 0) {
      return Check.failed(
          name,
          what + "; no rule has in_port=" + queue.port() + " and outputs to that guest only",
          "add one: in_port=" + queue.port() + ",…,actions=output:" + seen.guest);
    }
    return seen.readingsFor >= READINGS_TO_AGREE
        ? Check.passed(name, what)
        : Check.failed(
            name,
            what,
            SHARE_PERCENT_TO_MAP
                + " % in "
                + READINGS_TO_AGREE
                + " readings in a row are wanted; spread the flows so that a queue serves one"
                + " guest");
  }
}
