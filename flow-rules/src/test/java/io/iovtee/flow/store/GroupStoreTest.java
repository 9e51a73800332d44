// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.flow.FlowGroup.Bucket;
import io.iovtee.flow.FlowMeter;
import io.iovtee.flow.text.GroupSyntax;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Commands to groups and meters, and what they must not make. */
final class GroupStoreTest {
  private static GroupMod add(String text) {
    return new GroupMod.AddGroup(GroupSyntax.parseGroup(text));
  }

  private static List<GroupMod> chain(int length) {
    List<GroupMod> mods = new ArrayList<>();
    for (int i = 1; i < length; i++) {
      mods.add(add("group_id=%d,type=all".formatted(i) + ",bucket=group:%d".formatted(i + 1)));
    }
    mods.add(add("group_id=%d,type=all".formatted(length)));
    return mods;
  }

  @Test
  void commandsGoInOrderAndOnlyTheEndIsLookedAt() {
    GroupStore store =
        GroupStore.EMPTY.after(
            List.of(
                add("group_id=2,type=all,bucket=group:1"),
                add("group_id=1,type=all"),
                new GroupMod.ModifyGroup(GroupSyntax.parseGroup("group_id=1,type=select"), false),
                new GroupMod.ModifyGroup(GroupSyntax.parseGroup("group_id=7,type=all"), true)));
    assertThat(store.groups().stream().map(GroupSyntax::format))
        .containsExactly(
            "group_id=1,type=select",
            "group_id=2,type=all,bucket=bucket_id:0,actions=group:1",
            "group_id=7,type=all");
  }

  @Test
  void whatIsNotThereIsNeitherChangedNorDeleted() {
    assertThatThrownBy(() -> GroupStore.EMPTY.after(List.of(new GroupMod.DeleteGroup(1))))
        .isInstanceOf(NoSuchElementException.class);
    assertThatThrownBy(() -> GroupStore.EMPTY.after(List.of(new GroupMod.DeleteMeter(1))))
        .isInstanceOf(NoSuchElementException.class);
    GroupMod modify =
        new GroupMod.ModifyGroup(GroupSyntax.parseGroup("group_id=7,type=all"), false);
    assertThatThrownBy(() -> GroupStore.EMPTY.after(List.of(modify)))
        .isInstanceOf(NoSuchElementException.class);
  }

  @Test
  void circlesAreRefused() {
    assertThatThrownBy(() ->
            GroupStore.EMPTY.after(
                List.of(
                    add("group_id=1,type=all,bucket=group:2"),
                    add("group_id=2,type=all,bucket=drop,bucket=group:3"),
                    add("group_id=3,type=all,bucket=group:2"))))
        .hasMessage("groups go in a circle: 1 -> 2 -> 3 -> 2");
  }

  @Test
  void chainsHaveALimit() {
    assertThat(GroupStore.EMPTY.after(chain(GroupStore.CHAIN_MAX)).groups())
        .hasSize(GroupStore.CHAIN_MAX);
    assertThatThrownBy(() -> GroupStore.EMPTY.after(chain(GroupStore.CHAIN_MAX + 1)))
        .hasMessageContaining("a chain has at most 8 groups");
  }

  /** 64 buckets that each name the next group: as many ways as 64 to the seventh power. */
  @Test
  void aGroupInManyChainsIsLookedAtOnce() {
    List<GroupMod> mods = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      mods.add(
          add(
              "group_id=%d,type=all".formatted(i)
                  + ",bucket=group:%d".formatted(i + 1).repeat(64)));
    }
    mods.add(add("group_id=7,type=all"));
    assertThat(GroupStore.EMPTY.after(mods).groups()).hasSize(8);
  }

  @Test
  void thereIsALimit() {
    List<GroupMod> mods = new ArrayList<>();
    for (int i = 0; i <= GroupStore.GROUPS_MAX; i++) {
      mods.add(add("group_id=%d,type=all".formatted(i)));
    }
    assertThatThrownBy(() -> GroupStore.EMPTY.after(mods)).hasMessageContaining("groups=4097");
    mods.clear();
    for (int i = 1; i <= GroupStore.METERS_MAX + 1; i++) {
      mods.add(new GroupMod.AddMeter(meter(i, 1)));
    }
    assertThatThrownBy(() -> GroupStore.EMPTY.after(mods)).hasMessageContaining("meters=4097");
  }

  private static FlowMeter meter(long id, long rate) {
    return new FlowMeter(id, FlowMeter.Unit.KBPS, List.of(FlowMeter.Band.drop(rate, 0)));
  }

  private static GroupStore changed(String group, GroupMod mod) {
    return GroupStore.EMPTY.after(List.of(add(group), mod));
  }

  private static List<Long> buckets(GroupStore store) {
    return store.groups().iterator().next().buckets().stream().map(Bucket::id).toList();
  }

  /** As ovs-ofctl(8) has it; numbers and weights that are left out fit the group. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          command_bucket_id=first,bucket=nf1                            | [0, 2, 4]
          command_bucket_id=last,bucket=nf1,bucket=bucket_id:9,nf1      | [2, 4, 0, 9]
          command_bucket_id=2,bucket=bucket_id:3,nf1,bucket=nf2         | [2, 3, 0, 4]
          command_bucket_id=4,bucket=nf1                                | [2, 4, 0]
          """)
  void bucketsAreInserted(String what, String ids) {
    GroupStore store =
        changed(
            "group_id=1,type=select,bucket=bucket_id:2,nf1,bucket=bucket_id:4,nf2",
            GroupSyntax.parseInsertion("group_id=1," + what));
    assertThat(buckets(store)).hasToString(ids);
    assertThat(store.groups().iterator().next().buckets()).allMatch(one -> one.weight() == 1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ,command_bucket_id=first | [4, 9]
          ,command_bucket_id=last  | [2, 4]
          ,command_bucket_id=4     | [2, 9]
          ,command_bucket_id=all   | []
          ''                       | []
          """)
  void bucketsAreRemoved(String what, String ids) {
    GroupStore store =
        changed(
            "group_id=1,type=select,bucket=bucket_id:2,nf1,bucket=bucket_id:4,nf2,"
                + "bucket=bucket_id:9,nf3",
            GroupSyntax.parseRemoval("group_id=1" + what));
    assertThat(buckets(store)).hasToString(ids);
  }

  @Test
  void bucketsThatCanNotBeInsertedOrRemovedAreNamed() {
    String group = "group_id=1,type=ff,bucket=bucket_id:2,watch_port:nf1,nf1";
    assertThatThrownBy(() -> changed(group, GroupSyntax.parseRemoval("group_id=2")))
        .isInstanceOf(NoSuchElementException.class)
        .hasMessage("there is no group 2");
    assertThatThrownBy(
            () -> changed(group, GroupSyntax.parseRemoval("group_id=1,command_bucket_id=3")))
        .isInstanceOf(NoSuchElementException.class)
        .hasMessage("the group has no bucket 3; it has [2]");
    String insertion = "group_id=1,command_bucket_id=last,bucket=";
    assertThatThrownBy(() ->
            changed(
                group, GroupSyntax.parseInsertion(insertion + "bucket_id:2,watch_port:nf2,nf2")))
        .hasMessageContaining("two buckets have the same bucket_id: 2");
    assertThatThrownBy(() -> changed(group, GroupSyntax.parseInsertion(insertion + "nf2")))
        .hasMessageContaining("needs watch_port or watch_group");
    String full = "group_id=1,type=all" + ",bucket=nf1".repeat(64);
    assertThatThrownBy(() -> changed(full, GroupSyntax.parseInsertion(insertion + "nf2")))
        .hasMessageContaining("at most 64 buckets");
    assertThatThrownBy(() ->
            changed(
                "group_id=1,type=indirect,bucket=nf1",
                GroupSyntax.parseRemoval("group_id=1,command_bucket_id=last")))
        .hasMessageContaining("an indirect group has one bucket");
  }

  @Test
  void aWatchedGroupIsThereAndWatchesNotBack() {
    assertThatThrownBy(() ->
            GroupStore.EMPTY.after(List.of(add("group_id=1,type=select,bucket=watch_group:2,nf1"))))
        .hasMessageContaining("group:2, named by group 1 as watch_group");
    List<GroupMod> circle =
        List.of(
            add("group_id=1,type=select,bucket=watch_group:2,nf1"),
            add("group_id=2,type=ff,bucket=watch_group:1,nf1"));
    assertThatThrownBy(() -> GroupStore.EMPTY.after(circle))
        .hasMessage("groups go in a circle: 1 -> 2 -> 1");
    GroupStore crossed = // that one sends to the other and is watched by it is no circle
        GroupStore.EMPTY.after(
            List.of(
                add("group_id=1,type=select,bucket=watch_group:2,nf1"),
                add("group_id=2,type=ff,bucket=watch_port:nf1,group:1")));
    assertThatThrownBy(() -> crossed.after(List.of(new GroupMod.DeleteGroup(2))))
        .hasMessageContaining("group:2, named by group 1 as watch_group");
  }

  /** What a file says otherwise than before wins; all else is as others have left it. */
  @Test
  void aFileOwnsWhatItNames() {
    GroupStore before =
        GroupStore.EMPTY.after(
            List.of(
                add("group_id=1,type=all"),
                add("group_id=2,type=all"),
                add("group_id=3,type=all"),
                new GroupMod.AddMeter(meter(1, 1))));
    GroupStore there =
        before.after(
            List.of(
                new GroupMod.ModifyGroup(GroupSyntax.parseGroup("group_id=1,type=select"), false),
                new GroupMod.DeleteGroup(2),
                new GroupMod.ModifyMeter(meter(1, 2), false),
                new GroupMod.AddMeter(meter(7, 7)),
                add("group_id=5,type=select"),
                add("group_id=9,type=select")));
    GroupStore now =
        GroupStore.EMPTY.after(
            List.of(
                add("group_id=1,type=all"),
                add("group_id=2,type=all"),
                add("group_id=5,type=all"),
                new GroupMod.AddMeter(meter(1, 3))));
    GroupStore next = there.afterFile(before, now);
    assertThat(next.groups().stream().map(GroupSyntax::format))
        .containsExactly(
            "group_id=1,type=select", // modified by somebody, and the file says what it said
            "group_id=2,type=all", // deleted by somebody, and the file still names it
            "group_id=5,type=all", // named by the file anew
            "group_id=9,type=select"); // somebody's own
    assertThat(next.meters()).containsExactly(meter(1, 3), meter(7, 7));
  }
}
