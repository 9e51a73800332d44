// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.flows;

import io.iovtee.api.FlowTable;
import io.iovtee.api.GroupTable;
import io.iovtee.api.SwitchContext;
import io.iovtee.flow.NotThereException;
import io.iovtee.verticles.bus.Addresses;
import io.iovtee.verticles.bus.LocalBus;
import io.iovtee.verticles.bus.Refusal;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.util.concurrent.CompletionException;

/** Hands commands about groups and meters to the switch, which carries out one at a time. */
public final class GroupsVerticle extends VerticleBase {
  private final FlowTable flows;
  private final GroupTable groups;

  public GroupsVerticle(SwitchContext context) {
    flows = context.flows();
    groups = context.groups();
  }

  @Override
  public Future<?> start() {
    new LocalBus(vertx).answer(Addresses.GROUP_COMMANDS, this::carryOut, GroupsVerticle::refusalOf);
    return Future.succeededFuture();
  }

  private Future<GroupsView> carryOut(GroupCommand command) {
    return switch (command) {
      case GroupCommand.Read() -> read();
      case GroupCommand.Change(var mods, long expectedVersion) ->
          Future.fromCompletionStage(groups.change(mods, expectedVersion), context)
              .compose(version -> read())
              .recover(failure -> Future.failedFuture(cause(failure)));
    };
  }

  /** Readings wait for the switch's control thread: not on the event loop. */
  private Future<GroupsView> read() {
    return vertx.executeBlocking(
        () -> new GroupsView(flows.version(), groups.groups(), groups.meters()), false);
  }

  private static Refusal refusalOf(Throwable failure) {
    return switch (failure) {
      case NotThereException _ -> Refusal.NOT_FOUND;
      case IllegalStateException _ -> Refusal.STALE_VERSION;
      case IllegalArgumentException _ -> Refusal.INVALID;
      default -> Refusal.FAILED;
    };
  }

  private static Throwable cause(Throwable failure) {
    Throwable cause = failure.getCause();
    return failure instanceof CompletionException && cause != null ? cause : failure;
  }
}
