// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.BufferList;
import io.iovtee.api.testkit.FakeGuestPort;
import io.iovtee.api.testkit.FakeReceiveRing.Place;
import io.iovtee.api.testkit.FakeRxQueue.Command;
import io.iovtee.api.testkit.FakeSwitch;
import io.iovtee.verticles.iovtee.Explanation;
import io.iovtee.verticles.iovtee.Isolation;
import io.iovtee.verticles.iovtee.MappingReason;
import io.iovtee.verticles.iovtee.MappingState;
import io.iovtee.verticles.iovtee.QueueId;
import io.iovtee.verticles.iovtee.SwitchEvent;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A guest that negotiated VIRTIO_F_IN_ORDER is mapped where the rules prove that order holds. */
final class CompletionOrderTest extends MappingFixture {
  private static final String OURS = "in_port=uplink," + MATCH + ",actions=output:nf1";

  private FakeGuestPort connectInOrder() {
    FakeGuestPort guest = context.guestUp("nf1", 1, 256, true, FakeSwitch.LOOP);
    engine.on(new SwitchEvent.GuestUp(guest));
    thread.run();
    guest.postAll();
    return guest;
  }

  private void ask(Isolation isolation, Optional<String> match) {
    done(engine.request(MappingFixture.request(isolation, match)));
    thread.run();
  }

  private FakeGuestPort mapped() {
    FakeGuestPort guest = connectInOrder();
    ask(Isolation.TRUSTED, Optional.empty());
    assertState(MappingState.ACTIVE, MappingReason.LENDING);
    queue.refill();
    return guest;
  }

  @Test
  void mappedWhereAllFramesOfThePortAreTheGuests() {
    mapped();
    assertThat(queue.outstandingGuestBuffers()).isPositive();
    assertThat(done(engine.explain(new QueueId("uplink", 0))).checks())
        .filteredOn(check -> check.name().equals("completion_order"))
        .singleElement()
        .satisfies(check -> assertThat(check.result()).isEqualTo(Explanation.Result.PASSED))
        .satisfies(check -> assertThat(check.detail()).startsWith("in order"));
  }

  @Test
  void refusedWhereARuleSendsSomeFramesElsewhere() {
    rules(
        "in_port=uplink,actions=output:nf1",
        "priority=40000,in_port=uplink,arp,actions=output:nf2");
    connectInOrder();
    ask(Isolation.TRUSTED, Optional.empty());
    assertState(MappingState.FALLBACK, MappingReason.ORDER_UNPROVEN);
    assertThat(status().detail())
        .contains("VIRTIO_F_IN_ORDER", "priority=40000,arp", "in_order=0", "strict");
    assertThat(queue.attachCount()).isZero();
  }

  @Test
  void refusedWhereTheQueueDoesNotKeepTheOrder() {
    queue.setFillsInOrder(false);
    connectInOrder();
    ask(Isolation.TRUSTED, Optional.empty());
    assertState(MappingState.FALLBACK, MappingReason.ORDER_UNPROVEN);
    assertThat(status().detail()).contains("uplink/0", "another order", "in_order=0");
  }

  /** Under any other isolation than strict a match does not keep other frames out. */
  @Test
  void aMatchProvesOrderOnlyWhereItIsEnforced() {
    queue.setCanFilter(true);
    rules(OURS);
    connectInOrder();
    ask(Isolation.SCRUB, Optional.of(MATCH));
    assertState(MappingState.FALLBACK, MappingReason.ORDER_UNPROVEN);
    assertThat(status().detail()).contains("find no rule");
    done(engine.remove("uplink:0"));
    ask(Isolation.STRICT, Optional.of(MATCH));
    assertState(MappingState.ACTIVE, MappingReason.LENDING);
  }

  /** What the queue keeps out by itself can not hold the order up, whatever the isolation. */
  @Test
  void aQueueThatFiltersByItselfNeedsRulesForTheRestOnly() {
    queue.setFiltering("hardware " + MATCH);
    rules(OURS);
    connectInOrder();
    ask(Isolation.TRUSTED, Optional.empty());
    assertState(MappingState.ACTIVE, MappingReason.LENDING);
  }

  /** The rules change while the mapping is on its way: the last steps must not lend. */
  @Test
  void rulesThatChangeDuringTheAttemptEndIt() {
    connectInOrder();
    queue.hold(Command.ATTACH);
    ask(Isolation.TRUSTED, Optional.empty());
    assertThat(queue.attachedGuest()).as("there is nothing to revoke yet").isEmpty();
    rules("in_port=uplink,actions=output:nf2");
    queue.hold(Command.DETACH);
    queue.release(Command.ATTACH);
    thread.run();
    assertState(MappingState.FALLBACK, MappingReason.ORDER_UNPROVEN);
    assertThat(queue.refill()).as("buffers lent before the queue is detached").isZero();
    queue.release(Command.DETACH);
    assertThat(queue.attachedGuest()).isEmpty();
  }

  @Test
  void aGuestThatReturnsWithoutItNeedsNoProof() {
    mapped();
    disconnect();
    connect();
    assertState(MappingState.ACTIVE, MappingReason.LENDING);
    rules("in_port=uplink,actions=output:nf2");
    assertThat(queue.attachedGuest()).as("nobody watches the rules any more").contains("nf1");
  }

  @Test
  void rulesThatBreakTheProofRevokeBeforeTheyAreInForce() {
    FakeGuestPort guest = mapped();
    rules("in_port=uplink,actions=output:nf1", "priority=40000,in_port=uplink,actions=drop");
    assertThat(queue.attachedGuest()).isEmpty();
    assertThat(queue.outstandingGuestBuffers()).isZero();
    engine.on(new SwitchEvent.RulesChanged(context.flows().version()));
    thread.run();
    assertThat(status().reason()).isIn(MappingReason.ORDER_UNPROVEN, MappingReason.LENDING_REVOKED);
    assertThat(guest.ring(0).countOf(Place.TAKEN)).isZero();
  }

  /** Lent again, the buffer would bring a later frame to an earlier place. */
  @Test
  void aForeignFramesBufferIsNotLentAgainAndEndsTheMapping() {
    FakeGuestPort guest = mapped();
    queue.receive(100, false);
    assertThat(guest.ring(0).countOf(Place.COPY_PATH)).isEqualTo(1);
    guest.postAll();
    queue.receive(100, true);
    assertThat(queue.refill()).as("nothing more is lent").isZero();
    tick();
    assertState(MappingState.FALLBACK, MappingReason.FOREIGN_FRAME);
    assertThat(status().detail()).contains("in order", "empty").doesNotContain("cleared");
    assertThat(queue.attachedGuest()).isEmpty();
  }

  @Test
  void buffersThatComeBackUnusedGoToTheRing() {
    FakeGuestPort guest = mapped();
    GuestBufferSource source =
        new GuestBufferSource("test", guest.ring(0), queue.constraints(), Isolation.TRUSTED, 0);
    BufferList out = new BufferList();
    guest.ring(0).copyIn();
    guest.postAll();
    assertThat(source.lend(out, 1)).isEqualTo(1);
    int before = guest.ring(0).countOf(Place.COPY_PATH);
    source.giveBack(out.token[0], 0);
    assertThat(guest.ring(0).countOf(Place.COPY_PATH)).isEqualTo(before + 1);
    assertThat(source.counters().halted()).as("no frame lay in it").isFalse();
  }

  /** Whether the NIC has no frames for them at all, or so few that copies wait for long. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 255})
  void copiesThatWaitBehindLentBuffersEndTheMapping(int moved) {
    FakeGuestPort guest = mapped();
    guest.ring(0).holdUp(17);
    tick();
    assertState(MappingState.ACTIVE, MappingReason.LENDING);
    guest.ring(0).holdUp(17 + guest.ring(0).size());
    tick();
    assertThat(status().state()).as("all that it waited for came").isEqualTo(MappingState.ACTIVE);
    guest.ring(0).holdUp(-1);
    tick();
    guest.ring(0).holdUp(300);
    tick();
    assertThat(status().state()).as("between them nothing waited").isEqualTo(MappingState.ACTIVE);
    guest.ring(0).holdUp(17);
    tick();
    assertThat(status().state()).as("another ring").isEqualTo(MappingState.ACTIVE);
    guest.ring(0).holdUp(17 + moved);
    tick();
    assertState(MappingState.FALLBACK, MappingReason.HELD_UP);
    assertThat(status().detail()).contains("behind buffers", "another queue pair");
    assertThat(queue.attachedGuest()).as("only so do the buffers come back").isEmpty();
  }
}
