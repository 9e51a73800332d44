// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api.testkit;

import io.iovtee.api.DropReason;
import io.iovtee.api.FlowTable;
import io.iovtee.api.FrameVerdict;
import io.iovtee.flow.Action;
import io.iovtee.flow.FlowRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Predicate;

/** A rule table that compiles nothing, and knows which ports there are. */
public final class FakeFlowTable implements FlowTable {
  private final Predicate<String> portExists;
  private final Consumer<List<FlowRule>> beforeChange;
  private final LongConsumer onChange;
  private List<FlowEntry> entries = List.of();
  private long version = 1;
  private long nextId = 1;

  FakeFlowTable(
      Predicate<String> portExists, Consumer<List<FlowRule>> beforeChange, LongConsumer onChange) {
    this.portExists = portExists;
    this.beforeChange = beforeChange;
    this.onChange = onChange;
  }

  @Override
  public synchronized long version() {
    return version;
  }

  @Override
  public synchronized List<FlowEntry> entries() {
    return entries;
  }

  /** Every frame meets the first rule and leaves through the ports that it names, unchanged. */
  @Override
  public synchronized CompletionStage<FrameVerdict> trace(String inPort, byte[] frame) {
    if (!portExists.test(inPort)) {
      return CompletableFuture.failedFuture(
          new IllegalArgumentException("no such port: port=" + inPort));
    }
    Optional<FlowEntry> rule = entries.stream().findFirst();
    List<FrameVerdict.Departure> departures = new ArrayList<>();
    for (Action action : rule.map(entry -> entry.rule().actions()).orElse(List.of())) {
      if (action instanceof Action.Output output) {
        departures.add(new FrameVerdict.Departure(output.port(), 0, frame));
      }
    }
    DropReason dropped =
        !departures.isEmpty()
            ? DropReason.NONE
            : rule.isEmpty() ? DropReason.NO_RULE : DropReason.RULE;
    return CompletableFuture.completedFuture(
        new FrameVerdict(
            inPort, frame, "in_port=" + inPort, List.of(), List.of(), rule, dropped, departures));
  }

  @Override
  public CompletionStage<Long> replace(List<FlowRule> rules, long expectedVersion) {
    long changed;
    try {
      rules.forEach(this::checkPorts);
      beforeChange.accept(rules);
      changed = replaceNow(rules, expectedVersion);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
    onChange.accept(changed);
    return CompletableFuture.completedFuture(changed);
  }

  private synchronized long replaceNow(List<FlowRule> rules, long expectedVersion) {
    if (expectedVersion != -1 && expectedVersion != version) {
      throw new IllegalStateException(
          "the table moved on: version=" + version + ", expected=" + expectedVersion);
    }
    List<FlowEntry> changed = new ArrayList<>();
    for (FlowRule rule : rules) {
      FlowEntry before =
          entries.stream()
              .filter(entry -> sameFlow(entry.rule(), rule))
              .findFirst()
              .orElse(new FlowEntry(0, rule, 0, 0, 0));
      long id = before.id() == 0 ? nextId++ : before.id();
      changed.add(new FlowEntry(id, rule, before.packets(), before.bytes(), before.ageMs()));
    }
    entries = List.copyOf(changed);
    return ++version;
  }

  private void checkPorts(FlowRule rule) {
    String inPort = rule.match().inPort();
    if (inPort != null && !portExists.test(inPort)) {
      throw new IllegalArgumentException("in_port: no port has this name: name=" + inPort);
    }
    for (Action action : rule.actions()) {
      if (action instanceof Action.Output output && !portExists.test(output.port())) {
        throw new IllegalArgumentException("output: no port has this name: name=" + output.port());
      }
    }
  }

  private static boolean sameFlow(FlowRule one, FlowRule other) {
    return one.priority() == other.priority() && one.match().equals(other.match());
  }
}
