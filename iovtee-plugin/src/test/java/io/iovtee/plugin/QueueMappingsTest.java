// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.Outcome;
import io.iovtee.api.testkit.FakeGuestPort;
import io.iovtee.api.testkit.FakeReceiveRing;
import io.iovtee.api.testkit.FakeReceiveRing.Place;
import io.iovtee.api.testkit.FakeRxQueue;
import io.iovtee.api.testkit.FakeRxQueue.Command;
import io.iovtee.verticles.iovtee.Explanation;
import io.iovtee.verticles.iovtee.Isolation;
import io.iovtee.verticles.iovtee.MappingMode;
import io.iovtee.verticles.iovtee.MappingReason;
import io.iovtee.verticles.iovtee.MappingRefusedException;
import io.iovtee.verticles.iovtee.MappingRequest;
import io.iovtee.verticles.iovtee.MappingRequest.Origin;
import io.iovtee.verticles.iovtee.MappingState;
import io.iovtee.verticles.iovtee.QueueId;
import io.iovtee.verticles.iovtee.SwitchEvent;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The life of mappings, with a switch in memory and a clock that stands still. */
final class QueueMappingsTest extends MappingFixture {
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
    queue.setFiltering("hw-filter " + MATCH);
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
    queue.setFiltering("hw-filter " + MATCH);
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
  void foreignFramesDoNotEndOtherIsolationsButAreNews() {
    activate(Isolation.SCRUB);
    queue.refill();
    queue.receive(100, false);
    tick();
    assertState(MappingState.ACTIVE, MappingReason.FOREIGN_FRAMES_COPIED);
    assertThat(status().detail()).contains("1 frames", "uplink/0", "ethtool -X");
    assertThat(queue.isLending()).isTrue();

    int told = transitions.size();
    for (int i = 1; i < SpillWatch.QUIET_READINGS; i++) {
      tick();
    }
    queue.receive(100, false);
    tick();
    assertThat(transitions).as("no news").hasSize(told);
    for (int i = 0; i < SpillWatch.QUIET_READINGS; i++) {
      assertState(MappingState.ACTIVE, MappingReason.FOREIGN_FRAMES_COPIED);
      tick();
    }
    assertState(MappingState.ACTIVE, MappingReason.LENDING);
  }

  @Test
  void saysWhichConditionFails() {
    record Case(FakeGuestPort guest, MappingReason reason, String detail) {}
    List<Case> cases =
        List.of(
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
  void portThatDoesNotExistIsNamedWithThoseThatDo() {
    QueueId other = new QueueId("uplink", 1);
    for (String name : List.of("nf9", "uplink")) { // a NIC's port is no guest's either
      done(
          engine.request(
              new MappingRequest(
                  other,
                  name,
                  0,
                  Isolation.TRUSTED,
                  MappingMode.ON,
                  Optional.empty(),
                  Origin.CONFIG)));
      assertState(MappingState.FALLBACK, MappingReason.PORT_ABSENT);
      assertThat(status().detail())
          .contains("there is no guest port " + name, "guest ports: [nf1, nf2]", "add the port");
      assertThat(done(engine.explain(other)).checks())
          .filteredOn(check -> check.result() == Explanation.Result.FAILED)
          .first()
          .satisfies(check -> assertThat(check.detail()).startsWith("there is no guest port"));
      connect();
      done(engine.request(request(Isolation.TRUSTED, Optional.empty())));
      thread.run();
      assertState(MappingState.ACTIVE, MappingReason.LENDING); // the other queue's
      done(engine.remove("uplink:0"));
      done(engine.remove("uplink:1"));
    }
  }

  @Test
  void portThatComesLaterIsWaitedForAndMapped() {
    done(
        engine.request(
            new MappingRequest(
                new QueueId("uplink", 0),
                "nf3",
                0,
                Isolation.TRUSTED,
                MappingMode.ON,
                Optional.empty(),
                Origin.CONFIG)));
    assertState(MappingState.FALLBACK, MappingReason.PORT_ABSENT);
    context.addPort("nf3", Map.of("type", "vhost-user"));
    engine.on(new SwitchEvent.PortsChanged());
    thread.run();
    assertState(MappingState.REQUESTED, MappingReason.GUEST_ABSENT);
    engine.on(new SwitchEvent.GuestUp(context.guestUp("nf3")));
    thread.run();
    assertState(MappingState.ACTIVE, MappingReason.LENDING);
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

  /** A port that is closed and opened within moments: the news of it comes once, afterwards. */
  @Test
  void aQueueThatReturnsIsSteeredAnew() {
    queue.setCanSteer(true);
    connect();
    done(engine.request(request(Isolation.STRICT, Optional.of(MATCH))));
    thread.run();
    assertState(MappingState.ACTIVE, MappingReason.LENDING);

    context.removeNic("uplink");
    context.addNic("uplink", 1, false);
    FakeRxQueue returned = (FakeRxQueue) context.rxQueue("uplink", 0).orElseThrow();
    returned.setCanSteer(true);
    engine.on(new SwitchEvent.StatsRead(context.stats()));
    thread.run();
    engine.on(new SwitchEvent.PortsChanged());
    thread.run();
    assertState(MappingState.ACTIVE, MappingReason.LENDING);
    assertThat(returned.steered()).containsExactly(MATCH);
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
}
