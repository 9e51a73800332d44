// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.ovs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.api.FrameVerdict;
import io.iovtee.flow.FlowMeter;
import io.iovtee.flow.classifier.TraceInput;
import io.iovtee.flow.store.GroupMod;
import io.iovtee.flow.store.GroupStore;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.flow.text.GroupSyntax;
import io.iovtee.flow.text.MeterSyntax;
import io.iovtee.flow.text.TableModParser;
import io.iovtee.it.peers.Needs;
import io.iovtee.vswitch.assembly.RuleTrace;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Open vSwitch takes the groups and meters of docs/FLOWS.md, as they stand and as we print them.
 */
final class OvsGroupIT {
  private static List<String> linesOf(String block) throws Exception {
    Path page = Path.of(System.getProperty("iovtee.root", ".."), "docs", "FLOWS.md");
    List<String> lines = new ArrayList<>();
    boolean inside = false;
    for (String line : Files.readAllLines(page)) {
      if (line.startsWith("```")) {
        inside = line.equals("```" + block);
      } else if (inside && !line.isBlank() && !line.startsWith("#")) {
        lines.add(line);
      }
    }
    return lines;
  }

  @Test
  void openVSwitchReadsOurGroupsAndMeters() throws Exception {
    Needs.present(OpenVSwitch.missing());
    List<String> groups = linesOf("groups");
    List<String> meters = linesOf("meters");
    assertThat(groups).hasSizeGreaterThan(4);
    assertThat(meters).hasSizeGreaterThan(1);
    try (OpenVSwitch ovs = OpenVSwitch.start(List.of("nf1", "nf2", "nf3"))) {
      for (String group : groups) {
        ovs.tryGroup(group);
        ovs.tryGroup(GroupSyntax.format(GroupSyntax.parseGroup(group)));
      }
      for (String line : meters) {
        FlowMeter meter = MeterSyntax.parseMeter(line);
        if (meter.bands().stream().allMatch(band -> band.type() == FlowMeter.Band.Type.DROP)) {
          ovs.tryMeter(line);
          ovs.tryMeter(MeterSyntax.format(meter));
        } else { // its parser reads such a band, its datapath has none
          assertThatThrownBy(() -> ovs.tryMeter(line)).hasMessageContaining("OFPMMFC_BAD_BAND");
          assertThatThrownBy(() -> ovs.tryMeter(MeterSyntax.format(meter)))
              .hasMessageContaining("OFPMMFC_BAD_BAND");
        }
      }
    }
  }

  /**
   * The same commands to both: the same buckets in the same order. Buckets that watch something
   * Open vSwitch 3.1 does not insert: it takes the group's type for all then.
   */
  @Test
  void bucketsGoWhereOpenVSwitchPutsThem() throws Exception {
    Needs.present(OpenVSwitch.missing());
    String of = " group_id=1,command_bucket_id=";
    List<String> commands =
        List.of(
            "group add group_id=1,type=select,bucket=bucket_id:4,weight:1,nf1,"
                + "bucket=bucket_id:2,weight:0,watch_port:nf2,nf2",
            "group insert_bucket"
                + of
                + "first,bucket=bucket_id:9,weight:7,nf3,"
                + "bucket=bucket_id:8,weight:1,nf3",
            "group insert_bucket" + of + "last,bucket=bucket_id:1,weight:2,drop",
            "group insert_bucket"
                + of
                + "4,bucket=bucket_id:30,weight:1,nf1,"
                + "bucket=bucket_id:31,weight:1,nf2",
            "group insert_bucket" + of + "1,bucket=bucket_id:0,weight:1,nf1",
            "group remove_bucket" + of + "4",
            "group remove_bucket" + of + "first",
            "group remove_bucket" + of + "last",
            "group add_or_mod group_id=2,type=ff,bucket=bucket_id:0,watch_group:1,nf1",
            "group remove_bucket group_id=1",
            "group remove_bucket" + of + "last",
            "group modify group_id=1,type=all,bucket=bucket_id:3,nf1",
            "group delete group_id=all");
    try (OpenVSwitch ovs = OpenVSwitch.start(List.of("nf1", "nf2", "nf3"))) {
      GroupStore ours = GroupStore.EMPTY;
      for (String line : commands) {
        ovs.bundle(List.of(line));
        List<GroupMod> mods =
            TableModParser.parseMods(line).stream().map(GroupMod.class::cast).toList();
        ours = ours.after(mods);
        assertThat(ovs.groups().stream().map(GroupSyntax::parseGroup))
            .as(line)
            .containsExactlyInAnyOrderElementsOf(ours.groups());
      }
    }
  }

  /** A bucket has no match: what it sets says itself whose ports are meant. */
  @Test
  void aBucketSetsThePortsOfItsProtocolAlone() throws Exception {
    Needs.present(OpenVSwitch.missing());
    List<String> sets =
        List.of(
            "set_field:8080->tcp_dst",
            "set_field:0x50/0xf0->udp_src",
            "load:7->OXM_OF_SCTP_DST[0..3]",
            "load:9->NXM_OF_UDP_DST[]",
            "set_field:129->icmpv6_type");
    List<String> protocols = List.of("tcp", "udp", "sctp", "tcp6", "udp6", "icmp", "icmp6");
    try (OpenVSwitch ovs = OpenVSwitch.start(List.of("nf1", "nf2"))) {
      ovs.bundle(List.of("group group_id=1,type=all", "flow actions=group:1"));
      SentFrames sent = new SentFrames(ovs.sent("nf2"));
      int changed = 0;
      for (String set : sets) {
        String group = "group_id=1,type=indirect,bucket=actions=" + set + ",output:nf2";
        ovs.bundle(List.of("group modify " + group));
        ovs.forgetDecisions();
        GroupStore ours = GroupStore.of(List.of(GroupSyntax.parseGroup(group)), List.of());
        for (String protocol : protocols) {
          byte[] frame = TraceInput.parse("in_port=nf1," + protocol, "").frame();
          FrameVerdict verdict =
              RuleTrace.offline(
                  ours, FlowRuleParser.parseRules("actions=group:1"), 1, "nf1", frame);
          List<String> mine =
              verdict.outputs().stream().map(out -> OpenVSwitch.hex(out.frame())).toList();
          ovs.receive("nf1", frame);
          assertThat(mine).as(set + ", " + protocol).isEqualTo(sent.take(ovs, 1)).hasSize(1);
          changed += mine.equals(List.of(OpenVSwitch.hex(frame))) ? 0 : 1;
        }
      }
      // tcp and tcp6; udp and udp6 twice; sctp; icmp6
      assertThat(changed).isEqualTo(8);
    }
  }

  /** What OVS refuses in these commands we refuse, too. */
  @Test
  void whatOpenVSwitchRefusesIsRefused() throws Exception {
    Needs.present(OpenVSwitch.missing());
    String group = "group_id=1,type=select,bucket=bucket_id:4,nf1";
    List<String> refused =
        List.of(
            "group insert_bucket group_id=1,bucket=bucket_id:9,nf1",
            "group insert_bucket group_id=1,command_bucket_id=all,bucket=bucket_id:9,nf1",
            "group insert_bucket group_id=1,command_bucket_id=7,bucket=bucket_id:9,nf1",
            "group insert_bucket group_id=1,command_bucket_id=last,bucket=bucket_id:4,nf1",
            "group insert_bucket group_id=1,type=select,command_bucket_id=last,bucket=nf1",
            "group insert_bucket group_id=2,command_bucket_id=last,bucket=bucket_id:9,nf1",
            "group remove_bucket group_id=1,command_bucket_id=7",
            "group remove_bucket group_id=1,command_bucket_id=last,bucket=nf1",
            "group remove_bucket group_id=2,command_bucket_id=last",
            "group modify group_id=2,type=all",
            "group add group_id=1,type=all",
            "group add group_id=2,type=ff,bucket=nf1",
            "group add group_id=2,type=indirect,bucket=watch_group:1,nf1",
            "group add group_id=2,type=all,bucket=weight:1,nf1",
            "group add group_id=2,type=select,command_bucket_id=1,bucket=nf1",
            "group add"
                + " group_id=2,type=select,selection_method=hash,fields(ip_src,ip_src),bucket=nf1");
    try (OpenVSwitch ovs = OpenVSwitch.start(List.of("nf1"))) {
      ovs.bundle(List.of("group add " + group));
      GroupStore ours = GroupStore.of(List.of(GroupSyntax.parseGroup(group)), List.of());
      for (String line : refused) {
        assertThatThrownBy(() -> ovs.bundle(List.of(line))).as(line).isNotNull();
        assertThatThrownBy(() ->
                ours.after(
                    TableModParser.parseMods(line).stream().map(GroupMod.class::cast).toList()))
            .as(line)
            .isInstanceOf(RuntimeException.class);
      }
      ovs.bundle(
          List.of(
              "flow add udp,actions=group:1",
              "flow modify_strict udp,actions=drop",
              "flow tcp,actions=group:1",
              "group insert_bucket group_id=1,command_bucket_id=last,bucket=bucket_id:9,nf1"));
      assertThat(ovs.groups()).hasSize(1);
    }
  }
}
