// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.flow.Action;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import io.iovtee.flow.MatchField;
import io.iovtee.flow.RuleGenerator;
import io.iovtee.flow.store.RuleStore.Changes;
import io.iovtee.flow.text.FlowRuleFormatter;
import io.iovtee.flow.text.FlowRuleParser;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class RuleStoreTest {
  private static final long SEED = 20_261_128;

  private final RuleStore<RuleRow> store = new RuleStore<>(RuleRow::new, 8);

  private static FlowRule rule(String text) {
    return FlowRuleParser.parseRule(text);
  }

  private static FlowMod add(String text) {
    return new FlowMod.Add(rule(text));
  }

  private static FlowMod delete(String match, boolean loose, int... priority) {
    return new FlowMod.Delete(
        rule(match + ",actions=drop").match(),
        priority.length == 0 ? OptionalInt.empty() : OptionalInt.of(priority[0]),
        loose);
  }

  private List<String> rules() {
    return store.rows().map(row -> FlowRuleFormatter.format(row.rule())).toList();
  }

  @Test
  void addingAnEqualTakesItsPlaceAndItsId() {
    store.apply(List.of(add("priority=5,ip,actions=drop"), add("actions=drop")));
    long id = store.rows().findFirst().orElseThrow().id();
    Changes<RuleRow> changes = store.apply(List.of(add("priority=5,ip,actions=normal")));
    assertThat(rules()).containsExactly("priority=5,ip,actions=NORMAL", "actions=drop");
    assertThat(store.byId(id).orElseThrow().rule().actions()).containsExactly(Action.NORMAL);
    assertThat(changes.rows()).singleElement().extracting("before").isNotNull();
    Changes<RuleRow> same = store.apply(List.of(add("priority=5,ip,actions=normal")));
    assertThat(same.rows()).isEmpty();
    assertThat(same.named()).hasSize(1);
  }

  @Test
  void deletesByMatchPriorityAndLooseness() {
    store.apply(
        List.of(
            add("priority=1,tcp,actions=drop"),
            add("priority=2,tcp,actions=drop"),
            add("priority=3,tcp,tp_dst=80,actions=drop"),
            add("priority=4,udp,actions=drop")));
    assertThat(store.apply(List.of(delete("ip", false))).rows()).isEmpty();
    assertThat(store.apply(List.of(delete("tcp", false, 2))).rows()).hasSize(1);
    assertThat(store.apply(List.of(delete("tcp", true, 3))).rows()).hasSize(1);
    assertThat(rules())
        .containsExactly("priority=1,tcp,actions=drop", "priority=4,udp,actions=drop");
    assertThat(store.apply(List.of(delete("ip", true))).rows()).hasSize(2);
    assertThat(store.size()).isZero();
    assertThat(store.apply(List.of(new FlowMod.DeleteId(1))).rows()).isEmpty();
  }

  @Test
  void modifyingGivesOtherActionsAndNothingElse() {
    store.apply(
        List.of(
            add("cookie=7,priority=1,tcp,actions=drop"),
            add("priority=2,tcp,tp_dst=80,actions=drop"),
            add("priority=2,udp,actions=drop")));
    FlowRule like = rule("priority=2,tcp,actions=flood");
    assertThat(store.apply(List.of(new FlowMod.Modify(like, true))).rows()).isEmpty();
    Changes<RuleRow> changes = store.apply(List.of(new FlowMod.Modify(like, false)));
    assertThat(changes.rows()).hasSize(2);
    assertThat(rules())
        .containsExactly(
            "cookie=0x7,priority=1,tcp,actions=FLOOD",
            "priority=2,tcp,tp_dst=80,actions=FLOOD",
            "priority=2,udp,actions=drop");
    FlowRule strict = rule("priority=1,tcp,actions=in_port");
    assertThat(store.apply(List.of(new FlowMod.Modify(strict, true))).rows()).hasSize(1);
    assertThat(rules().getFirst()).isEqualTo("cookie=0x7,priority=1,tcp,actions=IN_PORT");
  }

  @Test
  void laterCommandsSeeWhatEarlierOnesDid() {
    Changes<RuleRow> changes =
        store.apply(
            List.of(
                add("priority=1,tcp,actions=drop"),
                new FlowMod.Modify(rule("actions=normal"), false),
                add("priority=2,tcp,actions=drop"),
                delete("tcp", false, 2)));
    assertThat(rules()).containsExactly("priority=1,tcp,actions=NORMAL");
    assertThat(changes.rows()).hasSize(1);
    assertThat(changes.deltas())
        .containsExactly(new RuleDelta(null, rule("priority=1,tcp,actions=normal")));
  }

  @Test
  void allOrNothing() {
    List<FlowMod> eight = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      eight.add(add("priority=" + i + ",actions=drop"));
    }
    store.apply(eight);
    List<String> before = rules();
    List<FlowMod> tooMany =
        List.of(
            new FlowMod.Modify(rule("actions=flood"), false),
            delete("", true, 3),
            add("priority=9,actions=drop"),
            delete("", true, 5),
            add("priority=5,actions=drop"),
            add("priority=10,actions=drop"));
    assertThatThrownBy(() -> store.apply(tooMany))
        .hasMessage("the table takes at most 8 rules: rules=9");
    assertThat(rules()).isEqualTo(before);
    assertThat(store.size()).isEqualTo(8);
    assertThat(store.byRule(rule("priority=3,actions=drop"))).isPresent();
    assertThat(store.byRule(rule("priority=9,actions=drop"))).isEmpty();
    store.apply(tooMany.subList(0, 5));
    assertThat(store.size()).isEqualTo(8);
  }

  @Test
  void replacingKeepsRowsAndTellsOfAnotherOrder() {
    store.replace(List.of(rule("priority=1,actions=drop"), rule("priority=2,actions=drop")));
    List<Long> ids = store.rows().map(RuleRow::id).toList();
    Changes<RuleRow> more =
        store.replace(
            List.of(
                rule("priority=2,actions=drop"),
                rule("priority=3,actions=drop"),
                rule("priority=2,actions=normal")));
    assertThat(more.reordered()).isFalse();
    assertThat(rules()).containsExactly("priority=2,actions=NORMAL", "priority=3,actions=drop");
    assertThat(more.rows()).hasSize(3);
    assertThat(store.rows().findFirst().orElseThrow().id()).isEqualTo(ids.get(1));

    Changes<RuleRow> turned =
        store.replace(List.of(rule("priority=3,actions=drop"), rule("priority=2,actions=normal")));
    assertThat(turned.reordered()).isTrue();
    assertThat(turned.rows()).isEmpty();
    assertThat(turned.deltas()).as("their place is another").hasSize(2);
    assertThat(store.rows().map(RuleRow::order)).isSorted();
    assertThatThrownBy(() -> store.replace(java.util.Collections.nCopies(9, rule("actions=drop"))))
        .hasMessageContaining("at most 8 rules");
  }

  @Test
  void rowsAreFoundFromAnOrderOn() {
    RuleStore<RuleRow> large = new RuleStore<>(RuleRow::new, 10_001);
    for (int i = 0; i < 5_000; i++) {
      large.apply(List.of(add("priority=" + i + ",actions=drop")));
      if (i % 3 != 0) {
        large.apply(List.of(new FlowMod.DeleteId(i + 1)));
      }
    }
    List<Long> orders = large.rows().map(RuleRow::order).toList();
    assertThat(orders).hasSize(1_667).isSorted();
    for (long from : new long[] {0, 1, 2_999, 3_000, 4_999, 5_000}) {
      assertThat(large.rowsFrom(from).map(RuleRow::order))
          .isEqualTo(orders.stream().filter(order -> order >= from).toList());
    }
  }

  /** Against a list that is gone through for each command. */
  @Test
  void agreesWithAPlainList() {
    SplittableRandom random = new SplittableRandom(SEED);
    RuleGenerator generator = new RuleGenerator(SEED, true);
    RuleStore<RuleRow> large = new RuleStore<>(RuleRow::new, 60);
    List<FlowRule> plain = new ArrayList<>();
    for (int step = 0; step < 3_000; step++) {
      FlowRule next = generator.nextRule();
      FlowRule known = plain.isEmpty() ? next : plain.get(random.nextInt(plain.size()));
      FlowRule named = random.nextBoolean() ? known : next;
      RuleFilter filter = random.nextInt(3) == 0 ? filter(random, named) : RuleFilter.ANY;
      FlowMod mod =
          switch (random.nextInt(6)) {
            case 0 ->
                new FlowMod.Modify(
                    named.withActions(generator.nextActions(named.match())),
                    random.nextBoolean(),
                    filter);
            case 1 ->
                new FlowMod.Delete(
                    named.match(), OptionalInt.of(named.priority()), random.nextBoolean(), filter);
            case 2 -> new FlowMod.Delete(named.match(), OptionalInt.empty(), false, filter);
            case 3 ->
                random.nextInt(4) > 0
                    ? new FlowMod.Add(named)
                    : new FlowMod.Delete(
                        named.match().inAnyTable(), OptionalInt.empty(), true, filter);
            default -> new FlowMod.Add(named);
          };
      boolean refused = false;
      try {
        large.apply(List.of(mod));
      } catch (IllegalArgumentException e) {
        refused = true;
      }
      if (refused) {
        assertThat(plain).hasSize(60);
      } else {
        carryOut(mod, plain);
      }
      assertThat(large.rows().map(RuleRow::rule).toList())
          .as("seed %d, step %d, %s", SEED, step, mod)
          .isEqualTo(plain);
      assertThat(large.size()).isEqualTo(plain.size());
      Match wanted = random.nextBoolean() ? generator.nextMatch() : known.match();
      assertOverlapping(List.of(wanted), large, plain);
      assertOverlapping(List.of(wanted, wanted.inTable(1), known.match()), large, plain);
    }
  }

  private static void assertOverlapping(
      List<Match> matches, RuleStore<RuleRow> store, List<FlowRule> plain) {
    List<FlowRule> expected =
        plain.stream()
            .filter(rule -> matches.stream().anyMatch(match -> overlap(rule.match(), match)))
            .sorted(Comparator.comparingInt(FlowRule::priority).reversed())
            .limit(10)
            .toList();
    List<FlowRule> shown = new ArrayList<>();
    store.overlapping(
        matches,
        row -> {
          shown.add(row.rule());
          return shown.size() < 10;
        });
    assertThat(shown).as("seed %d, %s", SEED, matches).isEqualTo(expected);
  }

  private static boolean overlap(Match one, Match other) {
    boolean can = one.table() == other.table();
    can &= one.inPort() == null || other.inPort() == null || one.inPort().equals(other.inPort());
    for (int word = 0; word < MatchField.WORD_COUNT; word++) {
      long both = one.mask(word) & other.mask(word);
      can &= (one.value(word) & both) == (other.value(word) & both);
    }
    return can;
  }

  /** Among many rules those of a value are found by it: no others are even looked at. */
  @Test
  void goesOnlyThroughRulesThatMayOverlap() {
    RuleStore<RuleRow> large = new RuleStore<>(RuleRow::new, 10_001);
    for (int i = 0; i < 5_000; i++) {
      large.apply(
          List.of(
              add(
                  "priority=9,dl_dst=02:00:00:00:%02x:%02x,actions=drop"
                      .formatted(i >> 8, i & 0xff))));
      large.apply(
          List.of(add("priority=3,ip,nw_dst=10.0.%d.%d,actions=drop".formatted(i >> 8, i & 0xff))));
    }
    large.apply(List.of(add("priority=5,actions=normal")));
    Match wanted = rule("in_port=uplink,dl_dst=02:00:00:00:00:11,actions=drop").match();
    List<String> shown = new ArrayList<>();
    int looked =
        large.overlapping(
            List.of(wanted),
            row -> {
              shown.add(FlowRuleFormatter.format(row.rule()));
              return row.rule().priority() > 5;
            });
    assertThat(looked).as("not those of other addresses, nor of lower priority").isEqualTo(2);
    assertThat(shown)
        .containsExactly(
            "priority=9,dl_dst=02:00:00:00:00:11,actions=drop", "priority=5,actions=NORMAL");
  }

  /** One that the rule passes, or nearly. */
  private static RuleFilter filter(SplittableRandom random, FlowRule rule) {
    List<Action> actions = random.nextBoolean() ? List.of() : rule.actions().subList(0, 1);
    return new RuleFilter(rule.cookie() ^ random.nextInt(2), random.nextInt(4), actions);
  }

  private static void carryOut(FlowMod mod, List<FlowRule> plain) {
    switch (mod) {
      case FlowMod.Add(FlowRule rule) -> {
        int at = indexOf(rule, plain);
        if (at >= 0) {
          plain.set(at, rule);
        } else {
          plain.add(rule);
        }
      }
      case FlowMod.Modify(FlowRule like, boolean strict, RuleFilter filter) ->
          plain.replaceAll(rule ->
              passes(filter, rule)
                      && (strict
                          ? rule.match().equals(like.match()) && rule.priority() == like.priority()
                          : like.match().covers(rule.match()))
                  ? rule.withActions(like.actions())
                  : rule);
      case FlowMod.Delete delete ->
          plain.removeIf(rule ->
              passes(delete.filter(), rule)
                  && (delete.loose()
                      ? delete.match().covers(rule.match())
                      : delete.match().equals(rule.match()))
                  && (delete.priority().isEmpty()
                      || delete.priority().getAsInt() == rule.priority()));
      case FlowMod.DeleteId _ -> throw new IllegalArgumentException("not here");
    }
  }

  private static boolean passes(RuleFilter filter, FlowRule rule) {
    return ((rule.cookie() ^ filter.cookie()) & filter.cookieMask()) == 0
        && filter.actions().stream().allMatch(action -> rule.actions().contains(action));
  }

  private static int indexOf(FlowRule rule, List<FlowRule> plain) {
    for (int i = 0; i < plain.size(); i++) {
      if (plain.get(i).match().equals(rule.match()) && plain.get(i).priority() == rule.priority()) {
        return i;
      }
    }
    return -1;
  }
}
