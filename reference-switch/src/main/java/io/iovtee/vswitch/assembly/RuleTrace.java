// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import io.iovtee.api.Arrival;
import io.iovtee.api.Arrival.Delivery;
import io.iovtee.api.FlowTable.FlowEntry;
import io.iovtee.api.FrameVerdict;
import io.iovtee.api.FrameVerdict.Departure;
import io.iovtee.api.FrameVerdict.GroupVisit;
import io.iovtee.api.FrameVerdict.Lookup;
import io.iovtee.api.FrameVerdict.MeterVisit;
import io.iovtee.api.FrameVerdict.TableVisit;
import io.iovtee.flow.Action;
import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.classifier.Classifier;
import io.iovtee.flow.classifier.Classifier.Visit;
import io.iovtee.flow.classifier.FlowKey;
import io.iovtee.flow.classifier.FlowKeyFormatter;
import io.iovtee.flow.classifier.HeaderParser;
import io.iovtee.flow.store.GroupStore;
import io.iovtee.flow.text.FlowRuleFormatter;
import io.iovtee.vswitch.datapath.FlowProgram;
import io.iovtee.vswitch.datapath.FrameBatch;
import io.iovtee.vswitch.datapath.FrameTrace;
import io.iovtee.vswitch.datapath.GroupProgram;
import io.iovtee.vswitch.datapath.GroupRows;
import io.iovtee.vswitch.datapath.LoopView;
import io.iovtee.vswitch.datapath.MacTable;
import io.iovtee.vswitch.datapath.MirrorTable;
import io.iovtee.vswitch.datapath.PortLiveness;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntFunction;

/** Explains what a rule table does with a frame. Not on poll threads. */
public final class RuleTrace {
  private final FlowProgram program;
  private final PortNumbers numbers;
  private final MacTable macs;
  private final IntFunction<FlowEntry> entryOf;
  private final FrameArrivals arrivals;

  /**
   * Prepares a trace.
   *
   * @param program counts what is traced: no loop's
   * @param macs a table that may learn from the trace
   * @param entryOf a rule by its index
   * @param arrivals by which queues it would come
   */
  RuleTrace(
      FlowProgram program,
      PortNumbers numbers,
      MacTable macs,
      IntFunction<FlowEntry> entryOf,
      FrameArrivals arrivals) {
    this.program = program;
    this.numbers = numbers;
    this.macs = macs;
    this.entryOf = entryOf;
    this.arrivals = arrivals;
  }

  /**
   * What a switch with these rules would do with a frame: all ports that the rules name exist and
   * are up, no address is learned yet.
   *
   * @param groups what the rules name
   * @param vlanLimit tags that rules look behind
   * @throws IllegalArgumentException if a rule names a group or meter that is not there
   */
  public static FrameVerdict offline(
      GroupStore groups, List<FlowRule> rules, int vlanLimit, String inPort, byte[] frame) {
    PortNumbers numbers = new PortNumbers();
    numbers.assign(inPort);
    for (FlowRule rule : rules) {
      String from = rule.match().inPort();
      if (from != null) {
        numbers.assign(from);
      }
      for (Action action : rule.actions()) {
        String named = action.port();
        if (named != null) {
          numbers.assign(named);
        }
      }
    }
    groups.checkPorts(port -> numbers.assign(port) > 0);
    for (FlowRule rule : rules) {
      SwitchGroups.check(rule, groups);
    }
    GroupRows rows = new GroupRows(numbers::lookup, PortLiveness.all());
    rows.replace(groups.groups(), groups.meters(), System.nanoTime());
    FlowProgram program =
        FlowProgram.of(Classifier.compile(rules, numbers::lookup), rows)
            .withVlanLimit(vlanLimit)
            .uncounted();
    RuleTrace trace =
        new RuleTrace(
            program,
            numbers,
            new MacTable(),
            rule -> new FlowEntry(0, rules.get(rule), 0, 0, 0, 0),
            new FrameArrivals(port -> null, numbers));
    return trace.run(
        inPort, frame, List.of(new LoopView("", false, numbers.all(), 0, MirrorTable.NONE)));
  }

  /** The key of a frame that comes from the port, as a switch with this VLAN limit reads it. */
  static long[] key(byte[] frame, int vlanLimit, int inPort) {
    long[] key = new long[FlowKey.WORDS];
    int captured = Math.min(frame.length, FrameBatch.HEADER_STRIDE);
    HeaderParser.parse(frame, 0, captured, frame.length, vlanLimit, inPort, key, 0);
    return key;
  }

  /**
   * Takes the frame through the rules.
   *
   * @param loops at least one; the first one's ports and clock count
   */
  FrameVerdict run(String inPort, byte[] frame, List<LoopView> loops) {
    int port = numbers.lookup(inPort);
    long[] key = key(frame, program.vlanLimit(), port);
    Classifier classifier = program.classifier();
    List<Lookup> lookups = new ArrayList<>();
    for (Visit visit : classifier.explain(key, 0)) {
      lookups.add(
          new Lookup(
              FlowRuleFormatter.format(classifier.rule(visit.like()).match()),
              visit.ruleCount(),
              visit.step().name().toLowerCase(Locale.ROOT),
              visit.found() == Classifier.MISS
                  ? ""
                  : FlowRuleFormatter.format(classifier.rule(visit.found()))));
    }
    LoopView first = loops.getFirst();
    FrameTrace trace = new FrameTrace(program, macs, first.nowS(), first.portsUp());
    trace.setMirrors(first.mirrors());
    FrameTrace.Decision decision = trace.send(frame, port);
    List<Arrival> by = arrivals.of(inPort, trace, frame);
    return new FrameVerdict(
        inPort,
        frame,
        FlowKeyFormatter.format(key, 0, inPort),
        trace.passesUnparsed(port),
        loops.stream().filter(LoopView::cached).map(LoopView::loop).toList(),
        lookups,
        decision.rule() == Classifier.MISS
            ? Optional.empty()
            : Optional.of(entryOf.apply(decision.rule())),
        visits(decision),
        decision.punted(),
        decision.dropped(),
        departures(decision, by),
        by);
  }

  private List<FrameVerdict.Visit> visits(FrameTrace.Decision decision) {
    return decision.visits().stream().map(this::visit).toList();
  }

  private FrameVerdict.Visit visit(FrameTrace.Visit visit) {
    GroupProgram groups = program.groups();
    return switch (visit.kind()) {
      case TABLE ->
          new TableVisit(
              visit.place(),
              visit.result() == Classifier.MISS
                  ? Optional.empty()
                  : Optional.of(entryOf.apply(visit.result())));
      case GROUP -> {
        FlowGroup group = groups.groupAt(visit.place());
        yield new GroupVisit(
            group,
            visit.result() < 0
                ? Optional.empty()
                : Optional.of(group.buckets().get(visit.result())));
      }
      case METER -> new MeterVisit(groups.meterAt(visit.place()));
    };
  }

  private List<Departure> departures(FrameTrace.Decision decision, List<Arrival> by) {
    List<Departure> departures = new ArrayList<>();
    for (FrameTrace.Sent sent : decision.sent()) {
      String name = numbers.name(sent.port());
      int pairs = arrivals.queuePairs(name);
      int spread = pairs > 1 ? Integer.remainderUnsigned(sent.flowHash(), pairs) : 0;
      int pair = sent.copy() ? spread : queuePair(name, by).orElse(spread);
      departures.add(new Departure(name, pair, sent.bytes(), sent.copy()));
    }
    departures.sort(Comparator.comparing(Departure::port));
    return departures;
  }

  /** The one that a guest gets it in by the first queue that it may come by: a mapping names it. */
  private static OptionalInt queuePair(String port, List<Arrival> by) {
    return by.stream()
        .flatMap(arrival -> arrival.deliveries().stream())
        .filter(delivery -> delivery.port().equals(port))
        .mapToInt(Delivery::queuePair)
        .findFirst();
  }
}
