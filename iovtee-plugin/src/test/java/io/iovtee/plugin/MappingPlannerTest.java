// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.SwitchListener;
import io.iovtee.api.testkit.FakeFlowTable;
import io.iovtee.api.testkit.FakeSwitch;
import io.iovtee.flow.store.FlowMod;
import io.iovtee.flow.store.RuleDelta;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.plugin.MappingPlanner.Plan;
import io.iovtee.verticles.iovtee.Explanation;
import io.iovtee.verticles.iovtee.Isolation;
import io.iovtee.verticles.iovtee.MappingMode;
import io.iovtee.verticles.iovtee.MappingReason;
import io.iovtee.verticles.iovtee.MappingRequest;
import io.iovtee.verticles.iovtee.MappingRequest.Origin;
import io.iovtee.verticles.iovtee.MatchedFlows;
import io.iovtee.verticles.iovtee.QueueId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which queues are mapped though nobody named them. */
final class MappingPlannerTest {
  private static final QueueId QUEUE = new QueueId("uplink", 0);
  private static final String RULE =
      "priority=9,in_port=uplink,dl_dst=02:00:00:00:00:11,actions=output:nf1";

  private final FakeSwitch context = FakeSwitch.of(Map.of(), "uplink", 2, "nf1", "nf2");
  private final MappingPlanner planner = new MappingPlanner(context, true, Isolation.SCRUB);

  @BeforeEach
  void connect() {
    context.addListener(
        new SwitchListener() {
          @Override
          public void flowsChanging(List<RuleDelta> changes) {
            planner.rulesChanging(changes);
          }
        });
    context.guestUp("nf1");
    context.guestUp("nf2");
    setRules(RULE);
  }

  private void setRules(String... rules) {
    context.flows().replace(FlowRuleParser.parseRules(String.join("\n", rules)), -1);
    planner.rulesChanged();
  }

  private List<Plan> reading(long frames, Map<String, Long> byGuest, MappingRequest... mapped) {
    return planner.plan(
        List.of(new MatchedFlows(QUEUE, frames, byGuest)),
        queue -> mapped.length == 0 ? Optional.empty() : Optional.of(mapped[0]));
  }

  private List<Plan> readings(int count, long frames, long forNf1, MappingRequest... mapped) {
    List<Plan> last = List.of();
    for (int i = 0; i < count; i++) {
      last = reading(frames, Map.of("nf1", forNf1), mapped);
    }
    return last;
  }

  private static MappingRequest mapped(Origin origin, MappingMode mode) {
    return new MappingRequest(QUEUE, "nf1", 0, Isolation.SCRUB, mode, Optional.empty(), origin);
  }

  @Test
  void mapsAfterThreeReadingsOfNinetyPercent() {
    assertThat(readings(2, 1000, 900)).isEmpty();
    assertThat(readings(1, 1000, 900))
        .containsExactly(
            new Plan.Map(
                new MappingRequest(
                    QUEUE,
                    "nf1",
                    0,
                    Isolation.SCRUB,
                    MappingMode.AUTO,
                    Optional.of("dl_dst=02:00:00:00:00:11"),
                    Origin.AUTO)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "in_port=uplink,idle_timeout=60,cookie=7,tcp,tp_dst=80,actions=output:nf1|tcp,tp_dst=80",
        "in_port=uplink,actions=output:nf1|''",
        "in_port=uplink,reg0=0,tcp,actions=output:nf1|''",
      })
  void steersByWhatOfTheRuleIsInTheFrame(String rule, String match) {
    setRules(rule);
    MappingRequest planned = ((Plan.Map) readings(3, 1000, 900).getFirst()).request();
    assertThat(planned.match().orElse("")).isEqualTo(match);
  }

  /** However many rules there are and however often they change: the table is read once. */
  @Test
  void looksAtTheChangesOfTheRulesOnly() {
    readings(3, 1000, 900);
    int before = ((FakeFlowTable) context.flows()).timesRead();
    for (int i = 0; i < 100; i++) {
      String rule = "in_port=uplink,tcp,tp_dst=" + i + ",actions=output:nf1";
      context.flows().change(List.of(new FlowMod.Add(FlowRuleParser.parseRule(rule))), -1);
      MappingRequest planned = ((Plan.Map) readings(1, 1000, 900).getFirst()).request();
      assertThat(planned.match()).as("several rules").isEmpty();
    }
    assertThat(((FakeFlowTable) context.flows()).timesRead()).isEqualTo(before);
    setRules(RULE);
    MappingRequest planned = ((Plan.Map) readings(1, 1000, 900).getFirst()).request();
    assertThat(planned.match()).contains("dl_dst=02:00:00:00:00:11");
    setRules("in_port=uplink,actions=drop");
    assertThat(readings(1, 1000, 900)).isEmpty();
  }

  @Test
  void oneReadingBelowStartsAgain() {
    readings(2, 1000, 900);
    readings(1, 1000, 899);
    assertThat(readings(2, 1000, 900)).isEmpty();
    assertThat(readings(1, 1000, 900)).hasSize(1);
  }

  @Test
  void anotherGuestStartsAgain() {
    readings(2, 1000, 1000);
    assertThat(reading(1000, Map.of("nf2", 1000L))).isEmpty();
    assertThat(readings(2, 1000, 1000)).isEmpty();
  }

  @Test
  void fewFramesSayNothing() {
    assertThat(readings(10, MappingPlanner.FRAMES_MIN - 1, MappingPlanner.FRAMES_MIN - 1))
        .isEmpty();
  }

  @Test
  void wantsARuleThatSendsToThatGuestAndNowhereElse() {
    for (String rule :
        new String[] {
          "dl_dst=02:00:00:00:00:11,actions=output:nf1",
          "in_port=nf2,actions=output:nf1",
          "in_port=uplink,actions=output:nf1,output:nf2",
          "in_port=uplink,actions=output:nf2",
          "in_port=uplink,actions=NORMAL",
          "in_port=uplink,actions=mirror:nf1",
        }) {
      setRules(rule);
      assertThat(readings(5, 1000, 1000)).as(rule).isEmpty();
    }
  }

  @Test
  void aCopyForSomebodyElseIsNoObstacle() {
    setRules("in_port=uplink,dl_dst=02:00:00:00:00:11,actions=mirror:nf2,output:nf1,punt");
    assertThat(readings(3, 1000, 1000)).hasSize(1);
  }

  @Test
  void wantsAConnectedGuest() {
    context.guestDown("nf1", "test");
    assertThat(readings(5, 1000, 1000)).isEmpty();
  }

  @Test
  void severalRulesGiveNoMatchToSteerBy() {
    setRules(RULE, "in_port=uplink,dl_dst=02:00:00:00:00:12,actions=output:nf1");
    Plan.Map plan = (Plan.Map) readings(3, 1000, 1000).getFirst();
    assertThat(plan.request().match()).isEmpty();
  }

  @Test
  void aRuleForAllFramesGivesNoMatchEither() {
    setRules("cookie=0x7,priority=3,in_port=uplink,actions=output:nf1");
    Plan.Map plan = (Plan.Map) readings(3, 1000, 1000).getFirst();
    assertThat(plan.request().match()).isEmpty();
  }

  @Test
  void unmapsItsOwnWhenTheShareFalls() {
    MappingRequest own = mapped(Origin.AUTO, MappingMode.AUTO);
    assertThat(readings(5, 1000, 500, own)).isEmpty();
    assertThat(readings(2, 1000, 499, own)).isEmpty();
    assertThat(readings(1, 1000, 499, own))
        .containsExactly(new Plan.Unmap(QUEUE, MappingReason.SHARE_TOO_LOW));
  }

  @Test
  void unmapsItsOwnWhenTheRuleIsGone() {
    setRules("actions=drop");
    assertThat(readings(1, 1000, 1000, mapped(Origin.AUTO, MappingMode.AUTO)))
        .containsExactly(new Plan.Unmap(QUEUE, MappingReason.RULE_GONE));
  }

  @Test
  void leavesOthersAndPinnedOnesAlone() {
    setRules("actions=drop");
    assertThat(readings(5, 1000, 0, mapped(Origin.CONFIG, MappingMode.AUTO))).isEmpty();
    assertThat(readings(5, 1000, 0, mapped(Origin.HTTP, MappingMode.AUTO))).isEmpty();
    assertThat(readings(5, 1000, 0, mapped(Origin.AUTO, MappingMode.ON))).isEmpty();
  }

  @Test
  void whatTheOperatorRemovedStaysAwayUntilTheRulesChange() {
    planner.leaveAlone(QUEUE);
    assertThat(readings(5, 1000, 1000)).isEmpty();
    planner.rulesChanged();
    assertThat(readings(1, 1000, 1000)).hasSize(1);
  }

  @Test
  void doesNothingWhenItIsOff() {
    MappingPlanner off = new MappingPlanner(context, false, Isolation.SCRUB);
    for (int i = 0; i < 5; i++) {
      assertThat(
              off.plan(
                  List.of(new MatchedFlows(QUEUE, 1000, Map.of("nf1", 1000L))),
                  queue -> Optional.empty()))
          .isEmpty();
    }
    assertThat(off.explain(QUEUE).remedy()).contains("plugins.iovtee.auto");
  }

  @Test
  void explainsItself() {
    assertThat(planner.explain(QUEUE).detail()).contains("no reading");
    readings(1, 1000, 950);
    assertThat(planner.explain(QUEUE).detail()).contains("95 %", "1 readings");
    readings(2, 1000, 950);
    assertThat(planner.explain(QUEUE).result()).isEqualTo(Explanation.Result.PASSED);
    setRules("actions=drop");
    assertThat(planner.explain(QUEUE).remedy()).contains("actions=output:nf1");
  }
}
