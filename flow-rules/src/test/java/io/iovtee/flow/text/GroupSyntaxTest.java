// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.flow.Action;
import io.iovtee.flow.ActionSet;
import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.FlowGroup.Type;
import io.iovtee.flow.GroupGenerator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Groups as text and as trees. */
final class GroupSyntaxTest {
  private static final long SEED = 20_261_123;
  private static final int GROUPS = 10_000;

  /** On the right what {@code ovs-ofctl dump-groups} makes of it, with names for ports. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          group_id=1,type=select,bucket=weight:2,actions=output:nf1,bucket=output:nf2 | group_id=1,type=select,bucket=bucket_id:0,weight:2,actions=output:nf1,bucket=bucket_id:1,actions=output:nf2
          group_id=1 type=select bucket=weight:3,nf1 bucket=actions=nf2 | group_id=1,type=select,bucket=bucket_id:0,weight:3,actions=output:nf1,bucket=bucket_id:1,actions=output:nf2
          group_id=1,type=select,bucket=weight:0,nf1 | group_id=1,type=select,bucket=bucket_id:0,weight:0,actions=output:nf1
          group_id=0x10,type=all | group_id=16,type=all
          group_id=1,type=all,bucket=strip_vlan,nf1,bucket=bucket_id:0,nf2 | group_id=1,type=all,bucket=bucket_id:1,actions=strip_vlan,output:nf1,bucket=bucket_id:0,actions=output:nf2
          group_id=1,type=fast_failover,bucket=watch_port:nf1,output:nf1,bucket=watch_port=nf2,actions=output:nf2 | group_id=1,type=ff,bucket=bucket_id:0,watch_port:nf1,actions=output:nf1,bucket=bucket_id:1,watch_port:nf2,actions=output:nf2
          group_id=1,type=indirect,bucket=group:2 | group_id=1,type=indirect,bucket=bucket_id:0,actions=group:2
          group_id=1,type=all,bucket=actions= | group_id=1,type=all,bucket=bucket_id:0,actions=drop
          group_id=1,type=all,bucket=resubmit(nf1,3) | group_id=1,type=all,bucket=bucket_id:0,actions=resubmit(nf1,3)
          group_id=1,type=select,selection_method=hash,fields(ip_src,ip_dst=255.255.255.0),bucket=nf1 | group_id=1,type=select,selection_method=hash,fields(nw_src,nw_dst=255.255.255.0),bucket=bucket_id:0,actions=output:nf1
          group_id=1,type=select,selection_method=hash,fields=tcp_dst,bucket=nf1 | group_id=1,type=select,selection_method=hash,fields(tp_dst),bucket=bucket_id:0,actions=output:nf1
          group_id=1,type=select,selection_method=dp_hash,selection_method_param=0x100000005,bucket=nf1 | group_id=1,type=select,selection_method=dp_hash,selection_method_param=4294967301,bucket=bucket_id:0,actions=output:nf1
          """)
  void whatOvsTakesIsRead(String text, String printed) {
    assertThat(GroupSyntax.format(GroupSyntax.parseGroup(text))).isEqualTo(printed);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          type=all | needs group_id=N and type=WORD
          group_id=1 | needs group_id=N and type=WORD
          group_id=4294967041,type=all | number too large
          group_id=1,group_id=2,type=all | given twice
          group_id=1,type=some | allowed: all, select
          group_id=1,type=all,command_bucket_id=1 | unknown word
          group_id=1,type=indirect | an indirect group has one bucket
          group_id=1,type=indirect,bucket=nf1,bucket=nf2 | an indirect group has one bucket
          group_id=1,type=ff,bucket=nf1 | needs watch_port
          group_id=1,type=all,bucket=watch_port:nf1,nf1 | watch_port and watch_group go with
          group_id=1,type=all,bucket=weight:3,nf1 | weight goes with type=select
          group_id=1,type=select,bucket=weight:65536,nf1 | number too large
          group_id=1,type=select,bucket=bucket_id:1,nf1,bucket=bucket_id:1,nf2 | the same bucket_id
          group_id=1,type=all,bucket=bucket_id:4294967041,nf1 | number too large
          group_id=1,type=all,bucket=weight:1 | needs an action
          group_id=1,type=all,bucket=nf1,nf2 | once; for several outputs
          group_id=1,type=all,bucket=nf1,group:2 | once; for several outputs
          group_id=1,type=all,bucket=dec_ttl,dec_ttl,nf1 | dec_ttl once
          group_id=1,type=all,bucket=push_vlan:0x8100,push_vlan:0x8100,nf1 | push_vlan once
          group_id=1,type=all,bucket=strip_vlan,strip_vlan,nf1 | strip_vlan once
          group_id=1,type=all,bucket=goto_table:1 | goto_table has no place
          group_id=1,type=all,bucket=resubmit:nf1 | a table must be named
          group_id=1,type=all,bucket=nf1,meter:1 | meter must be the first
          group_id=1,type=ff,bucket=nf1 | needs watch_port or watch_group
          group_id=1,type=indirect,bucket=watch_group:2,nf1 | watch_port and watch_group go with
          group_id=1,type=select,bucket=watch_group:4294967041,nf1 | number too large
          group_id=1,type=select,bucket=watch_group:any,nf1 | not a number
          group_id=1,type=select,bucket=watch_port:1,nf1 | ports are named
          group_id=1,type=all,selection_method=hash,bucket=nf1 | goes with type=select
          group_id=1,type=select,selection_method=random,bucket=nf1 | allowed: hash, dp_hash
          group_id=1,type=select,selection_method=dp_hash,fields(ip_src),bucket=nf1 | selection_method=hash only
          group_id=1,type=select,selection_method_param=1,bucket=nf1 | needs selection_method
          group_id=1,type=select,selection_method=dp_hash,selection_method_param=0x200000000,bucket=nf1 | 0 (5-tuple) or 1
          group_id=1,type=select,selection_method=hash,fields(ip_src=10.0.0.0/8),bucket=nf1 | what follows = is the mask
          group_id=1,type=select,selection_method=hash,fields(ip_src=0.0.0.0),bucket=nf1 | no bit is hashed
          group_id=1,type=select,selection_method=hash,fields(ip_src,nw_src=255.0.0.0),bucket=nf1 | names a field twice: nw_src
          group_id=1,type=select,selection_method=hash,fields(nw_proto=1),bucket=nf1 | as a whole only
          group_id=1,type=select,selection_method=hash,fields(in_port),bucket=nf1 | no field that can be hashed
          group_id=1,type=select,selection_method=hash,fields(ct_mark),bucket=nf1 | not supported: ct_mark
          """)
  void whatCanNotBeIsRefused(String text, String why) {
    assertThatThrownBy(() -> GroupSyntax.parseGroup(text))
        .isInstanceOf(FlowSyntaxException.class)
        .hasMessageContaining(why);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          command_bucket_id=last,bucket=nf1 | group_id=N is missing
          group_id=1,bucket=nf1 | needs command_bucket_id=first, last or a bucket_id
          group_id=1,command_bucket_id=all,bucket=nf1 | needs command_bucket_id=first, last or a bucket_id
          group_id=1,command_bucket_id=last | and behind it bucket=...
          group_id=1,command_bucket_id=middle,bucket=nf1 | not a number
          group_id=1,command_bucket_id=4294967041,bucket=nf1 | number too large
          group_id=1,command_bucket_id=1,command_bucket_id=2,bucket=nf1 | given twice
          group_id=1,type=select,command_bucket_id=last,bucket=nf1 | unknown word
          group_id=all,command_bucket_id=last,bucket=nf1 | not a number
          group_id=1,command_bucket_id=last,bucket=weight:1 | a bucket needs an action
          """)
  void whatCanNotBeInsertedIsRefused(String text, String why) {
    assertThatThrownBy(() -> GroupSyntax.parseInsertion(text))
        .isInstanceOf(FlowSyntaxException.class)
        .hasMessageContaining(why);
  }

  @Test
  void aRemovalHasNoBuckets() {
    assertThatThrownBy(() -> GroupSyntax.parseRemoval("group_id=1,bucket=nf1"))
        .hasMessageContaining("line 1, column 12: bucket=: this command has no buckets");
  }

  @Test
  void anErrorNamesItsPlaceInTheLine() {
    assertThatThrownBy(
            () -> GroupSyntax.parseGroups("# all\ngroup_id=1,type=all,bucket=nf1,bucket=1"))
        .hasMessageStartingWith("line 2, column 39: 1: ports are named");
  }

  @Test
  void bucketsAndActionsAreLimited() {
    String many = "group_id=1,type=all" + ",bucket=nf1".repeat(FlowGroup.BUCKETS_MAX);
    assertThat(GroupSyntax.parseGroup(many).buckets()).hasSize(FlowGroup.BUCKETS_MAX);
    assertThatThrownBy(() -> GroupSyntax.parseGroup(many + ",bucket=nf1"))
        .hasMessageContaining("at most 64 buckets");
    assertThatThrownBy(() ->
            GroupSyntax.parseGroup("group_id=1,type=all,bucket=" + "mod_nw_ttl:1,".repeat(65)))
        .hasMessageContaining("at most 64 actions");
  }

  /** OpenFlow 1.3, section 5.10; tried with ofproto/trace of Open vSwitch 3.1. */
  @Test
  void aSetHasAnOrderOfItsOwn() {
    List<Action> actions =
        GroupSyntax.parseGroup(
                "group_id=1,type=all,bucket=nf1,mod_nw_ttl:4,dec_ttl,push_vlan:0x8100,pop_vlan")
            .buckets()
            .getFirst()
            .actions();
    assertThat(ActionSet.ordered(actions).stream().map(FlowRuleFormatter::format))
        .containsExactly("strip_vlan", "push_vlan:0x8100", "dec_ttl", "mod_nw_ttl:4", "output:nf1");
  }

  @Test
  void everyGroupComesBack() {
    GroupGenerator generator = new GroupGenerator(SEED);
    for (int i = 0; i < GROUPS; i++) {
      FlowGroup group = generator.nextGroup();
      String text = GroupSyntax.format(group);
      assertThat(GroupSyntax.parseGroup(text)).as("seed %d, %s", SEED, text).isEqualTo(group);
      assertThat(GroupTree.read(GroupTree.of(group))).as("seed %d", SEED).isEqualTo(group);
    }
  }

  @Test
  void treesTakeWhatTextTakes() {
    FlowGroup group =
        GroupTree.read(
            Map.of(
                "group_id",
                1,
                "type",
                "select",
                "buckets",
                List.of(
                    Map.of("bucket_id", 0, "actions", List.of("output:nf1")),
                    Map.of("actions", List.of("output:nf2"), "weight", "2"))));
    assertThat(group)
        .isEqualTo(GroupSyntax.parseGroup("group_id=1,type=select,bucket=nf1,bucket=weight:2,nf2"));
    assertThat(group.type()).isEqualTo(Type.SELECT);
  }

  @Test
  void aWrongTreePointsToTheWrongPlace() {
    assertThatThrownBy(() -> GroupTree.read(Map.of("group_id", 1, "type", "all")))
        .isInstanceOf(FlowTreeException.class)
        .hasMessageContaining("/buckets");
    assertThatThrownBy(() ->
            GroupTree.read(
                Map.of(
                    "group_id",
                    1,
                    "type",
                    "all",
                    "buckets",
                    List.of(Map.of("actions", List.of("output:1"))))))
        .hasMessageContaining("/buckets/0/actions/0");
    assertThatThrownBy(
            () -> GroupTree.read(Map.of("group_id", 1, "type", "all", "buckets", List.of(1))))
        .hasMessageContaining("/buckets/0");
    assertThatThrownBy(() -> GroupTree.read(Map.of("groupid", 1))).hasMessageContaining("/groupid");
  }
}
