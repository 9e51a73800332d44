// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.flow.BucketPlace;
import io.iovtee.flow.store.FlowMod;
import io.iovtee.flow.store.GroupMod;
import io.iovtee.flow.store.TableMod;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bundles with rules, groups and meters, and files of them. */
final class TableModParserTest {
  private static final String GROUP = "group_id=1,type=all,bucket=nf1";
  private static final String METER = "meter=1,kbps,bands=type=drop,rate=1";

  private static TableMod one(String line) {
    List<TableMod> mods = TableModParser.parseMods(line);
    assertThat(mods).hasSize(1);
    return mods.getFirst();
  }

  @Test
  void aLineTellsWhatItIs() {
    assertThat(one("flow add udp,actions=drop")).isEqualTo(one("udp,actions=drop"));
    assertThat(one("  flow\tmodify_strict udp,actions=drop"))
        .isInstanceOfSatisfying(FlowMod.Modify.class, mod -> assertThat(mod.strict()).isTrue());
    GroupMod.AddGroup add = new GroupMod.AddGroup(GroupSyntax.parseGroup(GROUP));
    assertThat(one(GROUP)).isEqualTo(add);
    assertThat(one("group " + GROUP)).isEqualTo(add);
    assertThat(one("group add " + GROUP)).isEqualTo(add);
    assertThat(one("group modify " + GROUP))
        .isEqualTo(new GroupMod.ModifyGroup(add.group(), false));
    assertThat(one("group add_or_mod " + GROUP))
        .isEqualTo(new GroupMod.ModifyGroup(add.group(), true));
    assertThat(one("group delete group_id=1")).isEqualTo(new GroupMod.DeleteGroup(1));
    assertThat(one("group delete group_id=all")).isEqualTo(new GroupMod.DeleteAllGroups());
    assertThat(one("group delete")).isEqualTo(new GroupMod.DeleteAllGroups());
    assertThat(one("group insert_bucket group_id=1,command_bucket_id=3,bucket=nf1"))
        .isInstanceOfSatisfying(
            GroupMod.InsertBuckets.class, mod -> assertThat(mod.place().word()).isEqualTo("3"));
    assertThat(one("group remove_bucket group_id=1,command_bucket_id=last"))
        .isEqualTo(new GroupMod.RemoveBuckets(1, BucketPlace.LAST));
  }

  @Test
  void meters() {
    GroupMod.AddMeter add = new GroupMod.AddMeter(MeterSyntax.parseMeter(METER));
    assertThat(one(METER)).isEqualTo(add);
    assertThat(one("meter " + METER)).isEqualTo(add);
    assertThat(one("meter add " + METER)).isEqualTo(add);
    assertThat(one("meter modify " + METER))
        .isEqualTo(new GroupMod.ModifyMeter(add.meter(), false));
    assertThat(one("meter add_or_mod " + METER))
        .isEqualTo(new GroupMod.ModifyMeter(add.meter(), true));
    assertThat(one("meter delete meter=1")).isEqualTo(new GroupMod.DeleteMeter(1));
    assertThat(one("meter delete meter=all")).isEqualTo(new GroupMod.DeleteAllMeters());
    assertThat(one("meter delete  # all")).isEqualTo(new GroupMod.DeleteAllMeters());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          group delete group_id=1,type=all | column 25: type=all: unknown word
          group delete type=all | column 14: type=all: unknown word
          group delete group_id=1,command_bucket_id=1 | deleted with all of its buckets
          group delete group_id=1,bucket=nf1 | column 25: bucket=: this command has no buckets
          group add type=all | a group needs group_id=N
          group insert_buckets group_id=1 | insert_buckets: unknown word
          meter delete group=1 | allowed: delete meter=N, delete meter=all
          meter delete meter=1,kbps | column 22: kbps: allowed: delete
          meter delete meter=0 | must be 1 or more
          meter delete meter=slowpath | not supported: meter=slowpath
          packet-out in_port=nf1,packet=00,actions=drop | column 1: packet-out: not supported
          flow delete udp,actions=drop | a deletion has no actions
          """)
  void anErrorNamesItsPlace(String line, String why) {
    assertThatThrownBy(() -> TableModParser.parseMods("# first\n" + line))
        .isInstanceOf(FlowSyntaxException.class)
        .hasMessageStartingWith("line 2, ")
        .hasMessageContaining(why);
  }

  @Test
  void aFileOnlySaysWhatThereShallBe() {
    String file = "udp,actions=group:1 # x\n\n" + METER + "\ngroup " + GROUP;
    assertThat(TableModParser.parseEntries(file)).isEqualTo(TableModParser.parseMods(file));
    assertThat(TableModParser.parseEntries(file)).hasSize(3);
    assertThatThrownBy(() -> TableModParser.parseEntries("\ndelete udp", 41))
        .hasMessageContaining("line 42");
    for (String command : List.of("delete udp", "group delete", "group modify " + GROUP)) {
      assertThatThrownBy(() -> TableModParser.parseEntries("\n" + command))
          .isInstanceOf(FlowSyntaxException.class)
          .hasMessageContaining("line 2, column 1")
          .hasMessageContaining("has no commands");
    }
  }
}
