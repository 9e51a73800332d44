// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.api.testkit.FakeSwitch;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.store.FlowMod;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.verticles.bus.Refusal;
import io.iovtee.verticles.cluster.ClusterView.State;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Versions, majorities, cuts and merges of members that meet in memory. */
final class ClusterMemberTest {
  private static final String RULE = "in_port=uplink,actions=output:nf1";

  /** For what is never confirmed; others have it as long as a machine may stand still. */
  private long confirmMs = 120_000;

  @TempDir private Path directory;
  private final Map<String, One> all = new LinkedHashMap<>();
  private final FakeMeetings.Side together = new FakeMeetings.Side();
  private final List<ClusterEvent> events = new ArrayList<>();

  /** A switch, its member, and how it meets the others. */
  private record One(FakeSwitch vswitch, ClusterMember member, FakeMeetings.View meeting) {
    void tick() {
      member.tick(MemberStatus.UNKNOWN);
    }

    long version() {
      return member.view().rules().version();
    }

    List<FlowRule> table() {
      return vswitch.flows().rules();
    }
  }

  private One start(String name, int listed) {
    return start(FakeMeetings.config(name, listed));
  }

  private One start(ClusterConfig config) {
    FakeSwitch vswitch = FakeSwitch.of(Map.of(), "uplink", 1, "nf1");
    ClusterMember member =
        new ClusterMember(config, new ClusterTable(vswitch), events::add, confirmMs);
    member.load();
    FakeMeetings.View meeting = new FakeMeetings.View(config, together);
    member.meet(meeting);
    One one = new One(vswitch, member, meeting);
    all.put(config.member(), one);
    return one;
  }

  private void tickAll() {
    for (int i = 0; i < 3; i++) {
      all.values().forEach(One::tick);
    }
  }

  /** The others go on meanwhile, as they do on threads of their own. */
  private ClusterCommand.Changed add(One at, String rule, long expected) throws Exception {
    CompletableFuture<ClusterCommand.Changed> written =
        CompletableFuture.supplyAsync(() ->
            at.member.write(
                rules ->
                    DesiredRules.edit(
                        rules, List.of(new FlowMod.Add(FlowRuleParser.parseRule(rule)))),
                expected));
    while (!written.isDone()) {
      synchronized (together) {
        all.values().stream().filter(one -> !one.equals(at)).forEach(One::tick);
      }
      Thread.sleep(5);
    }
    try {
      return written.get();
    } catch (java.util.concurrent.ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  private void assertRefused(One at, Refusal why, String... parts) {
    assertThatThrownBy(() -> add(at, "priority=9,arp,actions=drop", -1))
        .isInstanceOf(ClusterRefusedException.class)
        .hasMessageContainingAll(parts)
        .extracting(e -> ((ClusterRefusedException) e).refusal())
        .isEqualTo(why);
  }

  @Test
  void rulesOfOneMemberComeToAllAndSayWhoseTheyAre() throws Exception {
    One a = start("a", 3);
    One b = start("b", 3);
    One c = start("c", 3);
    tickAll();
    assertThat(add(a, "cookie=7," + RULE, 0).rules().version()).isEqualTo(1);
    tickAll();
    for (One one : List.of(a, b, c)) {
      assertThat(one.version()).isEqualTo(1);
      assertThat(one.table())
          .containsExactly(FlowRuleParser.parseRule("cookie=0xc105000000000007," + RULE));
    }
    assertThat(a.member.view().members())
        .extracting(row -> row.status().applied().version())
        .containsExactly(1L, 1L, 1L);
  }

  @Test
  void aVersionThatMovedOnIsRefusedAndTheSameAgainIsNoNewVersion() throws Exception {
    One a = start("a", 1);
    tickAll();
    add(a, RULE, 0);
    assertThatThrownBy(() -> add(a, "arp,actions=drop", 0))
        .isInstanceOf(ClusterRefusedException.class)
        .hasMessageContaining("version=1, expected=0");
    assertThat(add(a, RULE, 1).rules().version()).as("as it was").isEqualTo(1);
  }

  @Test
  void aMinorityKeepsItsRulesChangesNoneAndCatchesUp() throws Exception {
    One a = start("a", 3);
    One b = start("b", 3);
    One c = start("c", 3);
    tickAll();
    add(a, RULE, -1);
    tickAll();
    c.meeting.moveTo(new FakeMeetings.Side());
    tickAll();
    assertThat(c.member.view().state()).isEqualTo(State.MINORITY);
    assertThat(c.table()).hasSize(1);
    assertRefused(c, Refusal.UNAVAILABLE, "1 of 3", "it takes 2", "version 1");
    add(b, "arp,actions=drop", -1);
    tickAll();
    assertThat(a.version()).isEqualTo(2);
    assertThat(c.version()).isEqualTo(1);
    c.meeting.moveTo(together);
    tickAll();
    assertThat(c.version()).isEqualTo(2);
    assertThat(c.table()).hasSize(2);
    assertThat(c.member.view().state()).isEqualTo(State.MAJORITY);
    assertThat(events.stream().map(ClusterEvent::kind))
        .containsSubsequence(ClusterEvent.Kind.MAJORITY_LOST, ClusterEvent.Kind.MAJORITY_BACK);
  }

  @Test
  void ofTwoWithOneNumberTheMajoritysCounts() throws Exception {
    One a = start("a", 3);
    start("b", 3);
    confirmMs = 50;
    One c = start("c", 3);
    tickAll();
    add(a, RULE, -1);
    tickAll();
    // C has not noticed the cut yet, and writes where nobody else is.
    FakeMeetings.Side alone = new FakeMeetings.Side();
    alone.members.addAll(together.members);
    alone.rules = together.rules;
    alone.statuses.putAll(together.statuses);
    c.meeting.moveTo(alone);
    assertRefused(c, Refusal.UNAVAILABLE, "version 2 was written", "majority");
    assertThat(c.version()).isEqualTo(2);
    assertRefused(c, Refusal.UNAVAILABLE, "version 2 is not with a majority");
    add(a, "udp,actions=drop", -1);
    c.meeting.moveTo(together);
    tickAll();
    assertThat(c.table()).hasSize(2).isEqualTo(a.table());
    assertThat(c.member.view().rules()).isEqualTo(a.member.view().rules());
  }

  @Test
  void theHigherVersionWinsAndWhoStartsAnewGetsIt() throws Exception {
    One a = start("a", 3);
    start("b", 3);
    tickAll();
    add(a, RULE, -1);
    add(a, "arp,actions=drop", -1);
    together.rules = null; // as where all data of the meeting was lost
    tickAll();
    assertThat(DesiredRules.parse(java.util.Objects.requireNonNull(together.rules)).version())
        .isEqualTo(2);
    One c = start("c", 3);
    tickAll();
    assertThat(c.version()).isEqualTo(2);
    assertThat(c.table()).hasSize(2);
  }

  @Test
  void theStateFileBringsRulesBackBeforeThereIsAMeeting() throws Exception {
    Path file = directory.resolve("cluster.rules");
    ClusterConfig plain = FakeMeetings.config("a", 1);
    ClusterConfig config =
        new ClusterConfig("lab", "a", plain.listen(), plain.members(), Optional.of(file), 10);
    One a = start(config);
    tickAll();
    add(a, RULE, -1);
    assertThat(directory.toFile().list()).containsExactly("cluster.rules");
    FakeSwitch vswitch = FakeSwitch.of(Map.of(), "uplink", 1, "nf1");
    ClusterMember again = new ClusterMember(config, new ClusterTable(vswitch), events::add);
    again.load();
    assertThat(vswitch.flows().rules()).hasSize(1);
    assertThat(again.view().state()).isEqualTo(State.STARTING);
    Files.writeString(file, Files.readString(file).replace("\nrules 1", "\nrules 2"));
    ClusterMember cut = new ClusterMember(config, new ClusterTable(vswitch), events::add);
    cut.load();
    assertThat(cut.view().problem()).contains("cluster.rules", "cut");
  }

  @Test
  void whatCanNotBeKeptDoesNotCountForAMajority() throws Exception {
    ClusterConfig plain = FakeMeetings.config("a", 1);
    confirmMs = 50;
    Path nowhere = directory.resolve("missing/cluster.rules");
    One a =
        start(
            new ClusterConfig(
                "lab", "a", plain.listen(), plain.members(), Optional.of(nowhere), 10));
    tickAll();
    assertRefused(a, Refusal.UNAVAILABLE, "version 1 was written");
    assertThat(a.member.view().problem()).contains("state file", "missing");
    Files.createDirectory(nowhere.getParent());
    tickAll();
    assertThat(a.member.view().problem()).isEmpty();
    assertThat(add(a, "udp,actions=drop", -1).rules().version()).isEqualTo(2);
  }

  @Test
  void aMemberThatLeftIsShownAndOneThatComesBackIsNew() {
    One a = start("a", 3);
    One b = start("b", 3);
    tickAll();
    b.meeting.leave();
    all.remove("b");
    a.tick();
    assertThat(a.member.view().members())
        .extracting(ClusterView.Row::name, ClusterView.Row::live)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("a", true),
            org.assertj.core.groups.Tuple.tuple("b", false));
    start("b", 3);
    tickAll();
    assertThat(a.member.view().members()).allMatch(ClusterView.Row::live).hasSize(2);
  }

  @Test
  void aMemberThatWasPutOutIsWithNobodyUntilItMeetsThemAgain() throws Exception {
    One a = start("a", 1);
    tickAll();
    add(a, RULE, -1);
    a.member.meet(null);
    a.member.failedToMeet("the port is taken");
    a.tick();
    assertThat(a.member.view().state()).isEqualTo(State.MINORITY);
    assertThat(a.member.view().live()).isZero();
    assertRefused(a, Refusal.UNAVAILABLE, "the port is taken");
    assertThat(a.table()).hasSize(1);
    a.member.meet(a.meeting);
    tickAll();
    assertThat(a.member.view().state()).isEqualTo(State.MAJORITY);
    assertThat(a.member.view().problem()).isEmpty();
  }

  @Test
  void twoWithOneNameAndWrongListsAreNamed() {
    start("a", 2);
    ClusterConfig b = FakeMeetings.config("b", 2);
    One other = start(new ClusterConfig("lab", "a", b.listen(), b.members(), Optional.empty(), 10));
    tickAll();
    assertThat(other.member.view().problem()).contains("name a", "127.0.0.1:5701");
    assertRefused(other, Refusal.UNAVAILABLE, "name a");
    One third = start("c", 3);
    tickAll();
    assertThat(third.member.view().problem()).contains("another list", "127.0.0.1:5701");
    assertThat(third.member.view().live()).isEqualTo(3);
    assertThat(other.member.view().live()).as("only those it lists").isEqualTo(2);
  }

  @Test
  void whatOthersWriteThatIsNoRulesIsPassedOver() throws Exception {
    One a = start("a", 1);
    tickAll();
    add(a, RULE, -1);
    together.rules = new byte[] {-84, -19, 0, 5, 's', 'r'};
    together.statuses.put("x", new byte[] {1, 2, 3});
    tickAll();
    assertThat(a.version()).isEqualTo(1);
    assertThat(DesiredRules.parse(java.util.Objects.requireNonNull(together.rules)).version())
        .isEqualTo(1);
    together.silent = true;
    tickAll();
    assertThat(a.member.view().problem()).contains("does not answer");
    assertThat(a.table()).hasSize(1);
    assertRefused(a, Refusal.UNAVAILABLE, "not known");
  }

  @Test
  void allOfAMachinesAddressesAreShownAsTheOneThatMembersKnow() {
    assertThat(ClusterVerticle.fromElsewhere("https://0.0.0.0:8480", "10.0.0.1"))
        .isEqualTo("https://10.0.0.1:8480");
    assertThat(ClusterVerticle.fromElsewhere("https://[::]:8480", "fd00::1"))
        .isEqualTo("https://[fd00::1]:8480");
    assertThat(ClusterVerticle.fromElsewhere("http://127.0.0.1:8480", "10.0.0.1"))
        .isEqualTo("http://127.0.0.1:8480");
  }
}
