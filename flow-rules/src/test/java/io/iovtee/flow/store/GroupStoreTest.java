// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.flow.FlowMeter;
import io.iovtee.flow.text.GroupSyntax;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;

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
      mods.add(new GroupMod.AddMeter(new FlowMeter(i, FlowMeter.Unit.KBPS, 1, 0)));
    }
    assertThatThrownBy(() -> GroupStore.EMPTY.after(mods)).hasMessageContaining("meters=4097");
  }
}
