// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.api.RxQueueControl;
import io.iovtee.verticles.iovtee.Isolation;
import io.iovtee.verticles.iovtee.MappingReason;
import io.iovtee.verticles.iovtee.MappingRequest;
import org.jspecify.annotations.Nullable;

/**
 * What the rules must go on to prove while a mapping is tried or active: that all that gets in is
 * for its guest. Strict isolation wants it, and completion in order does; otherwise there is
 * nothing to prove. Mapping thread, except {@link #broken}.
 */
final class StandingProof {
  private final RuleGuard guard;
  private final boolean strict;
  private volatile RuleGuard.@Nullable Promise promise;

  StandingProof(RuleGuard guard, MappingRequest request) {
    this.guard = guard;
    strict = request.isolation() == Isolation.STRICT;
  }

  /** From now on the rules are watched. */
  void begin(MappingRequest request, RxQueueControl queue, boolean inOrder) {
    end();
    if (strict || inOrder) {
      promise =
          guard.promise(request.queue(), CompletionOrder.lets(request, queue), request.guest());
    }
  }

  /** Why it no longer holds; null as long as it does, or nothing is to be proved. Any thread. */
  @Nullable String broken() {
    RuleGuard.Promise given = promise;
    return given == null ? null : given.broken();
  }

  /** What a mapping without it is told. */
  MappingReason reason() {
    return strict ? MappingReason.ISOLATION_PROOF_MISSING : MappingReason.ORDER_UNPROVEN;
  }

  void end() {
    RuleGuard.Promise last = promise;
    if (last != null) {
      guard.forget(last);
      promise = null;
    }
  }
}
