// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.flows;

import io.iovtee.api.FlowTable;
import io.iovtee.api.FlowTable.FlowEntry;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import io.iovtee.verticles.bus.Addresses;
import io.iovtee.verticles.bus.LocalBus;
import io.iovtee.verticles.bus.Refusal;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.function.Function;

/**
 * Carries out rule commands one at a time. Each reads the table, works out the new list, and hands
 * it over with the version that it read: whoever else changed the table meanwhile (a reload of the
 * configuration) makes it fail, and it is worked out again unless the caller named a version.
 */
public final class FlowsVerticle extends VerticleBase {
  /** Rules that one table takes over HTTP: what a body of a megabyte can name, with room. */
  static final int RULES_MAX = 100_000;

  /** A table that moved on this often under one command has another writer in a loop. */
  private static final int ATTEMPTS_MAX = 5;

  private final FlowTable table;
  private Future<?> previous = Future.succeededFuture();

  public FlowsVerticle(FlowTable table) {
    this.table = table;
  }

  @Override
  public Future<?> start() {
    new LocalBus(vertx).answer(Addresses.FLOW_COMMANDS, this::carryOut, FlowsVerticle::refusalOf);
    return Future.succeededFuture();
  }

  private Future<FlowsView> carryOut(FlowCommand command) {
    if (command instanceof FlowCommand.ListAll) {
      List<FlowEntry> all = table.entries();
      return Future.succeededFuture(new FlowsView(table.version(), all, all.size()));
    }
    Future<FlowsView> mine = previous.otherwiseEmpty().compose(done -> change(command, 1));
    previous = mine;
    return mine;
  }

  private Future<FlowsView> change(FlowCommand command, int attempt) {
    return switch (command) {
      case FlowCommand.ListAll all -> carryOut(all);
      case FlowCommand.Add add ->
          change(
              command,
              attempt,
              add.expectedVersion(),
              before -> new Change(added(before, add.rules()), add.rules()));
      case FlowCommand.DeleteById delete ->
          change(
              command,
              attempt,
              delete.expectedVersion(),
              before -> deleteById(before, delete.id()));
      case FlowCommand.DeleteMatching delete ->
          change(
              command, attempt, delete.expectedVersion(), before -> deleteMatching(before, delete));
      case FlowCommand.Replace replace ->
          change(
              command,
              attempt,
              replace.expectedVersion(),
              before -> new Change(added(List.of(), replace.rules()), replace.rules()));
    };
  }

  /** The new list, and the rules to report: those added, or those deleted. */
  private record Change(List<FlowRule> rules, List<FlowRule> reported) {}

  private Future<FlowsView> change(
      FlowCommand command,
      int attempt,
      long expectedVersion,
      Function<List<FlowEntry>, Change> work) {
    long version = table.version();
    if (expectedVersion != FlowCommand.ANY_VERSION && expectedVersion != version) {
      return Future.failedFuture(stale(expectedVersion, version));
    }
    List<FlowEntry> before = table.entries();
    Change change = work.apply(before);
    if (change.rules().size() > RULES_MAX) {
      return Future.failedFuture(
          new IllegalArgumentException(
              "the table takes at most " + RULES_MAX + " rules: rules=" + change.rules().size()));
    }
    return Future.fromCompletionStage(table.replace(change.rules(), version), context)
        .map(changed -> view(changed, before, change))
        .recover(failure -> {
          boolean moved = cause(failure) instanceof IllegalStateException;
          if (!moved) {
            return Future.failedFuture(failure);
          }
          return expectedVersion == FlowCommand.ANY_VERSION && attempt < ATTEMPTS_MAX
              ? change(command, attempt + 1)
              : Future.failedFuture(stale(version, table.version()));
        });
  }

  private static StaleVersionException stale(long expected, long version) {
    return new StaleVersionException(
        "the rules changed: version=" + version + ", expected=" + expected + "; read them again");
  }

  private FlowsView view(long version, List<FlowEntry> before, Change change) {
    Map<FlowName, FlowEntry> known = new LinkedHashMap<>();
    before.forEach(entry -> known.put(FlowName.of(entry.rule()), entry));
    List<FlowEntry> after = table.entries();
    after.forEach(entry -> known.put(FlowName.of(entry.rule()), entry));
    List<FlowEntry> reported = new ArrayList<>();
    for (FlowRule rule : change.reported()) {
      FlowEntry entry = known.get(FlowName.of(rule));
      reported.add(entry == null ? new FlowEntry(0, rule, 0, 0, 0) : entry);
    }
    return new FlowsView(version, reported, after.size());
  }

  /** What makes two rules the same flow. */
  private record FlowName(int priority, Match match) {
    static FlowName of(FlowRule rule) {
      return new FlowName(rule.priority(), rule.match());
    }
  }

  private static List<FlowRule> added(List<FlowEntry> before, List<FlowRule> rules) {
    Map<FlowName, FlowRule> all = new LinkedHashMap<>();
    before.forEach(entry -> all.put(FlowName.of(entry.rule()), entry.rule()));
    rules.forEach(rule -> all.put(FlowName.of(rule), rule));
    return List.copyOf(all.values());
  }

  private static Change deleteById(List<FlowEntry> before, long id) {
    List<FlowRule> kept = new ArrayList<>();
    List<FlowRule> deleted = new ArrayList<>();
    for (FlowEntry entry : before) {
      (entry.id() == id ? deleted : kept).add(entry.rule());
    }
    if (deleted.isEmpty()) {
      throw new NoSuchFlowException("no rule has this id: id=" + id + "; see GET /api/v1/flows");
    }
    return new Change(kept, deleted);
  }

  private static Change deleteMatching(List<FlowEntry> before, FlowCommand.DeleteMatching delete) {
    List<FlowRule> kept = new ArrayList<>();
    List<FlowRule> deleted = new ArrayList<>();
    for (FlowEntry entry : before) {
      FlowRule rule = entry.rule();
      boolean meant =
          (delete.loose()
                  ? delete.match().covers(rule.match())
                  : rule.match().equals(delete.match()))
              && (delete.priority().isEmpty() || delete.priority().getAsInt() == rule.priority());
      (meant ? deleted : kept).add(rule);
    }
    if (deleted.isEmpty()) {
      throw new NoSuchFlowException(
          delete.loose()
              ? "no rule has this match or a narrower one; see GET /api/v1/flows"
              : "no rule has exactly this match; see GET /api/v1/flows for those there are");
    }
    return new Change(kept, deleted);
  }

  private static Refusal refusalOf(Throwable failure) {
    return switch (cause(failure)) {
      case NoSuchFlowException e -> Refusal.NOT_FOUND;
      case StaleVersionException e -> Refusal.STALE_VERSION;
      case IllegalArgumentException e -> Refusal.INVALID;
      default -> Refusal.FAILED;
    };
  }

  private static Throwable cause(Throwable failure) {
    Throwable cause = failure.getCause();
    return failure instanceof CompletionException && cause != null ? cause : failure;
  }

  private static final class NoSuchFlowException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NoSuchFlowException(String message) {
      super(message, null, false, false);
    }
  }

  private static final class StaleVersionException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StaleVersionException(String message) {
      super(message, null, false, false);
    }
  }
}
