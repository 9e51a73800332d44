// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.Outcome;
import io.iovtee.api.testkit.FakeGuestPort;
import io.iovtee.api.testkit.FakeReceiveRing;
import io.iovtee.api.testkit.FakeReceiveRing.Place;
import io.iovtee.api.testkit.FakeRxQueue.Command;
import io.iovtee.verticles.iovtee.Explanation;
import io.iovtee.verticles.iovtee.Isolation;
import io.iovtee.verticles.iovtee.MappingMode;
import io.iovtee.verticles.iovtee.MappingReason;
import io.iovtee.verticles.iovtee.MappingRefusedException;
import io.iovtee.verticles.iovtee.MappingState;
import io.iovtee.verticles.iovtee.MappingStatus;
import io.iovtee.verticles.iovtee.QueueId;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** How mappings end, and what people are told of them. */
final class MappingRemovalTest extends MappingFixture {
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
