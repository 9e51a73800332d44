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
  private final Consumer<QueueMapping> onTransition;
  private final MappingProgress progress;
  private final MappingRemoval removal;

  private MappingRequest request;

  /** Grows with each attempt; an answer to an older one is dropped. */
  private int attempt;

  private boolean stepPending;
  private final RetryTimer retry;
  private Optional<String> foreignFrame = Optional.empty();
  private @Nullable RxQueueControl provedQueue;
  private Optional<String> steered = Optional.empty();

  /** The match that the queue filters by because this mapping asked for it. */
  private Optional<String> filtered = Optional.empty();

  /** What steering and filter were refused for, in this attempt. */
  private final List<String> refusals = new ArrayList<>();

  private final StandingProof rulesProof;
  private String proof = "";
  private final ForeignFrames foreignFrames = new ForeignFrames();
  private final HeldUpWatch heldUp = new HeldUpWatch();
  private final EligibleShare eligible = new EligibleShare();
  private final WayControl ways;
  private final AutoMode auto;
  private volatile @Nullable GuestBufferSource source;

  /** Whether a source that halted may go on: not when only the way changes. */
  private volatile boolean resumes;

  QueueMapping(
      MappingRequest request,
      SwitchContext context,
      MappingThread thread,
      MappingTimeouts timeouts,
      int reserve,
      RuleGuard guard,
      AutoLimits limits,
      Consumer<QueueMapping> onTransition) {
    this.request = request;
    this.context = context;
    this.thread = thread;
    this.timeouts = timeouts;
    this.reserve = reserve;
    rulesProof = new StandingProof(guard, request);
    this.onTransition = onTransition;
    progress = new MappingProgress(thread.timeMs());
    retry = new RetryTimer(thread, timeouts);
    removal = new MappingRemoval(request, context, thread, timeouts, this::transition);
    ways = new WayControl(request, context, thread, timeouts, this::sourceFor);
    auto = new AutoMode(request.queue(), thread, timeouts, ways, limits, this::follow);
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
    Optional<RxQueueControl> queue = ways.queue();
    Optional<GuestPort> guest = context.guestPort(request.guest());
    MappingChecks checks = checks(queue, guest);
    MappingReason failure = checks.failure();
    if (failure != null) {
      if (progress.is(MappingState.ACTIVE)) {
        fallBack(failure, checks.failureDetail());
      } else {
        refuse(failure, checks.failureDetail());
      }
    } else if (!progress.is(MappingState.ACTIVE) && !rests(queue.orElseThrow())) {
      prove(queue.orElseThrow(), guest.orElseThrow());
    }
  }

  /** Copies because that is faster; all that write-through needs is still in place. */
  private boolean rests(RxQueueControl queue) {
    return progress.reason() == MappingReason.COPY_FASTER
        && request.mode() == MappingMode.AUTO
        && rulesProof.broken() == null
        && queue.attachedGuest().filter(request.guest()::equals).isPresent();
  }

  private MappingChecks checks(Optional<RxQueueControl> queue, Optional<GuestPort> guest) {
    return MappingChecks.make(request, context, queue, guest, foreignFrame);
  }

  void setMode(MappingMode mode) {
    request = request.withMode(mode);
    foreignFrame = Optional.empty();
    if (auto.isMeasuring()) {
      auto.cancel();
      ways.set(Way.WRITE_THROUGH);
    }
    retry.forget();
    evaluate();
  }

  void guestUp() {
    retry.forget();
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
    auto.cancel();
    rulesProof.end();
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
    Optional<RxQueueControl> queue = ways.queue();
    Optional<String> stuck = stepPending ? Optional.empty() : heldUp.look(source);
    if (stuck.isPresent()) {
      fallBack(MappingReason.HELD_UP, stuck.get());
    } else if (progress.is(MappingState.ACTIVE)) {
      tickActive(queue, stats);
    } else if (queue.isPresent() && rests(queue.get())) {
      if (!endsByForeignFrame(stats)) {
        measure(queue.get(), stats, Way.COPY);
      }
    } else if (!stepPending) {
      ways.stopStrayLending();
      openQueue();
      if (retry.isDue()) {
        evaluate();
      }
    }
  }

  private void tickActive(Optional<RxQueueControl> queue, SwitchStats stats) {
    if (thread.timeMs() - progress.sinceMs() >= timeouts.settledMs()) {
      retry.forget();
    }
    if (queue.isEmpty() || !(queue.get().isLending() || auto.isMeasuring())) {
      fallBack(MappingReason.LENDING_ENDED, "the queue no longer lends");
      return;
    }
    if (queue.get().isGone()) {
      evaluate();
      return;
    }
    if (endsByForeignFrame(stats)) {
      return;
    }
    switch (foreignFrames.look(stats, request)) {
      case BEGAN ->
          transition(
              MappingState.ACTIVE,
              MappingReason.FOREIGN_FRAMES_COPIED,
              foreignFrames.text(stats, request));
      case ENDED -> transition(MappingState.ACTIVE, MappingReason.LENDING, proof);
      case NONE -> {}
    }
    GuestBufferSource current = source;
    if (request.mode() == MappingMode.AUTO && current != null) {
      eligible
          .stopReason(current.counters())
          .ifPresentOrElse(
              why -> fallBack(MappingReason.BUFFERS_INELIGIBLE, why),
              () -> measure(queue.get(), stats, Way.WRITE_THROUGH));
    }
  }

  private boolean endsByForeignFrame(SwitchStats stats) {
    Optional<String> foreign = foreignFrames.seen(stats, request, source);
    if (foreign.isEmpty()) {
      return false;
    }
    foreignFrame = foreign;
    fallBack(MappingReason.FOREIGN_FRAME, foreign.get());
    return true;
  }

  private void measure(RxQueueControl queue, SwitchStats stats, Way inForce) {
    if (!stepPending) {
      auto.look(queue, stats, inForce);
    }
  }

  /** The advisor has found out which way is faster, or the traffic is of another kind now. */
  private void follow(WayVerdict verdict) {
    Optional<RxQueueControl> queue = ways.queue();
    Optional<GuestPort> guest = context.guestPort(request.guest());
    if (queue.isEmpty() || guest.isEmpty() || endsByForeignFrame(context.stats())) {
      return;
    }
    if (verdict.way() == Way.WRITE_THROUGH && !progress.is(MappingState.ACTIVE)) {
      prove(queue.get(), guest.get());
      return;
    }
    ways.set(verdict.way());
    if (verdict.way() == Way.COPY) {
      transition(MappingState.FALLBACK, MappingReason.COPY_FASTER, verdict.text());
    } else {
      transition(MappingState.ACTIVE, MappingReason.WRITE_THROUGH_NOT_SLOWER, verdict.text());
    }
  }

  // ---- on the way to ACTIVE ------------------------------------------------------------------

  private void prove(RxQueueControl queue, GuestPort guest) {
    resumes = progress.reason() != MappingReason.COPY_FASTER;
    attempt++;
    refusals.clear();
    if (!queue.equals(provedQueue)) { // a queue that returns is another one
      steered = Optional.empty();
      filtered = Optional.empty();
      provedQueue = queue;
    }
    rulesProof.begin(request, queue, guest.inOrder());
    String missing = rulesProof.broken();
    if (missing != null) {
      refuse(rulesProof.reason(), missing);
      return;
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
    foreignFrames.start(context.stats(), request);
    step(
        () -> queue.lendFrom(guest, request.queuePair(), this::sourceFor),
        timeouts.lendMs(),
        MappingReason.LEND_FAILED,
        MappingReason.LEND_TIMEOUT,
        done -> {
          stepPending = false;
          String broken = rulesProof.broken();
          if (broken != null) {
            fallBack(rulesProof.reason(), broken);
            return;
          }
          GuestBufferSource current = source;
          if (current != null) {
            eligible.start(current.counters());
          }
          WayVerdict verdict = resumes ? null : auto.verdictFor(request.mode());
          resumes = false;
          if (verdict == null) {
            transition(MappingState.ACTIVE, MappingReason.LENDING, proof);
          } else {
            transition(MappingState.ACTIVE, MappingReason.WRITE_THROUGH_NOT_SLOWER, verdict.text());
          }
          auto.start();
        });
  }

  /** Poll thread. One source per ring and window, however often its mapping pauses. */
  private RxBufferSource sourceFor(GuestReceiveRing ring, DmaConstraints constraints) {
    GuestBufferSource made = sourceOf(ring, constraints);
    if (rulesProof.broken() != null) {
      // The rules changed on the way here; the mapping thread ends this attempt.
      made.halt();
    }
    return made;
  }

  private GuestBufferSource sourceOf(GuestReceiveRing ring, DmaConstraints constraints) {
    GuestBufferSource existing = source;
    if (existing != null && existing.serves(ring, constraints)) {
      if (resumes) {
        existing.resume();
      }
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
    auto.cancel();
    rulesProof.end();
    retry.failed();
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

  /**
   * A filter that this mapping asked for goes when the NIC holds no guest buffer any more: on the
   * copy path it would only keep frames from others.
   */
  private void openQueue() {
    Optional<RxQueueControl> queue = ways.queue();
    if (filtered.isEmpty() || queue.isEmpty() || queue.get().outstandingGuestBuffers() > 0) {
      return;
    }
    String match = filtered.get();
    filtered = Optional.empty();
    thread.ask(() -> queue.get().unfilter(match), timeouts.steerMs(), (removed, failure) -> {});
  }

  /** Active no longer. What {@link IsolationPolicy#revokes} also costs the queue its reach. */
  private void fallBack(MappingReason why, String text) {
    auto.cancel();
    rulesProof.end();
    attempt++;
    int mine = attempt;
    stepPending = true;
    transition(MappingState.FALLBACK, why, text);
    retry.failed();
    Optional<RxQueueControl> queue = ways.queue();
    if (queue.isEmpty()) {
      stepPending = false;
      return;
    }
    boolean revoke = IsolationPolicy.revokes(why);
    thread.ask(
        () -> revoke ? queue.get().detach() : queue.get().stopLending(),
        revoke ? timeouts.attachMs() : timeouts.lendMs(),
        (done, failure) -> {
          if (mine == attempt) {
            stepPending = false;
          }
        });
  }

  /** Ends the mapping; calls back when the NIC can no longer write to the guest, or why not. */
  void remove(MappingReason why, BiConsumer<MappingStatus, @Nullable String> then) {
    attempt++;
    auto.cancel();
    rulesProof.end();
    removal.start(why, steered, filtered, failure -> then.accept(status(), failure));
  }

  // ---- what people see -----------------------------------------------------------------------

  private void transition(MappingState to, MappingReason why, String text) {
    boolean wasActive = progress.is(MappingState.ACTIVE);
    if (wasActive != (to == MappingState.ACTIVE)) {
      ways.lendTransmit(!wasActive);
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
    Optional<RxQueueControl> queue = ways.queue();
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
    all.add(MappingChecks.advice(request.mode(), auto.report()));
    return all;
  }
}
