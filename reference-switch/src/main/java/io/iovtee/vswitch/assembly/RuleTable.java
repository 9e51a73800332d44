// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import io.iovtee.api.FlowTable;
import io.iovtee.api.FrameVerdict;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import io.iovtee.flow.classifier.Classifier;
import io.iovtee.vswitch.datapath.FlowProgram;
import io.iovtee.vswitch.datapath.LoopView;
import io.iovtee.vswitch.datapath.MacTable;
import io.iovtee.vswitch.datapath.PollLoop;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.ToIntFunction;

/**
 * The rule table: compiled on the control thread, swapped in by each loop, acknowledged. Counters
 * of a rule that stays are carried over from the programs that are replaced.
 */
final class RuleTable implements FlowTable {
  private final ControlThread control;
  private final PortNumbers numbers;
  private final MacTable macs;
  private final ToIntFunction<String> queuePairs;
  private final Listeners listeners;
  private final Map<RuleKey, Row> rows = new HashMap<>();
  private List<PollLoop> loops = List.of();
  private List<FlowProgram> programs = List.of();
  private volatile List<FlowRule> rules;

  /** The rules that listeners have heard of: {@link #rules}, or what they are about to become. */
  private volatile List<FlowRule> announced;

  private volatile long version = 1;
  private long nextId = 1;

  /** What makes two rules the same rule: OpenFlow's strict match. */
  private record RuleKey(int priority, Match match) {}

  /** What outlives a program: identity, age, and what replaced programs had counted. */
  private static final class Row {
    final long id;
    final long addedNs = System.nanoTime();
    long packetsBefore;
    long bytesBefore;

    Row(long id) {
      this.id = id;
    }
  }

  RuleTable(
      List<FlowRule> rules,
      ControlThread control,
      PortNumbers numbers,
      MacTable macs,
      ToIntFunction<String> queuePairs,
      Listeners listeners) {
    this.rules = rules;
    this.macs = macs;
    this.queuePairs = queuePairs;
    this.announced = rules;
    this.control = control;
    this.numbers = numbers;
    this.listeners = listeners;
    rules.forEach(this::row);
  }

  private Row row(FlowRule rule) {
    return rows.computeIfAbsent(new RuleKey(rule.priority(), rule.match()), _ -> new Row(nextId++));
  }

  /** A program for a loop that is about to start. Control thread. */
  FlowProgram program() {
    return FlowProgram.of(compile(rules), numbers::lookup);
  }

  /** From now on changes go to these loops. Control thread. */
  void attach(List<PollLoop> running) {
    loops = running;
    programs = running.stream().map(PollLoop::program).toList();
  }

  /** A rule that names a port which was never configured is refused, as OVS does. */
  private Classifier compile(List<FlowRule> from) {
    return Classifier.compile(from, numbers::lookup);
  }

  @Override
  public long version() {
    return version;
  }

  @Override
  public CompletionStage<Long> replace(List<FlowRule> next, long expectedVersion) {
    return control.submit(() -> replaceNow(List.copyOf(next), expectedVersion));
  }

  private long replaceNow(List<FlowRule> next, long expectedVersion) {
    if (expectedVersion >= 0 && expectedVersion != version) {
      throw new IllegalStateException(
          "the rules changed meanwhile: version=%d, expected=%d; read them again"
              .formatted(version, expectedVersion));
    }
    Classifier classifier = compile(next);
    announced = next;
    listeners.tell(l -> l.flowsChanging(next));
    List<FlowProgram> nextPrograms = new ArrayList<>();
    List<CompletableFuture<Void>> acknowledged = new ArrayList<>();
    for (PollLoop loop : loops) {
      FlowProgram program = FlowProgram.of(classifier, numbers::lookup);
      nextPrograms.add(program);
      acknowledged.add(loop.execute(() -> loop.setProgram(program)));
    }
    acknowledged.forEach(CompletableFuture::join);
    carryOver();
    programs = List.copyOf(nextPrograms);
    rules = next;
    next.forEach(this::row);
    rows.keySet().retainAll(keys(next));
    long changed = version + 1; // only the control thread writes it
    version = changed;
    listeners.tell(l -> l.flowsChanged(changed));
    return changed;
  }

  private static Set<RuleKey> keys(List<FlowRule> of) {
    Set<RuleKey> keys = new HashSet<>();
    of.forEach(rule -> keys.add(new RuleKey(rule.priority(), rule.match())));
    return keys;
  }

  private void carryOver() {
    for (int r = 0; r < rules.size(); r++) {
      Row row = row(rules.get(r));
      for (FlowProgram program : programs) {
        row.packetsBefore += program.packets(r);
        row.bytesBefore += program.bytes(r);
      }
    }
  }

  @Override
  public List<FlowRule> rules() {
    return announced;
  }

  @Override
  public List<FlowEntry> entries() {
    return control.call("reading the rules", this::entriesNow);
  }

  private List<FlowEntry> entriesNow() {
    List<FlowEntry> entries = new ArrayList<>();
    for (int r = 0; r < rules.size(); r++) {
      entries.add(entry(r));
    }
    return entries;
  }

  private FlowEntry entry(int r) {
    FlowRule rule = rules.get(r);
    Row row = row(rule);
    long packets = row.packetsBefore;
    long bytes = row.bytesBefore;
    for (FlowProgram program : programs) {
      packets += program.packets(r);
      bytes += program.bytes(r);
    }
    long ageMs = (System.nanoTime() - row.addedNs) / 1_000_000;
    return new FlowEntry(row.id, rule, packets, bytes, ageMs);
  }

  @Override
  public CompletionStage<FrameVerdict> trace(String inPort, byte[] frame) {
    return control.submit(() -> traceNow(inPort, frame.clone()));
  }

  private FrameVerdict traceNow(String inPort, byte[] frame) {
    int port = numbers.lookup(inPort);
    if (port < 0) {
      throw new IllegalArgumentException("no such port: port=" + inPort);
    }
    long[] key = RuleTrace.key(frame, port);
    List<LoopView> views = loops.stream().map(loop -> loop.view(key).join()).toList();
    return new RuleTrace(
            programs.getFirst().uncounted(), numbers, macs.copy(), this::entry, queuePairs)
        .run(inPort, frame, views);
  }
}
