// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.DropReason;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames that rules hand to groups. */
final class GroupWalkTest {
  private static final List<String> PORTS = List.of("uplink", "nf1", "nf2", "nf3");
  private static final String MACS = "020000000011020000000022";
  private static final String REST =
      "08004500002e00010000401166bc0a0000010a0000021000200000"
          + "1a1234000000000000000000000000000000000000";
  private static final byte[] UDP = HexFormat.of().parseHex(MACS + REST);

  private final PortLiveness liveness = PortLiveness.all();
  private FlowProgram program = TestGroups.program("", GroupWalkTest::number, liveness);

  private static int number(String port) {
    return PORTS.indexOf(port) + 1;
  }

  private FrameTrace.Decision send(String lines) {
    program = TestGroups.program(lines, GroupWalkTest::number, liveness);
    return new FrameTrace(program, new MacTable(), 0, new int[] {1, 2, 3, 4}).send(UDP, 1);
  }

  private static List<String> sent(FrameTrace.Decision decision) {
    return decision.sent().stream()
        .map(one -> PORTS.get(one.port() - 1) + " " + HexFormat.of().formatHex(one.bytes()))
        .toList();
  }

  private static String frame(String port, String macs) {
    return port + " " + macs + REST;
  }

  @Test
  void allGivesEachBucketTheFrameAsItCame() {
    FrameTrace.Decision decision =
        send(
            """
            actions=group:5,output:nf3
            group_id=5,type=all,bucket=mod_dl_dst:02:00:00:00:00:99,nf1,bucket=push_vlan:0x8100,nf2
            """);
    assertThat(sent(decision))
        .containsExactly(
            frame("nf1", "020000000099020000000022"),
            frame("nf2", MACS + "81000000"),
            frame("nf3", MACS));
    assertThat(decision.visits())
        .containsExactly(
            new FrameTrace.Visit(VisitKind.GROUP, 0, 0),
            new FrameTrace.Visit(VisitKind.GROUP, 0, 1));
    assertThat(program.groups().bucketPackets(0, 1)).isEqualTo(1);
    assertThat(program.groups().bucketBytes(0, 1)).isEqualTo(UDP.length);
  }

  /** Whatever changes it: tags, a shorter frame, registers, a table's rule, a group in it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "strip_vlan,nf1",
        "mod_nw_dst:10.9.9.9,nf1",
        "set_field:7->reg0,nf1",
        "resubmit(,1)",
        "group:6",
        "dec_ttl,mod_tp_dst:9,group:6",
        "drop"
      })
  void whatFollowsAGroupSeesNothingOfItsBuckets(String bucket) {
    FrameTrace.Decision decision =
        send(
            """
            actions=push_vlan:0x8100,group:5,resubmit(,2)
            table=1,actions=mod_dl_src:02:00:00:00:00:99,output:nf1
            table=2,priority=9,reg0=7,actions=drop
            table=2,dl_vlan=0,udp,nw_dst=10.0.0.2,tp_dst=8192,nw_ttl=64,actions=output:nf3
            group_id=5,type=indirect,bucket=%s
            group_id=6,type=indirect,bucket=mod_dl_src:02:00:00:00:00:98,nf2
            """
                .formatted(bucket));
    assertThat(sent(decision)).endsWith(frame("nf3", MACS + "81000000"));
  }

  @Test
  void aBucketIsASet() {
    FrameTrace.Decision decision =
        send(
            """
            actions=group:1
            group_id=1,type=indirect,bucket=nf1,mod_dl_dst:02:00:00:00:00:99
            """);
    assertThat(sent(decision)).containsExactly(frame("nf1", "020000000099020000000022"));
  }

  @Test
  void failoverTakesTheFirstLivePort() {
    String lines =
        """
        actions=group:1
        group_id=1,type=ff,bucket=watch_port:nf1,nf1,bucket=watch_port:nf2,nf2
        """;
    assertThat(sent(send(lines))).containsExactly(frame("nf1", MACS));
    liveness.set(number("nf1"), false);
    assertThat(sent(send(lines))).containsExactly(frame("nf2", MACS));
    liveness.set(number("nf2"), false);
    FrameTrace.Decision none = send(lines);
    assertThat(none.sent()).isEmpty();
    assertThat(none.dropped()).isEqualTo(DropReason.NO_LIVE_BUCKET);
    assertThat(none.visits()).containsExactly(new FrameTrace.Visit(VisitKind.GROUP, 0, -1));
    liveness.set(number("nf1"), true);
    assertThat(sent(send(lines))).containsExactly(frame("nf1", MACS));
  }

  /** The loop's own knowledge comes before the news of the control thread. */
  @Test
  void aPortThatThisLoopCanNotSendToIsNotLive() {
    program =
        TestGroups.program(
            """
            actions=group:1
            group_id=1,type=ff,bucket=watch_port:nf1,nf1,bucket=watch_port:nf2,nf2
            """,
            GroupWalkTest::number,
            liveness);
    FrameTrace trace = new FrameTrace(program, new MacTable(), 0, new int[] {1, 3});
    assertThat(sent(trace.send(UDP, 1))).containsExactly(frame("nf2", MACS));
  }

  @Test
  void aGroupWithoutBucketsDrops() {
    FrameTrace.Decision decision = send("actions=group:1\ngroup_id=1,type=all\n");
    assertThat(decision.dropped()).isEqualTo(DropReason.RULE);
    decision = send("actions=group:1\ngroup_id=1,type=select\n");
    assertThat(decision.dropped()).isEqualTo(DropReason.NO_LIVE_BUCKET);
    decision = send("actions=group:1\ngroup_id=1,type=select,bucket=weight:0,nf1\n");
    assertThat(decision.dropped()).isEqualTo(DropReason.NO_LIVE_BUCKET);
  }

  /** By tables groups can go in a circle, which no check of the groups finds. */
  @Test
  void aCircleThroughTablesEnds() {
    FrameTrace.Decision decision =
        send(
            """
            actions=goto_table:1
            table=1,actions=group:1
            group_id=1,type=indirect,bucket=resubmit(,1)
            """);
    assertThat(decision.dropped()).isEqualTo(DropReason.TABLE_LIMIT);
    assertThat(decision.visits()).hasSize(2 * GroupWalk.DEPTH_MAX + 1);
  }

  @Test
  void manyBucketsOfManyBucketsEnd() {
    StringBuilder lines = new StringBuilder("actions=group:0\n");
    for (int group = 0; group < 7; group++) {
      lines.append("group_id=").append(group).append(",type=all");
      lines.append(",bucket=group:%d".formatted(group + 1).repeat(8)).append('\n');
    }
    lines.append("group_id=7,type=all,bucket=nf1\n");
    assertThat(send(lines.toString()).visits()).hasSize(VisitLog.LENGTH_MAX);
  }

  @Test
  void aMeterEndsItsRuleAndItsBucketOnly() {
    program =
        TestGroups.program(
            """
            priority=40000,dl_dst=02:00:00:00:00:11,actions=group:1,output:nf3
            actions=meter:1,output:nf3
            group_id=1,type=all,bucket=meter:1,nf1,bucket=nf2
            meter=1,pktps,burst,bands=type=drop,rate=1,burst_size=2
            """,
            GroupWalkTest::number,
            liveness);
    Recorded outputs = new Recorded(program, () -> 0);
    outputs.send(UDP);
    outputs.send(UDP);
    assertThat(outputs.ports).containsExactly(2, 3, 4, 2, 3, 4);
    outputs.ports.clear();
    outputs.send(UDP);
    assertThat(outputs.ports).as("without the bucket").containsExactly(3, 4);
    byte[] other = UDP.clone();
    other[5] = 0x12;
    outputs.ports.clear();
    outputs.send(other);
    assertThat(outputs.ports).isEmpty();
    assertThat(outputs.counters.dropReasons()).containsEntry("meter", 1L);
    TurnedLoops.assertSums(outputs.counters);
    assertThat(program.groups().meterPackets(0, GroupProgram.WITHIN)).isEqualTo(2);
    assertThat(program.groups().meterPackets(0, 0)).isEqualTo(2);
    assertThat(program.groups().meterBytes(0, 0)).isEqualTo(2L * UDP.length);
  }

  @Test
  void aTraceTakesNothingOutOfAMeter() {
    FlowProgram real =
        TestGroups.program(
            """
            actions=meter:1,output:nf1
            meter=1,pktps,burst,bands=type=drop,rate=1,burst_size=1
            """,
            GroupWalkTest::number,
            liveness);
    FrameTrace trace = new FrameTrace(real.uncounted(), new MacTable(), 0, new int[] {1, 2, 3, 4});
    for (int i = 0; i < 3; i++) {
      assertThat(trace.send(UDP, 1).visits())
          .containsExactly(new FrameTrace.Visit(VisitKind.METER, 0, VisitLog.PASSED));
    }
    Recorded outputs = new Recorded(real, () -> 0);
    outputs.send(UDP);
    assertThat(outputs.ports).containsExactly(2);
  }

  /** One bucket watches a group whose buckets watch ports and another group; the other is spare. */
  @Test
  void aBucketThatWatchesAGroupIsLiveWhileOneOfItsBucketsIs() {
    String lines =
        """
        actions=group:1
        group_id=1,type=ff,bucket=watch_group:2,group:2,bucket=watch_port:nf3,nf3
        group_id=2,type=ff,bucket=watch_port:nf1,nf1,bucket=watch_group:3,group:3
        group_id=3,type=select,bucket=watch_port:nf2,nf2
        """;
    assertThat(sent(send(lines))).containsExactly(frame("nf1", MACS));
    liveness.set(number("nf1"), false);
    assertThat(sent(send(lines))).containsExactly(frame("nf2", MACS));
    liveness.set(number("nf2"), false);
    assertThat(sent(send(lines))).containsExactly(frame("nf3", MACS));
    liveness.set(number("nf1"), true);
    assertThat(sent(send(lines))).containsExactly(frame("nf1", MACS));
  }

  @Test
  void eitherPortOrGroupMakesABucketLive() {
    String lines =
        """
        actions=group:1
        group_id=1,type=ff,bucket=watch_port:nf1,watch_group:2,nf1,bucket=watch_port:nf3,nf3
        group_id=2,type=ff,bucket=watch_port:nf2,nf2
        """;
    liveness.set(number("nf1"), false);
    assertThat(sent(send(lines))).containsExactly(frame("nf1", MACS));
    liveness.set(number("nf2"), false);
    assertThat(sent(send(lines))).containsExactly(frame("nf3", MACS));
  }

  @Test
  void aWatchedGroupThatWatchesNothingIsAlwaysLiveAndAnEmptyOneNever() {
    liveness.set(number("nf1"), false);
    String watching = "actions=group:1\ngroup_id=1,type=ff,bucket=watch_group:2,nf1\n";
    assertThat(sent(send(watching + "group_id=2,type=all,bucket=drop")))
        .containsExactly(frame("nf1", MACS));
    assertThat(send(watching + "group_id=2,type=all").dropped())
        .isEqualTo(DropReason.NO_LIVE_BUCKET);
  }

  /** AF11 becomes AF12 above one frame a second, and is dropped above three. */
  @Test
  void aBandMarksWhatExceedsItsRateAndAHigherOneDrops() {
    program =
        TestGroups.program(
            """
            actions=meter:1,output:nf1
            meter=1,pktps,burst,bands=type=dscp_remark,rate=1,burst_size=1,prec_level=1,type=drop,rate=3,burst_size=3
            """,
            GroupWalkTest::number,
            liveness);
    byte[] af11 = udpWithTos(10 << 2);
    Recorded outputs = new Recorded(program, () -> 0);
    for (int i = 0; i < 4; i++) {
      outputs.send(af11);
    }
    assertThat(outputs.frames)
        .containsExactly(hex(af11), hex(udpWithTos(12 << 2)), hex(udpWithTos(12 << 2)));
    assertThat(outputs.counters.dropReasons()).containsEntry("meter", 1L);
    TurnedLoops.assertSums(outputs.counters);
    assertThat(program.groups().meterPackets(0, GroupProgram.WITHIN)).isEqualTo(1);
    assertThat(program.groups().meterPackets(0, 0)).isEqualTo(2);
    assertThat(program.groups().meterPackets(0, 1)).isEqualTo(1);
  }

  /** What a meter marks in a bucket is that bucket's part only; ECN and other frames stay. */
  @Test
  void aMarkStaysInItsBucket() {
    program =
        TestGroups.program(
            """
            actions=group:1,output:nf3
            group_id=1,type=all,bucket=meter:1,nf1,bucket=nf2
            meter=1,pktps,burst,bands=type=dscp_remark,rate=1,burst_size=1,prec_level=9
            """,
            GroupWalkTest::number,
            liveness);
    byte[] af11 = udpWithTos((10 << 2) | 3);
    Recorded outputs = new Recorded(program, () -> 0);
    outputs.send(UDP);
    outputs.frames.clear();
    outputs.send(af11);
    assertThat(outputs.frames)
        .containsExactly(hex(udpWithTos((14 << 2) | 3)), hex(af11), hex(af11));
    outputs.frames.clear();
    outputs.send(UDP);
    assertThat(outputs.frames).containsOnly(hex(UDP));
  }

  private static String hex(byte[] frame) {
    return HexFormat.of().formatHex(frame);
  }

  /** The frame with another TOS and the checksum for it. */
  private static byte[] udpWithTos(int tos) {
    byte[] frame = UDP.clone();
    frame[15] = (byte) tos;
    frame[24] = 0;
    frame[25] = 0;
    int sum = 0;
    for (int at = 14; at < 34; at += 2) {
      sum += ((frame[at] & 0xff) << 8) | (frame[at + 1] & 0xff);
    }
    int checksum = ~((sum & 0xffff) + (sum >>> 16));
    frame[24] = (byte) (checksum >>> 8);
    frame[25] = (byte) checksum;
    return frame;
  }
}
