// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.Outcome;
import io.iovtee.api.testkit.FakeGuestPort;
import io.iovtee.api.testkit.FakeReceiveRing;
import io.iovtee.api.testkit.FakeReceiveRing.Place;
import io.iovtee.api.testkit.FakeRxQueue;
import io.iovtee.api.testkit.FakeRxQueue.Command;
import io.iovtee.api.testkit.FakeSwitch;
import io.iovtee.verticles.iovtee.Explanation;
import io.iovtee.verticles.iovtee.Isolation;
import io.iovtee.verticles.iovtee.MappingMode;
import io.iovtee.verticles.iovtee.MappingReason;
import io.iovtee.verticles.iovtee.MappingRefusedException;
import io.iovtee.verticles.iovtee.MappingRequest;
import io.iovtee.verticles.iovtee.MappingRequest.Origin;
import io.iovtee.verticles.iovtee.MappingState;
import io.iovtee.verticles.iovtee.MappingStatus;
import io.iovtee.verticles.iovtee.QueueId;
import io.iovtee.verticles.iovtee.SwitchEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The life of mappings, with a switch in memory and a clock that stands still. */
final class QueueMappingsTest {
  private static final String MATCH = "dl_dst=02:00:00:00:00:11";

  private final FakeSwitch context = FakeSwitch.of(Map.of(), "uplink", 2, "nf1", "nf2");
  private final FakeMappingThread thread = new FakeMappingThread();
  private final List<MappingStatus> transitions = new ArrayList<>();
  private final QueueMappings engine =
      new QueueMappings(
          context,
          thread,
          MappingTimeouts.DEFAULT,
          PluginConfig.RESERVE_BY_RING_SIZE,
          new MappingPlanner(context, false, Isolation.STRICT));
  private final FakeRxQueue queue = context.queue("uplink", 0);

  @BeforeEach
  void listen() {
    engine.onTransition(transitions::add);
  }

  private static MappingRequest request(Isolation isolation, Optional<String> match) {
    return new MappingRequest(
        new QueueId("uplink", 0), "nf1", 0, isolation, MappingMode.AUTO, match, Origin.HTTP);
  }

  private <T> T done(CompletionStage<T> stage) {
    thread.run();
    return stage.toCompletableFuture().join();
  }

  private MappingRefusedException refused(CompletionStage<?> stage) {
    thread.run();
    Throwable failure = Assertions.catchThrowable(() -> stage.toCompletableFuture().join());
    assertThat(failure).isInstanceOf(CompletionException.class);
    assertThat(failure.getCause()).isInstanceOf(MappingRefusedException.class);
    return (MappingRefusedException) failure.getCause();
  }

  private MappingStatus status() {
    return done(engine.list()).getFirst();
  }

  private FakeGuestPort connect() {
    FakeGuestPort guest = context.guestUp("nf1");
    engine.on(new SwitchEvent.GuestUp(guest));
    thread.run();
    return guest;
  }

  private void disconnect() {
    context.guestDown("nf1", "socket closed");
    engine.on(new SwitchEvent.GuestDown("nf1", "socket closed"));
    thread.run();
  }

  private void tick() {
    engine.on(new SwitchEvent.StatsRead(context.stats()));
    thread.run();
  }

  private FakeGuestPort activate(Isolation isolation) {
    FakeGuestPort guest = connect();
    done(engine.request(request(isolation, Optional.empty())));
    thread.run();
    assertThat(status().state()).isEqualTo(MappingState.ACTIVE);
    return guest;
  }

  private void assertState(MappingState state, MappingReason reason) {
    assertThat(List.of(status().state(), status().reason())).containsExactly(state, reason);
  }

  @Test
  void waitsForItsGuestAndMapsWhenItComes() {
    done(engine.request(request(Isolation.TRUSTED, Optional.empty())));
    assertState(MappingState.REQUESTED, MappingReason.GUEST_ABSENT);
    assertThat(queue.attachCount()).isZero();

    connect();

    assertState(MappingState.ACTIVE, MappingReason.LENDING);
    assertThat(queue.isLending()).isTrue();
    assertThat(queue.attachedGuest()).contains("nf1");
  }

  @Test
  void mapsAgainWhenTheGuestReturns() {
    activate(Isolation.TRUSTED);
    disconnect();
    assertState(MappingState.REQUESTED, MappingReason.GUEST_DOWN);
    assertThat(status().detail()).contains("socket closed");

    FakeGuestPort second = connect();

    assertState(MappingState.ACTIVE, MappingReason.LENDING);
    queue.refill();
    assertThat(queue.receive(64, true)).isEqualTo(Outcome.WRITTEN_THROUGH);
    assertThat(second.ring(0).countOf(Place.GUEST)).isEqualTo(1);
  }

  @Test
  void hundredMappingsLoseNoBuffer() {
    FakeGuestPort guest = connect();
    FakeReceiveRing ring = guest.ring(0);
    for (int cycle = 0; cycle < 100; cycle++) {
      done(engine.request(request(Isolation.SCRUB, Optional.empty())));
      thread.run();
      for (int i = 0; i < 20; i++) {
        queue.refill();
        queue.receive(64, i % 3 != 0);
      }
      CompletionStage<MappingStatus> removed = engine.remove("uplink:0");
      thread.run();
      thread.advance(MappingTimeouts.DEFAULT.drainMs() + 100);
      assertThat(done(removed).state()).isEqualTo(MappingState.REMOVED);
      assertThat(ring.countOf(Place.TAKEN)).as("cycle %d", cycle).isZero();
      while (ring.copyIn()) {
        // The copy path uses up what was given back, as it would with traffic.
      }
      assertThat(ring.countOf(Place.GUEST)).as("cycle %d", cycle).isEqualTo(ring.size());
      guest.postAll();
    }
    assertThat(done(engine.list())).isEmpty();
    assertThat(queue.attachedGuest()).isEmpty();
  }

  @Test
  void removalWaitsForTheNicThenRevokes() {
    activate(Isolation.TRUSTED);
    queue.refill();
    CompletionStage<MappingStatus> removed = engine.remove("uplink:0");
    thread.run();
    assertState(MappingState.DRAINING, MappingReason.REMOVED_BY_OPERATOR);
    assertThat(queue.isLending()).isFalse();
    assertThat(queue.outstandingGuestBuffers()).isPositive();
    assertThat(removed.toCompletableFuture()).isNotDone();

    thread.advance(MappingTimeouts.DEFAULT.drainMs() + 100);

    assertThat(done(removed).reason()).isEqualTo(MappingReason.DRAIN_TIMEOUT);
    assertThat(queue.outstandingGuestBuffers()).isZero();
    assertThat(queue.attachedGuest()).isEmpty();
  }

  @Test
  void removalEndsEarlyWhenTheNicIsDrained() {
    activate(Isolation.TRUSTED);
    int lent = queue.refill();
    CompletionStage<MappingStatus> removed = engine.remove("uplink:0");
    thread.run();
    for (int i = 0; i < lent; i++) {
      assertThat(queue.receive(64, true)).isEqualTo(Outcome.WRITTEN_THROUGH);
    }
    thread.advance(MappingTimeouts.DEFAULT.drainPollMs());
    assertThat(done(removed).reason()).isEqualTo(MappingReason.DRAINED);
  }

  @Test
  void aMappingWhoseMemoryCannotBeDetachedDoesNotLookGone() {
    activate(Isolation.TRUSTED);
    queue.fail(Command.DETACH, new IllegalStateException("bind: EBUSY"));
    MappingRefusedException failure = refused(engine.remove("uplink:0"));
    assertThat(failure.kind()).isEqualTo(MappingRefusedException.Kind.UNAVAILABLE);
    assertThat(failure).hasMessageContaining("EBUSY");
    assertState(MappingState.DRAINING, MappingReason.DETACH_FAILED);

    queue.fail(Command.DETACH, null);
    assertThat(done(engine.remove("uplink:0")).state()).isEqualTo(MappingState.REMOVED);
  }

  @Test
  void aFailedDetachIsTriedAgainByItself() {
    activate(Isolation.TRUSTED);
    queue.fail(Command.DETACH, new IllegalStateException("bind: EBUSY"));
    refused(engine.remove("uplink:0"));
    queue.fail(Command.DETACH, null);
    assertThat(queue.attachedGuest()).isPresent();
    thread.advance(MappingTimeouts.DEFAULT.retryMaxMs());
    assertThat(queue.attachedGuest()).isEmpty();
    assertThat(done(engine.list())).isEmpty();
  }

  @Test
  void twoRemovalsAtOnceBothEnd() {
    activate(Isolation.TRUSTED);
    queue.refill();
    CompletionStage<MappingStatus> first = engine.remove("uplink:0");
    CompletionStage<MappingStatus> second = engine.remove("uplink:0");
    thread.run();
    thread.advance(MappingTimeouts.DEFAULT.drainMs() + 100);
    assertThat(done(first).state()).isEqualTo(MappingState.REMOVED);
    assertThat(done(second).state()).isEqualTo(MappingState.REMOVED);
    assertThat(transitions).filteredOn(status -> status.state() == MappingState.REMOVED).hasSize(1);
  }

  @Test
  void strictWithoutAnyProofIsRefusedByName() {
    connect();
    done(engine.request(request(Isolation.STRICT, Optional.empty())));
    thread.run();
    assertState(MappingState.FALLBACK, MappingReason.ISOLATION_PROOF_MISSING);
    assertThat(status().detail()).contains("uplink/0", "no match", "scrub or trusted");
    assertThat(queue.attachCount()).isZero();
  }

  @Test
  void strictIsRefusedWhenTheNicDoesNotSteer() {
    connect();
    done(engine.request(request(Isolation.STRICT, Optional.of(MATCH))));
    thread.run();
    assertState(MappingState.FALLBACK, MappingReason.ISOLATION_PROOF_MISSING);
    assertThat(status().detail()).contains(MATCH);
    assertThat(queue.attachCount()).isZero();
    assertThat(done(engine.explain(new QueueId("uplink", 0))).checks())
        .filteredOn(check -> check.result() == Explanation.Result.FAILED)
        .extracting(Explanation.Check::name)
        .first()
        .isEqualTo("isolation_proof");
  }

  @Test
  void strictMapsWhenTheNicSteersAndUnsteersInTheEnd() {
    queue.setCanSteer(true);
    connect();
    done(engine.request(request(Isolation.STRICT, Optional.of(MATCH))));
    thread.run();
    assertState(MappingState.ACTIVE, MappingReason.LENDING);
    assertThat(queue.steered()).containsExactly(MATCH);

    done(engine.remove("uplink:0"));
    assertThat(queue.steered()).isEmpty();
  }

  @Test
  void strictMapsWhenTheQueueTakesAFilterAndRemovesItInTheEnd() {
    queue.setCanFilter(true);
    connect();
    done(engine.request(request(Isolation.STRICT, Optional.of(MATCH))));
    thread.run();
    assertState(MappingState.ACTIVE, MappingReason.LENDING);
    assertThat(status().detail()).isEqualTo("filter " + MATCH);
    assertThat(queue.filtering()).isPresent();

    done(engine.remove("uplink:0"));
    assertThat(queue.filtering()).isEmpty();
  }

  @Test
  void otherIsolationsFilterNothing() {
    queue.setCanFilter(true);
    connect();
    done(engine.request(request(Isolation.SCRUB, Optional.of(MATCH))));
    thread.run();
    assertState(MappingState.ACTIVE, MappingReason.LENDING);
    assertThat(queue.filtering()).isEmpty();
  }

  @Test
  void strictMapsOnAQueueThatFilters() {
    queue.setFiltering("xdp-program " + MATCH);
    connect();
    done(engine.request(request(Isolation.STRICT, Optional.empty())));
    thread.run();
    assertState(MappingState.ACTIVE, MappingReason.LENDING);
    assertThat(status().detail()).contains("xdp-program");
  }

  @Test
  void otherIsolationsMapThoughTheNicDoesNotSteer() {
    connect();
    done(engine.request(request(Isolation.SCRUB, Optional.of(MATCH))));
    thread.run();
    assertState(MappingState.ACTIVE, MappingReason.LENDING);
  }

  @Test
  void aForeignFrameEndsAStrictMappingForGood() {
    queue.setFiltering("hw-filter");
    FakeGuestPort guest = activate(Isolation.STRICT);
    queue.refill();
    assertThat(queue.receive(100, false)).isEqualTo(Outcome.COPIED_MISDIRECTED);
    assertThat(queue.refill()).as("lends nothing before anybody looked").isZero();

    tick();

    assertState(MappingState.FALLBACK, MappingReason.FOREIGN_FRAME);
    assertThat(queue.attachedGuest()).as("memory out of reach").isEmpty();
    assertThat(guest.ring(0).countOf(Place.TAKEN)).isZero();
    thread.advance(MappingTimeouts.DEFAULT.retryMaxMs() * 2);
    tick();
    assertState(MappingState.FALLBACK, MappingReason.FOREIGN_FRAME);

    done(engine.pin("uplink:0", MappingMode.ON));
    thread.run();
    assertState(MappingState.ACTIVE, MappingReason.LENDING);
    while (guest.ring(0).copyIn()) {
      // What was revoked is used by the copy path, as it would be with traffic.
    }
    guest.postAll();
    assertThat(queue.refill()).isPositive();
  }

  @Test
  void misdirectedFramesThatTheSourceDidNotSeeCountToo() {
    queue.setFiltering("hw-filter");
    queue.countOutcome(Outcome.COPIED_MISDIRECTED, 7);
    activate(Isolation.STRICT);
    tick();
    assertState(MappingState.ACTIVE, MappingReason.LENDING);

    queue.countOutcome(Outcome.COPIED_MISDIRECTED, 1);
    tick();

    assertState(MappingState.FALLBACK, MappingReason.FOREIGN_FRAME);
    assertThat(status().detail()).contains("1 frames");
  }

  @Test
  void foreignFramesDoNotEndOtherIsolations() {
    activate(Isolation.SCRUB);
    queue.refill();
    queue.receive(100, false);
    tick();
    assertState(MappingState.ACTIVE, MappingReason.LENDING);
  }

  @Test
  void saysWhichConditionFails() {
    record Case(FakeGuestPort guest, MappingReason reason, String detail) {}
    List<Case> cases =
        List.of(
            new Case(
                context.guestUp("nf1", 1, 256, true, FakeSwitch.LOOP),
                MappingReason.IN_ORDER,
                "in_order=0"),
            new Case(
                context.guestUp("nf1", 1, 256, false, "loop-1"),
                MappingReason.POLL_LOOP_DIFFERS,
                "loop-1"));
    for (Case one : cases) {
      context.guestDown("nf1", "test");
      context.guestUp("nf1", 1, 256, one.guest().inOrder(), one.guest().pollLoop());
      done(engine.request(request(Isolation.TRUSTED, Optional.empty())));
      thread.run();
      assertState(MappingState.FALLBACK, one.reason());
      assertThat(status().detail()).contains(one.detail());
      done(engine.remove("uplink:0"));
    }
  }

  @Test
  void refusesAQueuePairThatTheGuestDoesNotRun() {
    connect();
    done(
        engine.request(
            new MappingRequest(
                new QueueId("uplink", 0),
                "nf1",
                3,
                Isolation.TRUSTED,
                MappingMode.ON,
                Optional.empty(),
                Origin.HTTP)));
    assertState(MappingState.FALLBACK, MappingReason.QUEUE_PAIR_ABSENT);
  }

  @Test
  void aQueueThatComesLaterIsMappedThen() {
    connect();
    done(
        engine.request(
            new MappingRequest(
                new QueueId("late", 0),
                "nf1",
                0,
                Isolation.TRUSTED,
                MappingMode.ON,
                Optional.empty(),
                Origin.CONFIG)));
    assertState(MappingState.FALLBACK, MappingReason.QUEUE_ABSENT);
    context.addNic("late", 1, true);
    engine.on(new SwitchEvent.PortsChanged());
    thread.run();
    assertState(MappingState.ACTIVE, MappingReason.LENDING);

    context.removeNic("late");
    engine.on(new SwitchEvent.PortsChanged());
    thread.run();
    assertState(MappingState.FALLBACK, MappingReason.QUEUE_ABSENT);
  }

  @Test
  void aQueueHasOneMappingAndAGuestQueueToo() {
    connect();
    MappingRequest first = request(Isolation.TRUSTED, Optional.empty());
    done(engine.request(first));
    assertThat(done(engine.request(first)).id()).isEqualTo("uplink:0");
    assertThat(refused(engine.request(request(Isolation.SCRUB, Optional.empty()))).kind())
        .isEqualTo(MappingRefusedException.Kind.CONFLICT);
    MappingRequest sameGuestQueue =
        new MappingRequest(
            new QueueId("uplink", 1),
            "nf1",
            0,
            Isolation.TRUSTED,
            MappingMode.AUTO,
            Optional.empty(),
            Origin.HTTP);
    assertThat(refused(engine.request(sameGuestQueue))).hasMessageContaining("uplink/0");
  }

  @Test
  void modeOffCopiesAndOnMapsAgain() {
    activate(Isolation.TRUSTED);
    done(engine.pin("uplink:0", MappingMode.OFF));
    thread.run();
    assertState(MappingState.FALLBACK, MappingReason.MODE_OFF);
    assertThat(queue.isLending()).isFalse();
    done(engine.unpin("uplink:0"));
    thread.run();
    assertState(MappingState.ACTIVE, MappingReason.LENDING);
    assertThat(queue.attachCount()).as("no second re-bind").isEqualTo(1);
  }

  @Test
  void unknownIdsAreNotFound() {
    for (CompletionStage<?> stage :
        List.of(
            engine.pin("uplink:0", MappingMode.ON),
            engine.unpin("nonsense"),
            engine.remove("uplink:7"),
            engine.explain(new QueueId("nowhere", 0)))) {
      assertThat(refused(stage).kind()).isEqualTo(MappingRefusedException.Kind.NOT_FOUND);
    }
  }

  @Test
  void failuresAndDelaysFallBackAndAreTriedAgain() {
    Map<Command, MappingReason> failures =
        Map.of(
            Command.ATTACH, MappingReason.ATTACH_FAILED,
            Command.LEND, MappingReason.LEND_FAILED);
    connect();
    for (Map.Entry<Command, MappingReason> one : failures.entrySet()) {
      queue.fail(one.getKey(), new IllegalStateException("ENOMEM"));
      done(engine.request(request(Isolation.TRUSTED, Optional.empty())));
      thread.run();
      assertState(MappingState.FALLBACK, one.getValue());
      assertThat(status().detail()).contains("ENOMEM");
      queue.fail(one.getKey(), null);
      tick();
      assertState(MappingState.FALLBACK, one.getValue());
      thread.advance(MappingTimeouts.DEFAULT.retryMaxMs());
      tick();
      assertState(MappingState.ACTIVE, MappingReason.LENDING);
      done(engine.remove("uplink:0"));
    }
  }

  @Test
  void aStepThatTakesTooLongFallsBackAndItsLateEndIsPutRight() {
    connect();
    queue.hold(Command.LEND);
    done(engine.request(request(Isolation.TRUSTED, Optional.empty())));
    thread.run();
    assertState(MappingState.CHECKING, MappingReason.STARTING);
    thread.advance(MappingTimeouts.DEFAULT.lendMs());
    assertState(MappingState.FALLBACK, MappingReason.LEND_TIMEOUT);

    queue.release(Command.LEND);
    assertThat(queue.isLending()).isTrue();
    tick();
    assertThat(queue.isLending()).as("stray lending is stopped").isFalse();
    thread.advance(MappingTimeouts.DEFAULT.retryMaxMs());
    tick();
    assertState(MappingState.ACTIVE, MappingReason.LENDING);
  }

  @Test
  void anAnswerForAGuestThatWentAwayIsDropped() {
    connect();
    queue.hold(Command.ATTACH);
    done(engine.request(request(Isolation.TRUSTED, Optional.empty())));
    thread.run();
    assertState(MappingState.CHECKING, MappingReason.ATTACHING);
    disconnect();
    queue.release(Command.ATTACH);
    thread.run();
    assertState(MappingState.REQUESTED, MappingReason.GUEST_DOWN);
    assertThat(queue.isLending()).isFalse();
  }

  @Test
  void aRevokedLendingIsTakenUpAgain() {
    activate(Isolation.TRUSTED);
    context.revoke(queue, "queue re-bound");
    engine.on(new SwitchEvent.LendingRevoked(new QueueId("uplink", 0), "queue re-bound"));
    thread.run();
    assertState(MappingState.FALLBACK, MappingReason.LENDING_REVOKED);
    thread.advance(MappingTimeouts.DEFAULT.retryMinMs());
    tick();
    assertState(MappingState.ACTIVE, MappingReason.LENDING);
  }

  @Test
  void lendingThatEndedInSilenceIsNoticed() {
    activate(Isolation.TRUSTED);
    queue.stopLending();
    tick();
    assertState(MappingState.FALLBACK, MappingReason.LENDING_ENDED);
  }

  @Test
  void autoStopsWhenNoBufferCanBeLent() {
    FakeGuestPort guest = activate(Isolation.TRUSTED);
    FakeReceiveRing ring = guest.ring(0);
    for (int round = 0; round < 60; round++) {
      queue.refill();
      while (ring.copyIn()) {
        // All buffers go back to the guest.
      }
      while (queue.outstandingGuestBuffers() > 0) {
        queue.receive(64, true);
      }
      ring.postAll(100, FakeGuestPort.BUFFER_STRIDE);
    }
    tick();
    assertState(MappingState.FALLBACK, MappingReason.BUFFERS_INELIGIBLE);
    assertThat(status().detail()).contains("posted buffers could be lent");
  }

  @Test
  void historyIsBounded() {
    activate(Isolation.TRUSTED);
    for (int i = 0; i < 50; i++) {
      disconnect();
      connect();
    }
    assertThat(status().history()).hasSize(MappingProgress.HISTORY_MAX);
    assertThat(transitions.size()).isGreaterThan(MappingProgress.HISTORY_MAX);
  }

  @Test
  void explainsAQueueThatNobodyAskedToMap() {
    Explanation explanation = done(engine.explain(new QueueId("uplink", 1)));
    assertThat(explanation.mode()).isEqualTo("copy");
    assertThat(explanation.checks().getFirst().name()).isEqualTo("mapping_requested");
    assertThat(explanation.checks().getFirst().remedy()).contains("auto");
  }

  @Test
  void explainsAMappedQueueAndOneThatIsNot() {
    activate(Isolation.TRUSTED);
    Explanation mapped = done(engine.explain(new QueueId("uplink", 0)));
    assertThat(mapped.mode()).isEqualTo("mapped");
    assertThat(mapped.checks())
        .filteredOn(check -> check.result() == Explanation.Result.FAILED)
        .isEmpty();

    done(engine.pin("uplink:0", MappingMode.OFF));
    Explanation off = done(engine.explain(new QueueId("uplink", 0)));
    assertThat(off.mode()).isEqualTo("copy");
    assertThat(off.checks())
        .filteredOn(check -> check.result() == Explanation.Result.FAILED)
        .extracting(Explanation.Check::name)
        .first()
        .isEqualTo("mode");
  }
}
