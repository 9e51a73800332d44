// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.DropReason;
import io.iovtee.flow.classifier.Classifier;
import io.iovtee.flow.text.FlowRuleParser;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Frames that rules send through tables; bytes are compared with Open vSwitch's elsewhere. */
final class TableWalkTest {
  private static final List<String> PORTS = List.of("uplink", "nf1", "nf2");
  private static final byte[] UDP =
      HexFormat.of()
          .parseHex(
              "02000000001102000000002208004500002e00010000401166bc0a0000010a0000021000200000"
                  + "1a1234000000000000000000000000000000000000");

  private FlowProgram program = program("");

  private static int number(String port) {
    return PORTS.indexOf(port) + 1;
  }

  private static FlowProgram program(String rules) {
    return FlowProgram.of(
        Classifier.compile(FlowRuleParser.parseRules(rules), TableWalkTest::number),
        TableWalkTest::number);
  }

  private FrameTrace.Decision send(String rules) {
    program = program(rules);
    return new FrameTrace(program, new MacTable(), 0, new int[] {1, 2, 3}).send(UDP, 1);
  }

  private static List<Integer> ports(FrameTrace.Decision decision) {
    return decision.sent().stream().map(FrameTrace.Sent::port).toList();
  }

  @Test
  void aRuleOfAnotherTableDecidesTheRest() {
    FrameTrace.Decision decision =
        send(
            """
            actions=output:nf2,goto_table:7
            table=7,actions=output:nf1
            table=8,actions=output:nf2
            """);
    assertThat(ports(decision)).containsExactly(3, 2);
    assertThat(decision.visits()).containsExactly(new FrameTrace.Visit(VisitKind.TABLE, 7, 1));
    assertThat(program.packets(1)).isEqualTo(1);
    assertThat(program.bytes(1)).isEqualTo(UDP.length);
    assertThat(program.packets(2)).isZero();
  }

  /** As Open vSwitch with its vlan-limit of 1, and of 2. */
  @ParameterizedTest
  @CsvSource({"1, 0x8100, 2", "2, 0x0800, 3"})
  void behindAStrippedTagTheNextOneIsMatchedIfTheLimitIsTwo(int limit, String type, int port) {
    byte[] tags = HexFormat.of().parseHex("88a8000581000007");
    byte[] frame = new byte[UDP.length + tags.length];
    System.arraycopy(UDP, 0, frame, 0, 12);
    System.arraycopy(tags, 0, frame, 12, tags.length);
    System.arraycopy(UDP, 12, frame, 20, UDP.length - 12);
    program =
        program(
                """
                dl_vlan=5,dl_type=%s,actions=strip_vlan,goto_table:1
                table=1,vlan_tci=0,dl_type=0x8100,actions=output:nf1
                table=1,dl_vlan=7,udp,tp_dst=0x2000,actions=mod_vlan_vid:8,strip_vlan,goto_table:2
                table=2,vlan_tci=0,udp,actions=output:nf2
                """
                    .formatted(type))
            .withVlanLimit(limit);
    FrameTrace trace = new FrameTrace(program, new MacTable(), 0, new int[] {1, 2, 3});
    FrameTrace.Decision decision = trace.send(frame, 1);
    assertThat(ports(decision)).containsExactly(port);
    assertThat(decision.sent().getFirst().bytes())
        .hasSize(port == 3 ? UDP.length : UDP.length + 4)
        .endsWith(Arrays.copyOfRange(UDP, 12, UDP.length));
  }

  @Test
  void resubmitComesBackAndWhatWasChangedStays() {
    FrameTrace.Decision decision =
        send(
            """
            actions=resubmit(,1),output:nf2
            table=1,actions=mod_dl_dst:02:00:00:00:00:99
            """);
    assertThat(ports(decision)).containsExactly(3);
    assertThat(decision.sent().getFirst().bytes()[5]).isEqualTo((byte) 0x99);
  }

  @Test
  void laterTablesSeeWhatWasChangedAndLeft() {
    FrameTrace.Decision decision =
        send(
            """
            udp,actions=mod_nw_dst:10.9.9.9,set_field:0x50/0xf0->reg3,move:tp_dst[]->reg4[8..23],\
            write_metadata:0xff00000000000000/0xff00000000000000,goto_table:1
            table=1,priority=40009,ip,nw_dst=10.0.0.2,actions=drop
            table=1,priority=40008,reg3=0,actions=drop
            table=1,ip,nw_dst=10.9.9.9,reg3=0x50,reg4=0x200000,metadata=0xff00000000000000,\
            actions=output:nf1
            """
                .replace("\\\n", ""));
    assertThat(ports(decision)).containsExactly(2);
  }

  @Test
  void eachFrameStartsWithZeros() {
    program =
        program(
            """
            priority=40000,dl_dst=02:00:00:00:00:11,actions=set_field:1->reg0,resubmit(,1)
            actions=resubmit(,1)
            table=1,reg0=1,actions=output:nf1
            table=1,reg0=0,actions=output:nf2
            """);
    FrameTrace trace = new FrameTrace(program, new MacTable(), 0, new int[] {1, 2, 3});
    assertThat(ports(trace.send(UDP, 1))).containsExactly(2);
    byte[] other = UDP.clone();
    other[5] = 0x12;
    assertThat(ports(trace.send(other, 1))).containsExactly(3);
  }

  @Test
  void thePortOfAResubmitIsForTheLookupOnly() {
    FrameTrace.Decision decision =
        send(
            """
            actions=resubmit(nf2,1)
            table=1,in_port=nf2,actions=output:nf2,in_port
            table=1,in_port=uplink,actions=output:nf1
            """);
    assertThat(ports(decision)).containsExactly(3, 1);
  }

  @Test
  void aTableWithoutARuleEndsTheWay() {
    FrameTrace.Decision decision = send("actions=goto_table:1\ntable=2,actions=output:nf1");
    assertThat(decision.sent()).isEmpty();
    assertThat(decision.dropped()).isEqualTo(DropReason.NO_RULE);
    assertThat(decision.visits())
        .containsExactly(new FrameTrace.Visit(VisitKind.TABLE, 1, Classifier.MISS));
    assertThat(ports(send("actions=resubmit(,1),output:nf1"))).containsExactly(2);
  }

  @Test
  void aWayInCirclesEnds() {
    FrameTrace.Decision decision = send("actions=output:nf1,resubmit(,0),output:nf2");
    assertThat(decision.visits()).hasSize(Rewriter.DEPTH_MAX);
    assertThat(decision.sent()).hasSize(Rewriter.DEPTH_MAX).allMatch(sent -> sent.port() == 2);
    assertThat(send("actions=resubmit(,0)").dropped()).isEqualTo(DropReason.TABLE_LIMIT);
  }

  @Test
  void aWayThatBranchesEnds() {
    StringBuilder rules = new StringBuilder("actions=resubmit(,1),resubmit(,1)\n");
    for (int table = 1; table < 20; table++) {
      rules.append(
          "table=%d,actions=resubmit(,%d),resubmit(,%d)%n".formatted(table, table + 1, table + 1));
    }
    FrameTrace.Decision decision = send(rules + "table=20,actions=output:nf1");
    assertThat(decision.visits()).hasSize(VisitLog.LENGTH_MAX);
    assertThat(ports(send("actions=output:nf1"))).containsExactly(2);
  }

  @Test
  void aTtlThatEndsEndsItsTableOnly() {
    String rules = "ip,actions=mod_nw_ttl:1,resubmit(,1),output:nf2\ntable=1,actions=dec_ttl,";
    assertThat(ports(send(rules + "output:nf1"))).containsExactly(3);
  }

  @Test
  void moreTagsThanAFrameHasRoomForEndIt() {
    String push = "actions=push_vlan:0x8100,push_vlan:0x8100,";
    FrameTrace.Decision decision = send(push + "goto_table:1\ntable=1," + push + "output:nf1");
    assertThat(decision.sent()).isEmpty();
    assertThat(decision.dropped()).isEqualTo(DropReason.HEADERS_TOO_LONG);
  }
}
