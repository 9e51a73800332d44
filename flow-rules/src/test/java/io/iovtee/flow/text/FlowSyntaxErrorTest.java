// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class FlowSyntaxErrorTest {
  private static FlowSyntaxException error(String text) {
    FlowSyntaxException error =
        catchThrowableOfType(FlowSyntaxException.class, () -> FlowRuleParser.parseRules(text));
    assertThat(error).as("accepted: " + text).isNotNull();
    return error;
  }

  @Test
  void anErrorSaysWhereWhatAndWhy() {
    FlowSyntaxException error =
        error("# rules\nactions=normal\npriority=5, ip,nw_src=10.0.0.300,actions=drop\n");
    assertThat(error.line()).isEqualTo(3);
    assertThat(error.column()).isEqualTo(16);
    assertThat(error.text()).isEqualTo("nw_src=10.0.0.300");
    assertThat(error.problem()).startsWith("not an IPv4 address; allowed: a.b.c.d");
    assertThat(error)
        .hasMessageStartingWith("line 3, column 16: nw_src=10.0.0.300: not an IPv4 address;");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          group_id=1,type=all,bucket=nf1 | a group, which 'iovtee group add' takes, and
          meter=1,pktps,bands=type=drop,rate=5 | a meter, which 'iovtee meter add' takes, and
          add ip,actions=drop | a command, which 'iovtee flow bundle' carries out
          delete | a command, which 'iovtee flow bundle' carries out
          group add group_id=1,type=all | a command, which 'iovtee flow bundle' carries out
          """)
  void whatIsNoRuleIsCalledByItsNameAndWhoTakesIt(String line, String what) {
    assertThat(error(line).problem()).startsWith("not a rule but " + what);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          foo=1 | 1 | foo=1 | unknown word; allowed: table priority
          ip,bar                           | 4  | bar                        | unknown word
          ip=1                             | 1  | ip=1                       | ip takes no value
          priority=65536 | 1 | priority=65536 | number too large; allowed: 0 to 65535
          priority=-1                      | 1  | priority=-1                | not a number
          priority=010                     | 1  | priority=010               | may not start with 0
          priority=1,priority=1            | 12 | priority=1                 | given twice
          priority                         | 1  | priority                   | a value is missing
          priority=                        | 1  | priority=                  | a value is missing
          cookie=0x1ffffffffffffffff       | 1  | cookie=0x1ffffffffffffffff | number too large
          cookie=1/-1 | 1 | cookie=1/-1 | goes with modify and delete only
          table=256 | 1 | table=256 | number too large; allowed: 0 to 254
          table=255 | 1 | table=255 | not supported: all tables at once
          in_port=1                        | 1  | in_port=1                  | named, not numbered
          in_port=LOCAL                    | 1  | in_port=LOCAL              | reserved word
          in_port=a,in_port=b              | 11 | in_port=b                  | in_port is already a
          in_port                          | 1  | in_port                    | a value is missing
          tp_dst=80                        | 1  | tp_dst=80                  | needs tcp, udp, sctp
          ip,tp_dst=80                     | 4  | tp_dst=80                  | needs tcp, udp, sctp
          tcp,nw_frag=later,tp_dst=80      | 19 | tp_dst=80                  | not nw_frag=later
          tcp,nw_frag=later,tcp_flags=+syn | 19 | tcp_flags=+syn | and not nw_frag=later
          udp,tcp_dst=80 | 5 | tcp_dst=80 | needs tcp or tcp6 in the same rule
          icmp,tcp_src=8                   | 6  | tcp_src=8                  | needs tcp
          udp,tcp_flags=+syn               | 5  | tcp_flags=+syn             | needs tcp or tcp6
          nw_src=1.2.3.4 | 1 | nw_src=1.2.3.4 | needs ip in the same rule
          ipv6,nw_src=1.2.3.4 | 6 | nw_src=1.2.3.4 | needs ip in the same rule
          ip,ipv6_src=::1                  | 4  | ipv6_src=::1               | needs ipv6
          ip,arp_op=1                      | 4  | arp_op=1                   | needs arp or rarp
          tcp,icmp_type=8                  | 5  | icmp_type=8                | needs icmp or icmp6
          icmp6,nd_target=::1 | 7 | nd_target=::1 | needs icmp6 with icmp_type=135 or icmp_type=136
          icmp,icmp_type=135,nd_target=::1 | 20 | nd_target=::1 | needs icmp6
          icmp6,icmp_type=136,nd_sll=02:00:00:00:00:01 | 21 | nd_sll=02:00:00:00:00:01 | icmp_type=135
          icmp6,icmp_type=135,nd_tll=02:00:00:00:00:01 | 21 | nd_tll=02:00:00:00:00:01 | icmp_type=136
          icmp6,icmp_type=135,icmp_code=1,nd_target=::1 | 33 | nd_target=::1 | no icmp_code but 0
          icmp6,icmp_type=135,nd_options_type=1/1 | 21 | nd_options_type=1/1 | takes no mask
          nw_proto=6                       | 1  | nw_proto=6                 | needs ip or ipv6
          ip_dscp=46                       | 1  | ip_dscp=46                 | needs ip or ipv6
          """)
  void wordsThatAreWrongHaveTheirColumn(String rule, int column, String text, String problem) {
    assertError(rule + ",actions=drop", column, text, problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ip,ip_dscp=64 | 4 | ip_dscp=64 | number too large; allowed: 0 to 63
          ip,nw_tos=1               | 4  | nw_tos=1                  | allowed bits 0xfc
          ip,ipv6                   | 4  | ipv6                      | dl_type is matched twice
          tcp,nw_proto=17           | 5  | nw_proto=17               | nw_proto is matched twice
          dl_vlan=4096 | 1 | dl_vlan=4096 | number too large; allowed: 0 to 4095
          dl_vlan=5/7               | 1  | dl_vlan=5/7               | dl_vlan takes no mask but 0xffff
          dl_type=0x800/0xff00      | 1  | dl_type=0x800/0xff00      | dl_type takes no mask but 0xffff
          ip,nw_proto=6/0x1ff       | 4  | nw_proto=6/0x1ff          | 0 to 255
          ip,nw_ttl=6/              | 4  | nw_ttl=6/                 | not a number
          dl_vlan=5,vlan_tci=0      | 11 | vlan_tci=0                | different things of the same
          dl_vlan=5,vlan_vid=0x1006 | 11 | vlan_vid=0x1006           | dl_vlan is matched twice
          vlan_vid=5                | 1  | vlan_vid=5                | no frame has this vlan_tci
          vlan_vid=0x2005           | 1  | vlan_vid=0x2005           | 0 to 8191
          vlan_pcp=8                | 1  | vlan_pcp=8                | 0 to 7
          ipv6,ipv6_label=0x100000  | 6  | ipv6_label=0x100000       | 0 to 1048575
          ip,ipv6_label=1           | 4  | ipv6_label=1              | needs ipv6
          tp_dst[0..7]=1            | 1  | tp_dst[0..7]=1            | needs tcp
          tcp,tp_dst[0..7]=256      | 5  | tp_dst[0..7]=256          | 0 to 255
          tcp,tp_dst[0..16]=1       | 5  | tp_dst[0..16]=1           | 0 to 15
          ip,nw_proto[0..3]=1       | 4  | nw_proto[0..3]=1          | exactly only
          in_port[0..3]=1           | 1  | in_port[0..3]=1           | matched by name
          packet_type=(1,0x800) | 1 | packet_type=(1,0x800) | not supported: packet_type
          vlan_tci=5/0x1fff         | 1  | vlan_tci=5/0x1fff         | no frame has this vlan_tci
          dl_dst=02:00:00:00:00     | 1  | dl_dst=02:00:00:00:00     | not an Ethernet address
          dl_dst=02:00:00:00:00:123 | 1  | dl_dst=02:00:00:00:00:123 | not an Ethernet
          dl_dst=1:2:3:4:5:6/7      | 1  | dl_dst=1:2:3:4:5:6/7      | not an Ethernet address
          ip,nw_src=1.2.3           | 4  | nw_src=1.2.3              | not an IPv4 address
          ip,nw_src=1.2.3.04        | 4  | nw_src=1.2.3.04           | not an IPv4 address
          ip,nw_src=1.2.3.4/33      | 4  | nw_src=1.2.3.4/33         | not an IPv4 address
          ip,nw_src=1.2.3.4/        | 4  | nw_src=1.2.3.4/           | not an IPv4 address
          ipv6,ipv6_src=1::2::3     | 6  | ipv6_src=1::2::3          | not an IPv6 address
          ipv6,ipv6_src=::1/129     | 6  | ipv6_src=::1/129          | not an IPv6 address
          ipv6,ipv6_src=::1/        | 6  | ipv6_src=::1/             | not an IPv6 address
          ip,nw_frag=maybe | 4 | nw_frag=maybe | no, yes, first, later, not_later
          tcp,tcp_flags=+foo        | 5  | tcp_flags=+foo            | no such TCP flag: "foo"
          tcp,tcp_flags=+syn+syn    | 5  | tcp_flags=+syn+syn        | flag given twice: syn
          tcp,tcp_flags=0x1000      | 5  | tcp_flags=0x1000          | number too large
          tcp,tp_dst=80/0x1ffff     | 5  | tp_dst=80/0x1ffff         | number too large
          """)
  void valuesThatAreWrongHaveTheirColumn(String rule, int column, String text, String problem) {
    assertError(rule + ",actions=drop", column, text, problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ip                    | 3  | end of line | a rule ends with actions=
          ip,actions            | 4  | actions     | the actions are missing
          actions=drop,output:a | 9  | drop        | drop must be the only action
          actions=output:a,drop | 18 | drop        | drop must be the only action
          actions=output        | 9  | output      | the port is missing
          actions=output:       | 9  | output:     | the port is missing
          actions=output:1      | 9  | output:1    | named, not numbered
          actions=7             | 9  | 7           | named, not numbered
          actions=nf1,foo(1)    | 13 | foo(1)      | unknown action; allowed: output:PORT
          actions=output(nf1    | 9  | output(nf1  | a closing parenthesis is missing
          actions=output:nf1)   | 19 | )           | a closing parenthesis too many
          actions=drop:1        | 9  | drop:1      | unknown action
          actions=é             | 9  | é           | letters, digits
          """)
  void actionsThatAreWrongHaveTheirColumn(String rule, int column, String text, String problem) {
    assertError(rule, column, text, problem);
  }

  private static void assertError(String rule, int column, String text, String problem) {
    FlowSyntaxException error = error(rule);
    assertThat(error.line()).isEqualTo(1);
    assertThat(error.column()).as(error.getMessage()).isEqualTo(column);
    assertThat(error.text()).isEqualTo(text);
    assertThat(error.problem()).contains(problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ct_state=+trk+est       | ct_state (connection tracking)
          ct_zone=1               | ct_zone (connection tracking)
          xreg0=1                 | xreg0 (registers of 64 and 128 bits; write reg0 and the like)
          xxreg3=1                | xxreg3 (registers of 64 and 128 bits; write reg0 and the like)
          tun_id=5                | tun_id (matching tunnel metadata)
          mpls_label=3            | mpls_label (matching MPLS labels)
          nsh_spi=1               | nsh_spi (matching service headers (NSH))
          conj_id=1               | conj_id (conjunctive matching)
          send_flow_rem           | send_flow_rem (telling an OpenFlow controller of expiry; the event
          importance=1            | importance (eviction of rules; a full table refuses new ones)
          check_overlap           | check_overlap (refusing rules that overlap; iovtee flow check
          reset_counts            | reset_counts (counting in another way
          out_port=nf1            | out_port (a filter of deletions; write it behind delete)
          packet_type=(1,0x800)   | packet_type (matching packet metadata)
          xreg0[0..3]=1           | xreg0 (registers of 64 and 128 bits; write reg0 and the like)
          """)
  void fieldsThatOnlyOvsHasAreRefusedByName(String field, String problem) {
    FlowSyntaxException error = error("tcp," + field + ",actions=drop");
    assertThat(error.problem()).startsWith("not supported: " + problem);
    assertThat(error.column()).isEqualTo(5);
    assertThat(error.text()).isEqualTo(field);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ct(commit,zone=1)        | ct (connection tracking)
          ct(nat(src=1.2.3.4))     | ct (connection tracking)
          nat                      | nat (address translation)
          resubmit(,1,ct)          | resubmit(PORT,TABLE,ct) (connection tracking)
          clear_actions            | clear_actions (an action set)
          push:reg0                | push (a stack; write move)
          learn(table=1)           | learn (learned rules)
          set_field:1->xreg0       | xreg0 (registers of 64 and 128 bits; write reg0 and the like)
          move:vlan_vid[]->reg0[]  | vlan_vid (parts of vlan_vid, and moving it; write vlan_vid=VALUE/MASK or vlan_tci)
          dec_ttl(1,2)             | dec_ttl (the controllers of dec_ttl; write dec_ttl alone)
          move:ct_mark[]->reg0[]   | ct_mark (connection tracking)
          push_mpls:0x8847         | push_mpls (MPLS)
          set_queue:1              | set_queue (queues)
          enqueue:1:2              | enqueue (queues)
          bundle(eth_src,0,hrw)    | bundle (choosing among ports by hash)
          controller(reason=action) | an option of controller besides max_len
          LOCAL                    | LOCAL (the local port of OVS; name a port)
          table                    | table (for frames from a controller; write resubmit(,N))
          any                      | any (no port)
          output:LOCAL             | output:LOCAL (the local port of OVS; name a port)
          output:NXM_NX_REG0[]     | output:FIELD[..] (registers)
          output(port=1,max_len=9) | output(max_len=...) (cutting frames)
          clone(output:a)          | clone (changes of a copy; write group:N
          apply_actions(output:a)  | apply_actions (instructions; write the actions alone)
          """)
  void actionsThatOnlyOvsHasAreRefusedByName(String action, String problem) {
    FlowSyntaxException error = error("actions=output:nf1," + action);
    assertThat(error.problem()).startsWith("not supported: " + problem);
    assertThat(error.column()).isEqualTo(20);
    assertThat(error.text()).isEqualTo(action);
  }

  @Test
  void oneRuleIsOneRule() {
    FlowSyntaxException two =
        catchThrowableOfType(
            FlowSyntaxException.class,
            () -> FlowRuleParser.parseRule("actions=drop\n\nactions=normal"));
    assertThat(two)
        .hasMessage(
            "line 3, column 1: actions=normal: one rule was expected, this is another line");
    assertThat(
            catchThrowableOfType(
                FlowSyntaxException.class, () -> FlowRuleParser.parseRule("\n# nothing\n")))
        .hasMessageContaining("one rule was expected, for example actions=drop");
  }

  @Test
  void linesAndActionListsHaveALimit() {
    String longest = "actions=drop" + " ".repeat(Line.LENGTH_MAX - 12);
    assertThat(FlowRuleParser.parseRules(longest)).hasSize(1);
    FlowSyntaxException tooLong = error("actions=drop\n" + longest + " ");
    assertThat(tooLong.line()).isEqualTo(2);
    assertThat(tooLong.column()).isEqualTo(8193);
    assertThat(tooLong.problem()).contains("at most 8192 characters, this one has 8193");
    String outputs = "actions=" + "a,".repeat(64);
    assertThat(FlowRuleParser.parseRule(outputs).actions()).hasSize(64);
    assertThat(error(outputs + "b").problem()).contains("at most 64 actions");
    assertThat(error(outputs + "b").column()).isEqualTo(137);
  }

  /** What an error quotes goes to terminals and logs. */
  @ParameterizedTest
  @ValueSource(strings = {"\u001b[31m", "\u0000", "\u0085", "\ud800"})
  void quotesAreHarmless(String control) {
    FlowSyntaxException error = error("x" + control + "y,actions=drop");
    assertThat(error.text()).startsWith("x?").doesNotContain(control);
    assertThat(error.getMessage()).doesNotContain(control);
  }

  @Test
  void quotesAreShort() {
    assertThat(error("x".repeat(500) + ",actions=drop").text()).isEqualTo("x".repeat(80) + "...");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          mod_nw_src:10.0.0.0/8             | can be set as a whole only
          mod_vlan_vid:0xffff               | can be set as a whole only
          mod_vlan_vid:4096                 | 0 to 4095
          mod_nw_tos:185                    | does not fit
          mod_dl_src                        | the value is missing
          push_vlan:0x0800                  | a tag has type 0x8100 or 0x88a8
          push_vlan                         | not a number
          set_field:6->nw_proto             | can be matched only, not set
          set_field:1->in_port              | can be matched only, not set
          set_field:+syn->tcp_flags         | can be matched only, not set
          set_field:1->nonsense             | unknown field: nonsense; allowed: dl_vlan
          set_field:1                       | allowed: set_field:VALUE->FIELD
          set_field:1.2.3.4/0.0.0.0->nw_src | no bit is set
          load:1->NXM_OF_IP_SRC[3           | FIELD[FIRST..LAST]
          load:1->NXM_OF_IP_PROTO[]         | not supported: load to this field
          load:0->NXM_OF_IN_PORT[]          | to send a frame back write in_port
          load:5->NXM_OF_VLAN_TCI[0..11]    | write mod_vlan_vid
          set_field:0->vlan_tci             | write mod_vlan_vid, mod_vlan_pcp or strip_vlan
          set_field:5->vlan_vid             | 0x1000 to 0x1fff
          set_field:0x1005/0x100f->vlan_vid | as a whole
          exit                              | end them with the resubmit
          clone(output:a)                   | write group:N
          note:00.11                        | write cookie=N
          sample(probability=1)             | write mirror:PORT
          load:4->NXM_OF_IP_SRC[0..1]       | 0 to 3
          load:1->NXM_OF_IP_SRC[3..2]       | the last bit is before the first
          load:1->NXM_OF_IP_SRC[0..32]      | 0 to 31
          goto_table:0                      | goes to a later table only: table=0, goto_table:0
          goto_table:1,normal               | goto_table must be the last action
          resubmit(1,2)                     | named, not numbered
          resubmit(,255)                    | 0 to 254
          resubmit(,)                       | a port or a table must be named
          resubmit()                        | a port or a table must be named
          move:reg0[0..3]->reg1[0..4]       | 4 and 5 bits
          move:reg0                         | allowed: move:FIELD
          move:nw_src[]->reg0[]             | move of nw_src needs ip in the same rule
          move:reg0[0..15]->tp_dst[]        | move of tp_dst needs tcp, udp
          move:ipv6_src[]->reg0[]           | bits
          move:in_port[]->reg0[0..15]       | move of this field: in_port
          move:reg0[]->dl_type[]            | bits
          move:reg0[0..15]->dl_type[]       | move to this field: dl_type
          move:reg0[0..3]->nw_ttl[0..3]     | move of these bits: reg0[0..3] to nw_ttl
          write_metadata:x                  | not a number
          """)
  void changesThatCanNotBeAreRefused(String action, String problem) {
    FlowSyntaxException error =
        catchThrowableOfType(
            FlowSyntaxException.class, () -> FlowRuleParser.parseRule("actions=" + action));
    assertThat(error).as(action).isNotNull();
    assertThat(error.problem()).contains(problem);
  }

  @Test
  void aRulePushesTwoTagsAtMost() {
    String push = "push_vlan:0x8100";
    assertThat(FlowRuleParser.parseRule("actions=" + push + "," + push).actions()).hasSize(2);
    assertThatThrownBy(() -> FlowRuleParser.parseRule("actions=" + push + "," + push + "," + push))
        .hasMessageContaining("at most 2 VLAN tags");
  }

  @Test
  void aLongValueIsNotRepeatedAsAWhole() {
    String value = "x".repeat(4_000);
    assertThatThrownBy(() -> FlowRuleParser.parseRule("in_port=" + value + "/,actions=drop"))
        .isInstanceOf(FlowSyntaxException.class)
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(2_000));
    assertThatThrownBy(() -> FlowRuleParser.parseRule("actions=set_field:1->" + value))
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(2_000).contains("unknown"));
  }
}
