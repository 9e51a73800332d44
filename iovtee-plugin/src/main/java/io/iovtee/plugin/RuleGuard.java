// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.api.RxQueueControl;
import io.iovtee.api.SwitchContext;
import io.iovtee.api.SwitchListener;
import io.iovtee.flow.Match;
import io.iovtee.flow.store.RuleDelta;
import io.iovtee.verticles.iovtee.QueueId;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Ends mappings whose proof a change of the rules takes away, strict ones and those of guests with
 * completion in order, <em>before</em> the switch works by the new rules: when they are in force no
 * frame that they send elsewhere can land in that guest's memory any more.
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

    /** The last proof; null before the first. */
    private RuleProof.@Nullable Verdict verdict;

    private Promise(QueueId queue, List<Match> lets, String guest) {
      this.queue = queue;
      this.lets = lets;
      this.guest = guest;
    }

    /** Why it no longer holds; null as long as it does. Any thread. */
    @Nullable String broken() {
      return broken;
    }

    private RuleProof.Verdict prove(SwitchContext context) {
      return RuleProof.prove(context.flows()::overlapping, queue.port(), lets, guest);
    }

    /** The proof with the rules when the promise was made, unless they have changed by now. */
    private synchronized void begin(RuleProof.Verdict first) {
      verdict = verdict == null ? first : verdict;
      first.missing().ifPresent(why -> broken = why);
    }

    private synchronized void renew(RuleProof.Verdict next) {
      verdict = next;
      next.missing().ifPresent(why -> broken = why);
    }

    /** Whether the proof must be made again. */
    private synchronized boolean mayBreak(List<RuleDelta> changes) {
      RuleProof.Verdict last = verdict;
      return last == null || !last.basis().standsAfter(changes);
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
    made.begin(made.prove(context));
    return made;
  }

  /** Whether a change of the rules has taken a promise for this queue away. Any thread. */
  boolean isBroken(QueueId queue) {
    return promises.stream().anyMatch(one -> one.queue.equals(queue) && one.broken != null);
  }

  /** Whether a promise for this queue is watched, and none was taken away. Any thread. */
  boolean stands(QueueId queue) {
    return !isBroken(queue) && promises.stream().anyMatch(one -> one.queue.equals(queue));
  }

  void forget(Promise promise) {
    promises.remove(promise);
  }

  /** Control thread. */
  @Override
  public void flowsChanging(List<RuleDelta> changes) {
    for (Promise promise : promises) {
      if (promise.broken == null && promise.mayBreak(changes)) {
        promise.renew(promise.prove(context));
        if (promise.broken != null) {
          revoke(promise);
        }
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
