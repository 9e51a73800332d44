// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.cluster;

import io.iovtee.api.FlowTable;
import io.iovtee.api.PortInfo;
import io.iovtee.api.SwitchContext;
import io.iovtee.flow.Action;
import io.iovtee.flow.ClusterCookie;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import io.iovtee.flow.store.FlowMod;
import io.iovtee.flow.store.RuleDelta;
import io.iovtee.flow.store.RuleFilter;
import io.iovtee.flow.text.FlowRuleFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Brings the cluster's rules into this switch's table: in one change, with no more commands than
 * differ. A rule of the switch's own is never touched, so one that stands where a cluster rule
 * should keeps its place; rules that name what this switch has not are left out, too. Whatever was
 * left out comes in when there is room for it. Cluster thread, but for {@link #concerns}.
 */
final class ClusterTable {
  /** Of others' changes between a look at the table and the change that follows from it. */
  private static final int ATTEMPTS = 50;

  private static final RuleFilter OURS =
      new RuleFilter(ClusterCookie.BITS, ClusterCookie.MASK, List.of());

  private final SwitchContext context;

  /** Where rules of ours may stand, or should: read by the switch's control thread. */
  private volatile Set<Place> places = Set.of();

  private volatile boolean leavesOut;

  /** What tells one rule of a table from another. */
  private record Place(int priority, Match match) {
    static Place of(FlowRule rule) {
      return new Place(rule.priority(), rule.match());
    }
  }

  /** Rules that can not be there, each with the reason, and what is to be done for the others. */
  private record Plan(List<FlowMod> mods, Set<Place> places, List<String> leftOut) {}

  ClusterTable(SwitchContext context) {
    this.context = context;
  }

  /** Whether a change of the table is of places that rules of ours have or want. Any thread. */
  boolean concerns(List<RuleDelta> changes) {
    Set<Place> ours = places;
    if (ours.isEmpty()) {
      return false;
    }
    for (RuleDelta change : changes) {
      FlowRule rule = change.before() == null ? change.after() : change.before();
      if (rule != null && ours.contains(Place.of(rule))) {
        return true;
      }
    }
    return false;
  }

  /** Whether there are rules that this switch can not have now. Any thread. */
  boolean hasLeftOut() {
    return leavesOut;
  }

  /**
   * Makes the table's cluster rules equal to these.
   *
   * @param before what the last call answered: stays if this one fails
   */
  MemberStatus.Applied apply(DesiredRules desired, MemberStatus.Applied before) {
    FlowTable flows = context.flows();
    String error = "the switch's rules change too often; tried again";
    for (int i = 0; i < ATTEMPTS; i++) {
      long version = flows.version();
      Plan plan = plan(flows, desired.rules());
      try {
        if (!plan.mods.isEmpty()) {
          var unused = flows.change(plan.mods, version).toCompletableFuture().join();
        }
        places = allPlaces(desired);
        leavesOut = !plan.leftOut.isEmpty();
        return new MemberStatus.Applied(
            desired.version(),
            "",
            plan.leftOut.size(),
            plan.leftOut.stream().limit(MemberStatus.LEFT_OUT_MAX).toList());
      } catch (CompletionException e) {
        if (!(e.getCause() instanceof IllegalStateException)) {
          error = String.valueOf(e.getCause() == null ? e.getMessage() : e.getCause().getMessage());
          break;
        }
      }
    }
    return new MemberStatus.Applied(
        before.version(), error, before.leftOutCount(), before.leftOut());
  }

  private static Set<Place> allPlaces(DesiredRules desired) {
    Set<Place> all = new HashSet<>();
    desired.rules().forEach(rule -> all.add(Place.of(rule)));
    return Set.copyOf(all);
  }

  private Plan plan(FlowTable flows, List<FlowRule> wanted) {
    Names names = new Names(context);
    Map<Place, FlowRule> fitting = new LinkedHashMap<>();
    Set<Place> asked = new HashSet<>(places);
    List<String> leftOut = new ArrayList<>();
    for (FlowRule rule : wanted) {
      String missing = names.missing(rule);
      asked.add(Place.of(rule));
      if (missing == null) {
        fitting.put(Place.of(rule), ClusterCookie.on(rule));
      } else {
        leftOut.add(missing + ": " + FlowRuleFormatter.format(rule));
      }
    }
    Map<Place, FlowRule> present = present(flows, asked);
    List<FlowMod> mods = new ArrayList<>();
    for (Place place : asked) {
      FlowRule there = present.get(place);
      if (there != null && ClusterCookie.isOn(there) && !fitting.containsKey(place)) {
        OptionalInt priority = OptionalInt.of(place.priority);
        mods.add(new FlowMod.Delete(place.match, priority, false, OURS));
      }
    }
    for (FlowRule rule : wanted) {
      FlowRule marked = fitting.get(Place.of(rule));
      FlowRule there = present.get(Place.of(rule));
      if (marked != null && there != null && !ClusterCookie.isOn(there)) {
        leftOut.add(
            "a rule of the switch's own has this match and priority: "
                + FlowRuleFormatter.format(rule));
      } else if (marked != null && !marked.equals(there)) {
        mods.add(new FlowMod.Add(marked));
      }
    }
    return new Plan(mods, asked, leftOut);
  }

  private static Map<Place, FlowRule> present(FlowTable flows, Set<Place> asked) {
    List<FlowRule> patterns =
        asked.stream().map(place -> FlowRule.of(place.priority, place.match, Action.DROP)).toList();
    Map<Place, FlowRule> present = new HashMap<>();
    flows.inPlaceOf(patterns).forEach(rule -> present.put(Place.of(rule), rule));
    return present;
  }

  /** What a rule may name in this switch. */
  private static final class Names {
    private final Set<String> ports = new HashSet<>();
    private final Set<Long> groups = new HashSet<>();
    private final Set<Long> meters = new HashSet<>();

    Names(SwitchContext context) {
      for (PortInfo port : context.ports()) {
        ports.add(port.name());
      }
      context.groups().groups().forEach(entry -> groups.add(entry.group().id()));
      context.groups().meters().forEach(entry -> meters.add(entry.meter().id()));
    }

    /** What the rule names that is not here; null if all is. */
    @Nullable String missing(FlowRule rule) {
      String inPort = rule.match().inPort();
      if (inPort != null && !ports.contains(inPort)) {
        return "no port " + inPort;
      }
      for (Action action : rule.actions()) {
        String port = action.port();
        if (port != null && !ports.contains(port)) {
          return "no port " + port;
        }
        if (action instanceof Action.Group(long group) && !groups.contains(group)) {
          return "no group " + group;
        }
        if (action instanceof Action.Meter(long meter) && !meters.contains(meter)) {
          return "no meter " + meter;
        }
      }
      return null;
    }
  }
}
