// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.flow.Action;
import io.iovtee.flow.FieldMatch;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import io.iovtee.flow.MatchField;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class FlowRuleParserTest {
  @Test
  void aRuleWithAllParts() {
    FlowRule rule =
        FlowRuleParser.parseRule(
            "cookie=0x1f, priority=100,in_port=uplink,dl_dst=02:00:00:00:00:11,"
                + "actions=output:nf1,output:nf2");
    assertThat(rule)
        .isEqualTo(
            new FlowRule(
                100,
                0x1f,
                Match.builder().inPort("uplink").with(MatchField.DL_DST, 0x0200_0000_0011L).build(),
                List.of(Action.output("nf1"), Action.output("nf2"))));
  }

  @Test
  void whatIsLeftOutHasADefault() {
    assertThat(FlowRuleParser.parseRule("actions=normal"))
        .isEqualTo(new FlowRule(32768, 0, Match.ANY, List.of(Action.NORMAL)));
  }

  /** Left: what may be written; right: how it is printed. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          ip                            ; ip
          ip4                           ; ip
          ipv4                          ; ip
          ip6                           ; ipv6
          eth_type=0x800                ; ip
          dl_type=2048                  ; ip
          tcp                           ; tcp
          ip,nw_proto=6                 ; tcp
          nw_proto=6,dl_type=0x0800     ; tcp
          ipv6,ip_proto=17              ; udp6
          ip,nw_proto=2                 ; ip,nw_proto=2
          dl_type=0x800/0xffff,nw_proto=6/0xff ; tcp
          ip,nw_tos=184/0xfc,nw_ecn=3/0xff,nw_ttl=64/0xff ; ip,nw_tos=184,nw_ecn=3,nw_ttl=64
          dl_vlan=5/0xfff,dl_vlan_pcp=3/7 ; dl_vlan=5,dl_vlan_pcp=3
          dl_vlan=0xffff/0xffff         ; vlan_tci=0x0000
          arp,arp_op=1/65535            ; arp,arp_op=1
          sctp,sctp_dst=5               ; sctp,tp_dst=5
          sctp6                         ; sctp6
          icmp,icmp_type=8,icmp_code=0  ; icmp,icmp_type=8,icmp_code=0
          icmp,tp_src=8,tp_dst=0        ; icmp,icmp_type=8,icmp_code=0
          icmp6,icmpv6_type=135         ; icmp6,icmp_type=135
          icmp6,nd_target=::1,tp_src=135 ; icmp6,icmp_type=135,nd_target=::1
          nd_tll=02:00:00:00:00:01/ff:ff:00:00:00:00,icmp6,icmp_type=136,icmp_code=0 ; icmp6,icmp_type=136,icmp_code=0,nd_tll=02:00:00:00:00:00/ff:ff:00:00:00:00
          icmp6,icmp_type=135,nd_reserved=0x10,nd_options_type=1,nd_sll=02:00:00:00:00:01 ; icmp6,icmp_type=135,nd_sll=02:00:00:00:00:01,nd_reserved=16,nd_options_type=1
          icmp6,icmp_type=135           ; icmp6,icmp_type=135
          arp,arp_op=1                  ; arp,arp_op=1
          arp,nw_proto=2,nw_src=10.0.0.1 ; arp,arp_spa=10.0.0.1,arp_op=2
          rarp,arp_tha=2:0:0:0:0:1      ; rarp,arp_tha=02:00:00:00:00:01
          arp,nw_dst=10.0.0.0/8         ; arp,arp_tpa=10.0.0.0/8
          mpls                          ; mpls
          eth,dl_type=0x88cc            ; dl_type=0x88cc
          ip,ip_dscp=46                 ; ip,nw_tos=184
          ip,nw_tos=0xb8,nw_ecn=3       ; ip,nw_tos=184,nw_ecn=3
          ipv6,ip_ecn=1,nw_ttl=64       ; ipv6,nw_ecn=1,nw_ttl=64
          ip,nw_frag=NO                 ; ip,nw_frag=no
          ip,ip_frag=first              ; ip,nw_frag=first
          ip,nw_frag=yes                ; ip,nw_frag=yes
          ipv6,nw_frag=later            ; ipv6,nw_frag=later
          tcp,nw_frag=not_later,tp_src=1 ; tcp,nw_frag=not_later,tp_src=1
          ip,nw_src=192.168.1.7/24      ; ip,nw_src=192.168.1.0/24
          ip,nw_src=10.0.0.1/255.0.255.0 ; ip,nw_src=10.0.0.0/255.0.255.0
          ip,nw_dst=1.2.3.4/255.255.0.0 ; ip,nw_dst=1.2.0.0/16
          ip,nw_dst=1.2.3.4/32          ; ip,nw_dst=1.2.3.4
          ip,nw_dst=1.2.3.4/0           ; ip
          ipv6,ipv6_src=2001:DB8:0:0::1 ; ipv6,ipv6_src=2001:db8::1
          ipv6,ipv6_dst=fe80::/10       ; ipv6,ipv6_dst=fe80::/10
          ipv6,ipv6_dst=::1/::ffff      ; ipv6,ipv6_dst=::1/::ffff
          ipv6,ipv6_dst=::ffff:1.2.3.4  ; ipv6,ipv6_dst=::ffff:102:304
          in_port="nf1"                 ; in_port=nf1
          dl_vlan=5,dl_vlan_pcp=3       ; dl_vlan=5,dl_vlan_pcp=3
          dl_vlan_pcp=3                 ; dl_vlan_pcp=3
          vlan_vid=0x1005               ; dl_vlan=5
          vlan_vid=0x1005,vlan_pcp=3    ; dl_vlan=5,dl_vlan_pcp=3
          vlan_vid=0                    ; vlan_tci=0x0000
          vlan_vid=0x1000/0x1000        ; vlan_tci=0x1000/0x1000
          vlan_vid=0x1000/0x1000,vlan_pcp=3 ; dl_vlan_pcp=3
          vlan_vid=0x1005/0x100f        ; vlan_tci=0x1005/0x100f
          vlan_tci=0x1005,dl_vlan=5     ; dl_vlan=5,dl_vlan_pcp=0
          ipv6,ipv6_label=0x12345       ; ipv6,ipv6_label=0x12345
          ipv6,ipv6_label=0x12345/0xf00ff ; ipv6,ipv6_label=0x10045/0xf00ff
          tcp,tp_dst[0..7]=5            ; tcp,tp_dst=0x5/0xff
          ipv6,ipv6_src[64..79]=0x2001  ; ipv6,ipv6_src=0:0:0:2001::/0:0:0:ffff::
          reg0[4..7]=5                  ; reg0=0x50/0xf0
          packet_type=(0,0),eth         ; ''
          tcp,NXM_OF_TCP_SRC[0..3]=1    ; tcp,tp_src=0x1/0xf
          dl_vlan=0xffff                ; vlan_tci=0x0000
          dl_vlan=65535                 ; vlan_tci=0x0000
          vlan_tci=0x1005/0x1fff        ; dl_vlan=5
          tcp,tp_dst=80/0xfffe          ; tcp,tp_dst=0x50/0xfffe
          udp6,udp_src=0x35             ; udp6,tp_src=53
          tcp6,tcp_flags=+syn-ack       ; tcp6,tcp_flags=+syn-ack
          tcp,tcp_flags=0x002/0x012     ; tcp,tcp_flags=+syn-ack
          tcp,tcp_flags=syn|ack         ; tcp,tcp_flags=syn|ack
          tcp,tcp_flags=18              ; tcp,tcp_flags=syn|ack
          tcp,tcp_flags=0               ; tcp,tcp_flags=0
          tcp,tcp_flags=+ns+[200]       ; tcp,tcp_flags=+ns+[200]
          table=0,dl_src=2:0:0:0:0:1    ; dl_src=02:00:00:00:00:01
          priority=32768                ; ''
          priority=0                    ; priority=0
          cookie=18446744073709551615   ; cookie=0xffffffffffffffff
          """)
  void matchesAreReadAndPrinted(String written, String printed) {
    String expected = printed.isEmpty() ? "actions=drop" : printed + ",actions=drop";
    FlowRule rule = FlowRuleParser.parseRule(written + ",actions=drop");
    assertThat(FlowRuleFormatter.format(rule)).isEqualTo(expected);
    assertThat(FlowRuleParser.parseRule(expected)).isEqualTo(rule);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          drop                   | drop
          DROP                   | drop
          ''                     | drop
          normal                 | NORMAL
          output:NORMAL          | NORMAL
          Flood                  | FLOOD
          in_port                | IN_PORT
          output:in_port         | IN_PORT
          nf1                    | output:nf1
          output:nf1             | output:nf1
          output:"nf1"           | output:nf1
          output(nf1)            | output:nf1
          nf1,output:nf2 normal  | output:nf1,output:nf2,NORMAL
          output:dec_ttl         | output:dec_ttl
          mod_vlan_vid:5         | mod_vlan_vid:5
          set_vlan_vid:5         | mod_vlan_vid:5
          set_field:5->dl_vlan   | mod_vlan_vid:5
          set_field:0x1005->vlan_vid | mod_vlan_vid:5
          set_field:3->vlan_pcp  | mod_vlan_pcp:3
          load:3->OXM_OF_VLAN_PCP[] | mod_vlan_pcp:3
          set_field:0x12345->ipv6_label | set_field:0x12345->ipv6_label
          load:5->NXM_NX_IPV6_LABEL[0..3] | set_field:0x5/0xf->ipv6_label
          all                    | FLOOD
          output:ALL             | FLOOD
          set_vlan_pcp:7         | mod_vlan_pcp:7
          pop_vlan               | strip_vlan
          push_vlan:33024,a      | push_vlan:0x8100,output:a
          DEC_TTL                | dec_ttl
          dec_ttl()              | dec_ttl
          mod_nw_tos:184         | mod_nw_tos:184
          set_field:46->ip_dscp  | mod_nw_tos:184
          set_field:3->ip_ecn    | mod_nw_ecn:3
          set_nw_ttl:9           | mod_nw_ttl:9
          set_field:80->tp_dst   | mod_tp_dst:80
          set_field:80->tcp_dst  | set_field:80->tcp_dst
          load:80->NXM_OF_UDP_DST[] | set_field:80->udp_dst
          load:1->OXM_OF_SCTP_SRC[4] | set_field:0x10/0x10->sctp_src
          load:0x2a->NXM_OF_IP_SRC[8..15] | set_field:0.0.42.0/0.0.255.0->nw_src
          load:3->nw_dst[30..31] | set_field:192.0.0.0/2->nw_dst
          load:0x1234->NXM_NX_IPV6_SRC[56..71] | set_field:::12:3400:0:0:0/::ff:ff00:0:0:0->ipv6_src
          load:5->NXM_NX_IPV6_DST[120..127] | set_field:500::/8->ipv6_dst
          set_field:::1->ipv6_dst | set_field:::1->ipv6_dst
          set_field:1.2.3.4->ip_src | mod_nw_src:1.2.3.4
          set_field:02:00:00:00:00:01->eth_src | mod_dl_src:02:00:00:00:00:01
          set_field:02:00:00:00:00:00/ff:ff:00:00:00:00->dl_dst | set_field:02:00:00:00:00:00/ff:ff:00:00:00:00->dl_dst
          set_field:2->arp_op    | set_field:2->arp_op
          set_field:128->icmp_type | set_field:128->icmp_type
          set_field:128->icmpv6_type | set_field:128->icmpv6_type
          load:1->OXM_OF_ICMPV6_CODE[] | set_field:1->icmpv6_code
          set_field:fe80::/64->nd_target | set_field:fe80::/64->nd_target
          load:0x0123->NXM_NX_ND_SLL[8..23] | set_field:00:00:00:01:23:00/00:00:00:ff:ff:00->nd_sll
          set_field:02:00:00:00:00:01->nd_tll | set_field:02:00:00:00:00:01->nd_tll
          set_field:0x60000000->nd_reserved | set_field:1610612736->nd_reserved
          load:2->ERICOXM_OF_ICMPV6_ND_OPTIONS_TYPE[] | set_field:2->nd_options_type
          nf1,nf1                | output:nf1,output:nf1
          """)
  void actionsAreReadAndPrinted(String written, String printed) {
    FlowRule rule = FlowRuleParser.parseRule("actions=" + written);
    assertThat(FlowRuleFormatter.format(rule)).isEqualTo("actions=" + printed);
    assertThat(FlowRuleParser.parseRule("actions=" + printed)).isEqualTo(rule);
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp,actions =drop", "tcp actions = drop", "tcp,action \t=drop"})
  void blanksMayStandBeforeTheSignBehindActions(String rule) {
    assertThat(FlowRuleParser.parseRule(rule))
        .isEqualTo(FlowRuleParser.parseRule("tcp,actions=drop"));
  }

  /** Examples of ovs-fields(7) and ovs-ofctl(8), and a line as "ovs-ofctl dump-flows" prints it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "tcp,tcp_flags=+syn-ack,actions=drop",
        "tcp,tcp_flags=+[200],actions=drop",
        "tcp,tp_src=0x03e8/0xfff8,actions=drop",
        "tcp,tp_src=0x0600/0xff00,actions=drop",
        "vlan_tci=0,actions=drop",
        "vlan_tci=0x1000/0x1000,actions=drop",
        "vlan_tci=0xf123,actions=drop",
        "vlan_tci=0x1123/0x1fff,actions=drop",
        "vlan_tci=0x5000/0xf000,actions=drop",
        "vlan_tci=0/0xfff,actions=drop",
        "vlan_tci=0x5000/0xe000,actions=drop",
        "vlan_tci=0/0xefff,actions=drop",
        "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00,actions=drop",
        "dl_dst=ff:ff:ff:ff:ff:ff,actions=flood",
        "ip,nw_dst=224.0.0.0/4,actions=flood",
        "arp,arp_spa=192.168.0.0/16,actions=normal",
        "icmp6,icmp_type=135,icmp_code=0,actions=normal",
        "dl_type=0x05ff,actions=drop",
        " cookie=0x0, duration=12.3s, table=0, n_packets=5, n_bytes=300, idle_age=2, hard_age=3,"
            + " priority=10,tcp,in_port=\"uplink\",nw_dst=10.0.0.1,tp_dst=22"
            + " actions=output:\"nf1\"",
      })
  void examplesOfOvsAreRead(String text) {
    FlowRule rule = FlowRuleParser.parseRule(text);
    assertThat(FlowRuleParser.parseRule(FlowRuleFormatter.format(rule))).isEqualTo(rule);
    assertThat(rule.match().fields()).isNotEmpty();
  }

  @Test
  void theVlanExamplesOfOvsMeanWhatItSays() {
    assertThat(tci("vlan_tci=0")).isEqualTo(FieldMatch.exact(MatchField.VLAN_TCI, 0));
    assertThat(tci("vlan_tci=0x1000/0x1000"))
        .isEqualTo(FieldMatch.masked(MatchField.VLAN_TCI, 0x1000, 0x1000));
    assertThat(match("vlan_tci=0xf123"))
        .isEqualTo(
            Match.builder()
                .with(MatchField.DL_VLAN, 0x123)
                .with(MatchField.DL_VLAN_PCP, 7)
                .build());
    assertThat(match("vlan_tci=0x5000/0xf000"))
        .isEqualTo(Match.builder().with(MatchField.DL_VLAN_PCP, 2).build());
    assertThat(tci("vlan_tci=0/0xefff"))
        .isEqualTo(FieldMatch.masked(MatchField.VLAN_TCI, 0, 0xefff));
  }

  private static FieldMatch tci(String text) {
    return match(text).fields().getFirst();
  }

  private static Match match(String text) {
    return FlowRuleParser.parseRule(text + ",actions=drop").match();
  }

  @Test
  void aFileHasCommentsAndBlankLines() {
    List<FlowRule> rules =
        FlowRuleParser.parseRules(
            """
            # the NF gets its own address
            priority=100,dl_dst=02:00:00:00:00:11,actions=nf1   # and no other

              \t
            actions=normal\r
            """);
    assertThat(rules).hasSize(2);
    assertThat(rules.get(0).priority()).isEqualTo(100);
    assertThat(rules.get(1)).isEqualTo(FlowRule.of(32768, Match.ANY, Action.NORMAL));
    assertThat(FlowRuleParser.parseRules("")).isEmpty();
    assertThat(FlowRuleParser.parseRule("\n\n# x\nactions=drop\n"))
        .isEqualTo(FlowRule.of(32768, Match.ANY, Action.DROP));
  }

  @Test
  void theMatchAloneIsPrinted() {
    assertThat(FlowRuleFormatter.format(match("tcp,tp_dst=80,in_port=a")))
        .isEqualTo("tcp,in_port=a,tp_dst=80");
    assertThat(FlowRuleFormatter.format(Match.ANY)).isEmpty();
  }

  @Test
  void mirrorsAndPuntsAreReadInEachForm() {
    assertThat(actions("mirror:tap,output:nf1"))
        .containsExactly(new Action.Mirror("tap"), Action.output("nf1"));
    assertThat(actions("mirror:\"tap\"")).containsExactly(new Action.Mirror("tap"));
    assertThat(actions("punt,normal")).containsExactly(Action.PUNT, Action.NORMAL);
    for (String whole :
        new String[] {
          "controller", "CONTROLLER:65535", "output:controller", "controller()", "punt:65535"
        }) {
      assertThat(actions(whole)).as(whole).containsExactly(Action.PUNT);
    }
    assertThat(actions("controller(max_len=128)")).containsExactly(new Action.Punt(128));
    assertThat(actions("punt:0x80")).containsExactly(new Action.Punt(128));
    FlowRule rule = FlowRuleParser.parseRule("actions=mirror:tap,punt:128,CONTROLLER");
    assertThat(FlowRuleFormatter.format(rule)).isEqualTo("actions=mirror:tap,punt:128,punt");
    assertThat(FlowRuleTree.read(FlowRuleTree.of(rule))).isEqualTo(rule);
    Map<String, String> mirror = Map.of("type", "MIRROR", "port", "tap");
    assertThat(
            FlowRuleTree.read(Map.of("actions", List.of(mirror, Map.of("type", "CONTROLLER"))))
                .actions())
        .containsExactly(new Action.Mirror("tap"), Action.PUNT);
  }

  @Test
  void mirrorsAndPuntsThatCanNotBeAreRefused() {
    for (String wrong :
        new String[] {"mirror", "mirror:", "mirror:flood", "mirror:7", "punt:0", "punt:65536"}) {
      assertThatThrownBy(() -> actions(wrong))
          .as(wrong)
          .isInstanceOf(FlowSyntaxException.class)
          .hasMessageContaining(wrong);
    }
    assertThatThrownBy(() -> new Action.Mirror("drop")).hasMessageContaining("drop");
    assertThatThrownBy(() -> new Action.Punt(0)).hasMessageContaining("length=0");
    assertThatThrownBy(() -> new Action.Punt(65536)).hasMessageContaining("length=65536");
  }

  private static List<Action> actions(String text) {
    return FlowRuleParser.parseRule("actions=" + text).actions();
  }

  @Test
  void timeoutsAreRead() {
    FlowRule rule = FlowRuleParser.parseRule("idle_timeout=65535,hard_timeout=1,actions=drop");
    assertThat(rule.idleTimeoutS()).isEqualTo(65535);
    assertThat(rule.hardTimeoutS()).isEqualTo(1);
    assertThat(rule.expires()).isTrue();
    assertThat(FlowRuleParser.parseRule("idle_timeout=0,actions=drop").expires()).isFalse();
    assertThat(FlowRuleFormatter.format(rule))
        .isEqualTo("idle_timeout=65535,hard_timeout=1,actions=drop");
    assertThat(FlowRuleTree.read(FlowRuleTree.of(rule))).isEqualTo(rule);
    for (String wrong : new String[] {"idle_timeout=65536", "hard_timeout=-1", "idle_timeout=x"}) {
      assertThatThrownBy(() -> FlowRuleParser.parseRule(wrong + ",actions=drop"))
          .isInstanceOf(FlowSyntaxException.class)
          .hasMessageContaining(wrong);
    }
    assertThatThrownBy(() -> new FlowRule(1, 0, rule.match(), rule.actions(), 0, 65536))
        .hasMessageContaining("hard_timeout=65536");
  }
}
