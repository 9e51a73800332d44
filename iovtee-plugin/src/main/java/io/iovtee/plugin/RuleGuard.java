// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.api.RxQueueControl;
import io.iovtee.api.SwitchContext;
import io.iovtee.api.SwitchListener;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import io.iovtee.verticles.iovtee.QueueId;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Ends strict mappings whose proof a change of the rules takes away, <em>before</em> the switch
 * works by the new rules: when they are in force no frame that they send elsewhere can land in that
 * guest's memory any more.
 *
 * <p>Promises are made on the mapping thread; the switch's control thread breaks them.
 */
final class RuleGuard implements SwitchListener {
  private final SwitchContext context;
  private final Set<Promise> promises = ConcurrentHashMap.newKeySet();

  RuleGuard(SwitchContext context) {
    this.context = context;
  }

  /** That the rules send all that a queue lets in to one guest. Compared by identity. */
  static final class Promise {
    private final QueueId queue;
    private final List<Match> lets;
    private final String guest;
    private volatile @Nullable String broken;

    private Promise(QueueId queue, List<Match> lets, String guest) {
      this.queue = queue;
      this.lets = lets;
      this.guest = guest;
    }

    /** Why it no longer holds; null as long as it does. Any thread. */
    @Nullable String broken() {
      return broken;
    }

    private Optional<String> missing(List<FlowRule> rules) {
      return RuleProof.missing(rules, queue.port(), lets, guest);
    }
  }

  /**
   * From now on the promise is watched; whether it holds at this moment the caller asks {@link
   * Promise#broken}.
   */
  Promise promise(QueueId queue, List<Match> lets, String guest) {
    Promise made = new Promise(queue, List.copyOf(lets), guest);
    promises.add(made);
    // In this order: a change of the rules in between is seen by one of the two.
    made.missing(context.flows().rules()).ifPresent(why -> made.broken = why);
    return made;
  }

  void forget(Promise promise) {
    promises.remove(promise);
  }

  /** Control thread. */
  @Override
  public void flowsChanging(List<FlowRule> next) {
    for (Promise promise : promises) {
      Optional<String> why = promise.missing(next);
      if (why.isPresent()) {
        promise.broken = why.get();
        revoke(promise);
      }
    }
  }

  /** On the control thread the switch carries this out before it answers. */
  private void revoke(Promise promise) {
    Optional<RxQueueControl> queue = context.rxQueue(promise.queue.port(), promise.queue.queue());
    if (queue.flatMap(RxQueueControl::attachedGuest).filter(promise.guest::equals).isPresent()) {
      var unused = queue.orElseThrow().detach();
    }
  }
}
