// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.api.DmaConstraints;
import io.iovtee.api.GuestPort;
import io.iovtee.api.GuestReceiveRing;
import io.iovtee.api.RxBufferSource;
import io.iovtee.api.RxQueueControl;
import io.iovtee.api.SwitchContext;
import io.iovtee.api.SwitchStats;
import io.iovtee.verticles.iovtee.Explanation.Check;
import io.iovtee.verticles.iovtee.Isolation;
import io.iovtee.verticles.iovtee.MappingMode;
import io.iovtee.verticles.iovtee.MappingReason;
import io.iovtee.verticles.iovtee.MappingRequest;
import io.iovtee.verticles.iovtee.MappingState;
import io.iovtee.verticles.iovtee.MappingStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One mapping's life: REQUESTED → CHECKING → ACTIVE ⇄ FALLBACK → DRAINING → REMOVED. The way back
 * from FALLBACK leads through CHECKING, since whatever ended the lending may have changed the
 * queue.
 *
 * <p>Each step that asks the switch for something is bounded in time, and carries the number of the
 * attempt that it belongs to: an answer that comes after the guest went away, or after its time was
 * up, is dropped. What such a late answer may have left behind, a queue that lends though the
 * mapping does not say so, is put right at the next statistics tick.
 *
 * <p>Mapping thread only, except {@link #source}, which the poll thread sets when it makes a
 * source.
 */
final class QueueMapping {
  private final SwitchContext context;
  private final MappingThread thread;
  private final MappingTimeouts timeouts;
  private final int reserve;
  private final RuleGuard guard;
  private final Consumer<QueueMapping> onTransition;
  private final MappingProgress progress;
  private final MappingRemoval removal;

  private MappingRequest request;

  /** Grows with each attempt; an answer to an older one is dropped. */
  private int attempt;

  private boolean stepPending;
  private int failuresInRow;
  private long retryAtMs;
  private Optional<String> foreignFrame = Optional.empty();
  private Optional<String> steered = Optional.empty();

  /** The match that the queue filters by because this mapping asked for it. */
  private Optional<String> filtered = Optional.empty();

  /** What steering and filter were refused for, in this attempt. */
  private final List<String> refusals = new ArrayList<>();

  /** Watched while the mapping is strict and tried or active. */
  private volatile RuleGuard.@Nullable Promise promise;

  private String proof = "";
  private final SpillWatch spill = new SpillWatch();
  private long misdirectedBefore;
  private long lentBefore;
  private long ineligibleBefore;
  private volatile @Nullable GuestBufferSource source;

  QueueMapping(
      MappingRequest request,
      SwitchContext context,
      MappingThread thread,
      MappingTimeouts timeouts,
      int reserve,
      RuleGuard guard,
      Consumer<QueueMapping> onTransition) {
    this.request = request;
    this.context = context;
    this.thread = thread;
    this.timeouts = timeouts;
    this.reserve = reserve;
    this.guard = guard;
    this.onTransition = onTransition;
    progress = new MappingProgress(thread.timeMs());
    removal = new MappingRemoval(request, context, thread, timeouts, this::transition);
  }

  MappingRequest request() {
    return request;
  }

  MappingState state() {
    return progress.state();
  }

  String id() {
    return request.queue().id();
  }

  // ---- what happens to a mapping -------------------------------------------------------------

  /** Goes as far as the switch lets it: called whenever something changed that may matter. */
  void evaluate() {
    if (progress.isEnding() || stepPending) {
      return;
    }
    Optional<RxQueueControl> queue = queue();
    Optional<GuestPort> guest = context.guestPort(request.guest());
    MappingChecks checks = checks(queue, guest);
    MappingReason failure = checks.failure();
    if (failure != null) {
      if (progress.is(MappingState.ACTIVE)) {
        fallBack(failure, checks.failureDetail());
      } else {
        refuse(failure, checks.failureDetail());
      }
    } else if (!progress.is(MappingState.ACTIVE)) {
      prove(queue.orElseThrow(), guest.orElseThrow());
    }
  }

  private MappingChecks checks(Optional<RxQueueControl> queue, Optional<GuestPort> guest) {
    return MappingChecks.make(request, context, queue, guest, foreignFrame);
  }

  void setMode(MappingMode mode) {
    request = request.withMode(mode);
    foreignFrame = Optional.empty();
    failuresInRow = 0;
    evaluate();
  }

  void guestUp() {
    failuresInRow = 0;
    evaluate();
  }

  /** The switch has taken the guest's buffers out of the queue already. */
  void guestDown(String why) {
    if (progress.isEnding()) {
      return;
    }
    attempt++;
    stepPending = false;
    source = null;
    dropPromise();
    transition(MappingState.REQUESTED, MappingReason.GUEST_DOWN, why);
    evaluate();
  }

  void lendingRevoked(String why) {
    if (progress.is(MappingState.ACTIVE)) {
      fallBack(MappingReason.LENDING_REVOKED, why);
    }
  }

  /** A look at the counters; also the time for a new try. */
  void tick(SwitchStats stats) {
    if (progress.isEnding()) {
      return;
    }
    if (progress.is(MappingState.ACTIVE)) {
      tickActive(stats);
    } else if (!stepPending) {
      stopStrayLending();
      openQueue();
      if (thread.timeMs() >= retryAtMs) {
        evaluate();
      }
    }
  }

  private void tickActive(SwitchStats stats) {
    if (thread.timeMs() - progress.sinceMs() >= timeouts.settledMs()) {
      failuresInRow = 0;
    }
    Optional<RxQueueControl> queue = queue();
    if (queue.isEmpty() || !queue.get().isLending()) {
      fallBack(MappingReason.LENDING_ENDED, "the queue no longer lends");
      return;
    }
    Optional<String> foreign = foreignFrameSeen(stats);
    if (foreign.isPresent()) {
      foreignFrame = foreign;
      fallBack(MappingReason.FOREIGN_FRAME, foreign.get());
      return;
    }
    reportSpill(misdirected(stats));
    GuestBufferSource current = source;
    if (current != null) {
      SourceCounters counters = current.counters();
      long lent = counters.lent() - counters.relent() - lentBefore;
      ModeAdvisor.stopReason(request.mode(), lent, counters.ineligible() - ineligibleBefore)
          .ifPresent(why -> fallBack(MappingReason.BUFFERS_INELIGIBLE, why));
    }
  }

  /** Under strict isolation the first such frame has ended the mapping already. */
  private void reportSpill(long misdirected) {
    switch (spill.look(misdirected)) {
      case BEGAN ->
          transition(
              MappingState.ACTIVE,
              MappingReason.FOREIGN_FRAMES_COPIED,
              (misdirected - misdirectedBefore)
                  + " frames for somebody else came in on queue "
                  + request.queue()
                  + " and were copied: take the queue out of RSS (ethtool -X), or map it with a"
                  + " match that the NIC can steer by");
      case ENDED -> transition(MappingState.ACTIVE, MappingReason.LENDING, proof);
      case NONE -> {}
    }
  }

  /**
   * Strict isolation only: the source stops by itself, the queue's outcomes tell what it missed.
   */
  private Optional<String> foreignFrameSeen(SwitchStats stats) {
    if (request.isolation() != Isolation.STRICT) {
      return Optional.empty();
    }
    GuestBufferSource current = source;
    if (current != null && current.counters().halted()) {
      return Optional.of(
          "a frame for somebody else was written into a buffer of guest "
              + request.guest()
              + "; its bytes were cleared");
    }
    long misdirected = misdirected(stats) - misdirectedBefore;
    return misdirected <= 0
        ? Optional.empty()
        : Optional.of(
            misdirected + " frames in queue " + request.queue() + " were for somebody else");
  }

  // ---- on the way to ACTIVE ------------------------------------------------------------------

  private void prove(RxQueueControl queue, GuestPort guest) {
    attempt++;
    refusals.clear();
    dropPromise();
    if (request.isolation() == Isolation.STRICT) {
      RuleGuard.Promise made =
          guard.promise(request.queue(), IsolationPolicy.lets(request, queue), request.guest());
      promise = made;
      String broken = made.broken();
      if (broken != null) {
        refuse(MappingReason.ISOLATION_PROOF_MISSING, broken);
        return;
      }
    }
    stepPending = true;
    transition(MappingState.CHECKING, MappingReason.PROVING_ISOLATION, "");
    Optional<String> filter = queue.filtering();
    Optional<String> match = request.match();
    if (filter.isPresent() || match.isEmpty()) {
      proof = filter.orElse("");
      attach(queue, guest);
    } else if (steered.equals(match)) {
      steered(queue, guest, true);
    } else {
      steer(queue, guest, match.get());
    }
  }

  private void steer(RxQueueControl queue, GuestPort guest, String match) {
    step(
        () -> queue.steer(match),
        timeouts.steerMs(),
        MappingReason.STEER_TIMEOUT,
        why -> {
          refusals.add("steering: " + why);
          steered(queue, guest, false);
        },
        confirmed -> steered(queue, guest, confirmed));
  }

  private void steered(RxQueueControl queue, GuestPort guest, boolean confirmed) {
    Optional<String> match = request.match();
    steered = confirmed ? match : Optional.empty();
    proof = confirmed ? "steered and read back: " + match.orElse("") : "";
    if (IsolationPolicy.allows(request, confirmed)) {
      attach(queue, guest);
    } else {
      filter(queue, guest, match.orElse(""));
    }
  }

  /**
   * The NIC does not steer, and strict isolation needs a proof: the queue may keep other frames out
   * itself. Not done for other isolations, since those frames are then lost to the switch.
   */
  private void filter(RxQueueControl queue, GuestPort guest, String match) {
    step(
        () -> queue.filter(match),
        timeouts.steerMs(),
        MappingReason.STEER_TIMEOUT,
        why -> {
          refusals.add("filter: " + why);
          refuseUnproved(match);
        },
        confirmed -> {
          proof = queue.filtering().orElse("");
          if (confirmed && !proof.isEmpty()) {
            filtered = Optional.of(match);
            attach(queue, guest);
          } else {
            refuseUnproved(match);
          }
        });
  }

  private void refuseUnproved(String match) {
    stepPending = false;
    String missing = IsolationPolicy.missing(request, match, refusals);
    refuse(MappingReason.ISOLATION_PROOF_MISSING, missing + "; " + IsolationPolicy.remedy());
  }

  private void attach(RxQueueControl queue, GuestPort guest) {
    if (queue.attachedGuest().filter(guest.name()::equals).isPresent()) {
      lend(queue, guest);
      return;
    }
    transition(MappingState.CHECKING, MappingReason.ATTACHING, "");
    step(
        () -> queue.attach(guest),
        timeouts.attachMs(),
        MappingReason.ATTACH_FAILED,
        MappingReason.ATTACH_TIMEOUT,
        done -> lend(queue, guest));
  }

  private void lend(RxQueueControl queue, GuestPort guest) {
    transition(MappingState.CHECKING, MappingReason.STARTING, "");
    misdirectedBefore = misdirected(context.stats());
    step(
        () -> queue.lendFrom(guest, request.queuePair(), this::sourceFor),
        timeouts.lendMs(),
        MappingReason.LEND_FAILED,
        MappingReason.LEND_TIMEOUT,
        done -> {
          stepPending = false;
          RuleGuard.Promise given = promise;
          String broken = given == null ? null : given.broken();
          if (broken != null) {
            fallBack(MappingReason.ISOLATION_PROOF_MISSING, broken);
            return;
          }
          GuestBufferSource current = source;
          if (current != null) {
            SourceCounters counters = current.counters();
            lentBefore = counters.lent() - counters.relent();
            ineligibleBefore = counters.ineligible();
          }
          spill.start(misdirectedBefore);
          transition(MappingState.ACTIVE, MappingReason.LENDING, proof);
        });
  }

  /** Poll thread. One source per ring and window, however often its mapping pauses. */
  private RxBufferSource sourceFor(GuestReceiveRing ring, DmaConstraints constraints) {
    GuestBufferSource made = sourceOf(ring, constraints);
    RuleGuard.Promise given = promise;
    if (given != null && given.broken() != null) {
      // The rules changed on the way here; the mapping thread ends this attempt.
      made.halt();
    }
    return made;
  }

  private GuestBufferSource sourceOf(GuestReceiveRing ring, DmaConstraints constraints) {
    GuestBufferSource existing = source;
    if (existing != null && existing.serves(ring, constraints)) {
      existing.resume();
      return existing;
    }
    GuestBufferSource created =
        new GuestBufferSource(
            "guest:" + request.guest() + "/" + request.queuePair(),
            ring,
            constraints,
            request.isolation(),
            PluginConfig.reserveFor(reserve, ring.size()));
    source = created;
    return created;
  }

  /** Asks the switch for something; failures and delays end the attempt. */
  private <T> void step(
      Supplier<CompletionStage<T>> ask,
      long timeoutMs,
      MappingReason onFailure,
      MappingReason onTimeout,
      Consumer<T> then) {
    Consumer<String> end =
        why -> {
          stepPending = false;
          refuse(onFailure, why);
        };
    step(ask, timeoutMs, onTimeout, end, then);
  }

  /** The same; the caller says what a failure means, told why. */
  private <T> void step(
      Supplier<CompletionStage<T>> ask,
      long timeoutMs,
      MappingReason onTimeout,
      Consumer<String> onFailure,
      Consumer<T> then) {
    int mine = attempt;
    thread.ask(
        ask,
        timeoutMs,
        (result, failure) -> {
          if (mine != attempt || progress.isEnding()) {
            return;
          }
          if (failure == null) {
            then.accept(result);
            return;
          }
          if (failure instanceof MappingThread.StepTimeoutException) {
            stepPending = false;
            refuse(onTimeout, MappingThread.message(failure));
          } else {
            onFailure.accept(MappingThread.message(failure));
          }
        });
  }

  // ---- on the way back -----------------------------------------------------------------------

  /** Not active, and not to be for now. */
  private void refuse(MappingReason why, String text) {
    dropPromise();
    if (why == MappingReason.QUEUE_ABSENT) {
      // A queue that returns is another one.
      steered = Optional.empty();
      filtered = Optional.empty();
    }
    scheduleRetry();
    boolean waits = why == MappingReason.GUEST_ABSENT;
    MappingState next = waits ? MappingState.REQUESTED : MappingState.FALLBACK;
    // A guest that went away is reported so, not as one that was never there.
    if (waits && progress.is(next) && progress.reason() == MappingReason.GUEST_DOWN) {
      return;
    }
    if (!progress.is(next) || progress.reason() != why) {
      transition(next, why, text);
    }
  }

  private void dropPromise() {
    RuleGuard.Promise last = promise;
    if (last != null) {
      guard.forget(last);
      promise = null;
    }
  }

  /**
   * A filter that this mapping asked for goes when the NIC holds no guest buffer any more: on the
   * copy path it would only keep frames from others.
   */
  private void openQueue() {
    Optional<RxQueueControl> queue = queue();
    if (filtered.isEmpty() || queue.isEmpty() || queue.get().outstandingGuestBuffers() > 0) {
      return;
    }
    String match = filtered.get();
    filtered = Optional.empty();
    thread.ask(() -> queue.get().unfilter(match), timeouts.steerMs(), (removed, failure) -> {});
  }

  /**
   * Active no longer. A foreign frame under strict isolation, or a proof that is gone, also costs
   * the queue its reach.
   */
  private void fallBack(MappingReason why, String text) {
    dropPromise();
    attempt++;
    int mine = attempt;
    stepPending = true;
    transition(MappingState.FALLBACK, why, text);
    scheduleRetry();
    Optional<RxQueueControl> queue = queue();
    if (queue.isEmpty()) {
      stepPending = false;
      return;
    }
    boolean revoke =
        why == MappingReason.FOREIGN_FRAME || why == MappingReason.ISOLATION_PROOF_MISSING;
    thread.ask(
        () -> revoke ? queue.get().detach() : queue.get().stopLending(),
        revoke ? timeouts.attachMs() : timeouts.lendMs(),
        (done, failure) -> {
          if (mine == attempt) {
            stepPending = false;
          }
        });
  }

  private void scheduleRetry() {
    long wait = timeouts.retryMinMs() << Math.min(failuresInRow, Long.SIZE / 4);
    retryAtMs = thread.timeMs() + Math.min(wait, timeouts.retryMaxMs());
    failuresInRow++;
  }

  private void stopStrayLending() {
    Optional<RxQueueControl> queue = queue();
    if (queue.isPresent()
        && queue.get().isLending()
        && queue.get().attachedGuest().filter(request.guest()::equals).isPresent()) {
      thread.ask(() -> queue.get().stopLending(), timeouts.lendMs(), (done, failure) -> {});
    }
  }

  // ---- the end -------------------------------------------------------------------------------

  /** Ends the mapping; calls back when the NIC can no longer write to the guest, or why not. */
  void remove(MappingReason why, BiConsumer<MappingStatus, @Nullable String> then) {
    attempt++;
    dropPromise();
    removal.start(why, steered, filtered, failure -> then.accept(status(), failure));
  }

  // ---- what people see -----------------------------------------------------------------------

  /**
   * The way back has the same shape: while the queue writes through, frames that the guest sends
   * travel in its own buffers too. The switch classifies and sends a private copy of their headers,
   * so this needs no proof of isolation; a switch that can not do it copies as before.
   */
  private void lendTransmit(boolean lend) {
    context
        .guestPort(request.guest())
        .ifPresent(guest ->
            thread.ask(() -> guest.lendTransmit(lend), timeouts.lendMs(), (done, failure) -> {}));
  }

  private void transition(MappingState to, MappingReason why, String text) {
    boolean wasActive = progress.is(MappingState.ACTIVE);
    if (wasActive != (to == MappingState.ACTIVE)) {
      lendTransmit(!wasActive);
    }
    progress.move(to, why, text, thread.timeMs());
    onTransition.accept(this);
  }

  MappingStatus status() {
    GuestBufferSource current = source;
    return new MappingStatus(
        id(),
        request,
        progress.state(),
        progress.reason(),
        progress.detail(),
        progress.sinceMs(),
        progress.history(),
        current == null ? Map.of() : current.counters().byName());
  }

  /** All conditions, those included that only an attempt can tell. */
  List<Check> explain() {
    Optional<RxQueueControl> queue = queue();
    Optional<GuestPort> guest = context.guestPort(request.guest());
    List<Check> all = checks(queue, guest).all();
    if (progress.reason() == MappingReason.ISOLATION_PROOF_MISSING) {
      MappingChecks.replaceProof(all, progress.detail());
    }
    if (!refusals.isEmpty()) {
      all.add(Check.pending("steering", "not by the NIC: " + String.join("; ", refusals)));
    }
    int outstanding = queue.map(RxQueueControl::outstandingGuestBuffers).orElse(0);
    all.add(MappingChecks.lending(progress, stepPending, outstanding));
    GuestBufferSource current = source;
    all.add(MappingChecks.buffers(current == null ? null : current.counters()));
    return all;
  }

  private Optional<RxQueueControl> queue() {
    return context.rxQueue(request.queue().port(), request.queue().queue());
  }

  private long misdirected(SwitchStats stats) {
    return SpillWatch.misdirected(stats, request.queue());
  }
}
