// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.SwitchListener;
import io.iovtee.api.testkit.FakeFlowTable;
import io.iovtee.api.testkit.FakeGuestPort;
import io.iovtee.api.testkit.FakeRxQueue.Command;
import io.iovtee.flow.store.FlowMod;
import io.iovtee.flow.store.RuleDelta;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.verticles.iovtee.Explanation;
import io.iovtee.verticles.iovtee.Isolation;
import io.iovtee.verticles.iovtee.MappingReason;
import io.iovtee.verticles.iovtee.MappingState;
import io.iovtee.verticles.iovtee.QueueId;
import io.iovtee.verticles.iovtee.SwitchEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Strict isolation and the rule table: what is let in must be the guest's by the rules. */
class StrictRulesTest extends MappingFixture {
  private static final String OURS = "in_port=uplink," + MATCH + ",actions=output:nf1";
  private static final String TAKES_SOME =
      "priority=40000,in_port=uplink,arp," + MATCH + ",actions=output:nf2";

  private void request(Isolation isolation) {
    done(engine.request(request(isolation, Optional.of(MATCH))));
    thread.run();
  }

  private void hear() {
    engine.on(new SwitchEvent.RulesChanged(context.flows().version()));
    thread.run();
  }

  @Test
  void refusedWhenAnotherRuleTakesSomeOfTheMatchAndSaysWhich() {
    queue.setCanFilter(true);
    rules(OURS, TAKES_SOME);
    connect();
    request(Isolation.STRICT);
    assertState(MappingState.FALLBACK, MappingReason.ISOLATION_PROOF_MISSING);
    assertThat(status().detail())
        .contains("elsewhere: priority=40000,arp,in_port=uplink", "actions=output:nf2");
    assertThat(queue.attachCount()).isZero();
    assertThat(queue.filtering()).as("nothing was touched").isEmpty();
    assertThat(done(engine.explain(new QueueId("uplink", 0))).checks())
        .filteredOn(check -> check.result() == Explanation.Result.FAILED)
        .extracting(Explanation.Check::name)
        .first()
        .isEqualTo("rules_agree");

    rules(OURS);
    hear();
    assertState(MappingState.ACTIVE, MappingReason.LENDING);
  }

  @Test
  void otherIsolationsDoNotAskTheRules() {
    rules("in_port=uplink,actions=output:nf2");
    connect();
    request(Isolation.SCRUB);
    assertState(MappingState.ACTIVE, MappingReason.LENDING);
    rules("in_port=uplink,actions=drop");
    assertThat(queue.attachedGuest()).isPresent();
  }

  @Test
  void guestMemoryIsOutOfReachBeforeTheNewRulesAreInForce() {
    queue.setCanFilter(true);
    rules(OURS);
    FakeGuestPort guest = connect();
    request(Isolation.STRICT);
    queue.refill();
    assertState(MappingState.ACTIVE, MappingReason.LENDING);
    List<Optional<String>> attachedWhenChanged = new ArrayList<>();
    context.addListener(
        new SwitchListener() {
          @Override
          public void flowsChanging(List<RuleDelta> changes) {
            // Told after the engine's guard, as the switch tells its listeners in order.
            attachedWhenChanged.add(queue.attachedGuest());
          }
        });

    rules(OURS, "priority=40000,in_port=uplink,dl_dst=02:00:00:00:00:12,actions=output:nf2");
    rules(OURS, TAKES_SOME);

    assertThat(attachedWhenChanged)
        .as("a rule beside the match changes nothing; one that takes some of it does")
        .containsExactly(Optional.of("nf1"), Optional.empty());
    assertThat(queue.outstandingGuestBuffers()).isZero();
    hear();
    tick();
    assertThat(status().state()).isEqualTo(MappingState.FALLBACK);
    assertThat(queue.filtering()).as("on the copy path nothing is kept out").isEmpty();
    assertThat(guest.name()).isEqualTo("nf1");

    rules(OURS);
    hear();
    assertState(MappingState.ACTIVE, MappingReason.LENDING);
  }

  /** The rules change while the mapping is on its way: the last steps must not lend. */
  @Test
  void rulesThatChangeDuringTheAttemptEndIt() {
    queue.setCanFilter(true);
    rules(OURS);
    connect();
    queue.hold(Command.ATTACH);
    request(Isolation.STRICT);
    assertThat(queue.attachedGuest()).as("there is nothing to revoke yet").isEmpty();
    rules(OURS, TAKES_SOME);
    queue.release(Command.ATTACH);
    thread.run();
    assertThat(status().state()).isEqualTo(MappingState.FALLBACK);
    assertThat(status().reason()).isEqualTo(MappingReason.ISOLATION_PROOF_MISSING);
    assertThat(queue.refill()).as("buffers lent").isZero();
    assertThat(queue.attachedGuest()).isEmpty();
  }

  @Test
  void refusalsOfTheNicAreToldInItsOwnWords() {
    queue.fail(Command.STEER, new IllegalStateException("the NIC has no ntuple filters"));
    rules(OURS);
    connect();
    request(Isolation.STRICT);
    assertState(MappingState.FALLBACK, MappingReason.ISOLATION_PROOF_MISSING);
    assertThat(status().detail())
        .contains("steering: the NIC has no ntuple filters; filter: the NIC has no ntuple filters");

    done(engine.remove("uplink:0"));
    request(Isolation.SCRUB);
    assertState(MappingState.ACTIVE, MappingReason.LENDING);
    assertThat(done(engine.explain(new QueueId("uplink", 0))).checks())
        .filteredOn(check -> check.name().equals("steering"))
        .singleElement()
        .satisfies(check ->
            assertThat(check.detail()).contains("not by the NIC", "has no ntuple filters"));
  }

  @Test
  void aMatchThatNobodyCanReadProvesNothing() {
    queue.setFiltering("hw-filter");
    connect();
    request(Isolation.STRICT);
    assertState(MappingState.FALLBACK, MappingReason.ISOLATION_PROOF_MISSING);
    assertThat(status().detail()).contains("can be read (hw-filter)");
  }

  /**
   * With a million rules going through them for each change would take all of the control thread.
   */
  @Test
  void changesThatTheProofDoesNotRestOnAreNotLookedAtCloser() {
    queue.setCanFilter(true);
    rules(OURS);
    connect();
    request(Isolation.STRICT);
    queue.refill();
    assertState(MappingState.ACTIVE, MappingReason.LENDING);
    FakeFlowTable table = (FakeFlowTable) context.flows();
    int before = table.timesRead();
    for (String beside :
        List.of(
            "priority=40000,in_port=uplink,dl_dst=02:00:00:00:00:12,actions=output:nf2",
            "priority=40000,in_port=nf2," + MATCH + ",actions=drop",
            "priority=5,in_port=uplink," + MATCH + ",actions=drop",
            "arp," + MATCH + ",actions=drop",
            "priority=40000,in_port=uplink,arp," + MATCH + ",actions=output:nf1")) {
      FlowMod add = new FlowMod.Add(FlowRuleParser.parseRule(beside));
      table.change(List.of(add), -1).toCompletableFuture().join();
      hear();
    }
    assertThat(table.timesRead()).isEqualTo(before);
    assertState(MappingState.ACTIVE, MappingReason.LENDING);

    FlowMod taken = new FlowMod.Add(FlowRuleParser.parseRule(TAKES_SOME.replace("arp", "ip")));
    table.change(List.of(taken), -1).toCompletableFuture().join();
    assertThat(queue.attachedGuest()).isEmpty();
    hear();
    tick();
    assertThat(status().state()).isEqualTo(MappingState.FALLBACK);
  }
}
