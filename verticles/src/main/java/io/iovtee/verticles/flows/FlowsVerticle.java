// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.flows;

import io.iovtee.api.FlowTable;
import io.iovtee.api.FlowTable.Changed;
import io.iovtee.api.FlowTable.FlowEntry;
import io.iovtee.flow.NotThereException;
import io.iovtee.verticles.bus.Addresses;
import io.iovtee.verticles.bus.LocalBus;
import io.iovtee.verticles.bus.Refusal;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/**
 * Hands rule commands to the switch's table, which carries out one at a time. Nothing here depends
 * on the size of the table: a list is given in pages.
 */
public final class FlowsVerticle extends VerticleBase {
  private final FlowTable table;

  public FlowsVerticle(FlowTable table) {
    this.table = table;
  }

  @Override
  public Future<?> start() {
    new LocalBus(vertx).answer(Addresses.FLOW_COMMANDS, this::carryOut, FlowsVerticle::refusalOf);
    return Future.succeededFuture();
  }

  private Future<FlowsView> carryOut(FlowCommand command) {
    return switch (command) {
      case FlowCommand.Page(long from, int limit) -> read(() -> page(from, limit));
      case FlowCommand.One(long id) -> read(() -> one(id));
      case FlowCommand.Change(var mods, long expectedVersion) ->
          changed(table.change(mods, expectedVersion), expectedVersion);
      case FlowCommand.Replace(var content, long expectedVersion) ->
          changed(table.replace(content, expectedVersion), expectedVersion);
    };
  }

  /** Readings wait for the switch's control thread: not on the event loop. */
  private Future<FlowsView> read(Callable<FlowsView> reading) {
    return vertx.executeBlocking(reading, false);
  }

  private FlowsView page(long from, int limit) {
    FlowTable.Page page = table.page(from, limit);
    return new FlowsView(
        page.version(), page.entries().size(), page.entries(), page.total(), page.next());
  }

  private FlowsView one(long id) {
    long version = table.version();
    FlowEntry entry =
        table
            .entry(id)
            .orElseThrow(() ->
                new NotThereException("no rule has this id: id=" + id + "; see the list of all"));
    return new FlowsView(version, 1, List.of(entry), table.size(), OptionalLong.empty());
  }

  private Future<FlowsView> changed(CompletionStage<Changed> change, long expectedVersion) {
    return Future.fromCompletionStage(change, context)
        .map(done ->
            new FlowsView(
                done.version(), done.count(), done.entries(), done.total(), OptionalLong.empty()))
        .recover(failure -> {
          Throwable cause = cause(failure);
          boolean stale =
              cause instanceof IllegalStateException && expectedVersion != FlowCommand.ANY_VERSION;
          return Future.failedFuture(stale ? new StaleVersionException(cause) : cause);
        });
  }

  private static Refusal refusalOf(Throwable failure) {
    return switch (failure) {
      case NotThereException _ -> Refusal.NOT_FOUND;
      case StaleVersionException _ -> Refusal.STALE_VERSION;
      case IllegalArgumentException _ -> Refusal.INVALID;
      default -> Refusal.FAILED;
    };
  }

  private static Throwable cause(Throwable failure) {
    Throwable cause = failure.getCause();
    return failure instanceof CompletionException && cause != null ? cause : failure;
  }

  private static final class StaleVersionException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StaleVersionException(Throwable cause) {
      super(cause.getMessage(), cause, false, false);
    }
  }
}
