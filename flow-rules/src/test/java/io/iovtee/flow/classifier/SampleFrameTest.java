// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import io.iovtee.flow.RuleGenerator;
import io.iovtee.flow.text.FlowRuleParser;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames made from matches, and what is asked about them. */
final class SampleFrameTest {
  private static long[] key(byte[] frame, int inPort) {
    long[] key = new long[FlowKey.WORDS];
    HeaderParser.parse(frame, 0, Math.min(128, frame.length), frame.length, inPort, key, 0);
    return key;
  }

  private static boolean isMatched(Match match) {
    Classifier classifier =
        Classifier.compile(List.of(FlowRule.of(1, match, io.iovtee.flow.Action.DROP)), port -> 7);
    return classifier.lookup(key(SampleFrame.of(match), 7), 0) == 0;
  }

  @Test
  void aMatchMatchesItsFrame() {
    RuleGenerator rules = new RuleGenerator(11, false);
    int met = 0;
    for (int i = 0; i < 3000; i++) {
      Match match = rules.nextMatch();
      while (match.table() != 0 || match.fields().stream().anyMatch(f -> f.field().isState())) {
        match = rules.nextMatch(); // no frame has that
      }
      met += isMatched(match) ? 1 : 0;
    }
    // Some matches ask for what no frame has, as UDP in a protocol of its own with a later
    // fragment.
    assertThat(met).isGreaterThan(1500);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "in_port=uplink",
        "dl_vlan=5,dl_vlan_pcp=3,ip",
        "dl_vlan=0xffff",
        "tcp,nw_src=10.0.0.1,nw_dst=10.0.0.2,tp_src=1,tp_dst=80,tcp_flags=+syn,nw_ttl=3,nw_tos=184",
        "udp,tp_dst=53,nw_ecn=3",
        "sctp,tp_src=9",
        "icmp,icmp_type=8,icmp_code=1",
        "icmp6,icmp_type=135",
        "icmp6,icmp_type=135,nd_target=fe80::1,nd_sll=02:00:00:00:00:01,nd_options_type=1",
        "icmp6,icmp_type=136,icmp_code=0,nd_target=fe80::1,nd_tll=02:00:00:00:00:01",
        "icmp6,icmp_type=136,nd_reserved=1610612736,nd_options_type=0",
        "tcp6,ipv6_src=2001:db8::1,ipv6_dst=::2,tp_src=5,nw_ttl=1",
        "udp6,tp_dst=53,nw_frag=first",
        "ipv6,nw_frag=later",
        "ip,nw_frag=later,nw_proto=17",
        "udp,nw_frag=first,tp_src=3",
        "arp,arp_op=2,arp_spa=10.0.0.1,arp_tpa=10.0.0.2,arp_sha=02:00:00:00:00:01",
        "rarp,arp_tha=02:00:00:00:00:01",
        "dl_type=0x05ff",
        "dl_type=0x88cc,dl_src=02:00:00:00:00:01,dl_dst=01:80:c2:00:00:0e"
      })
  void everyKindOfFrame(String match) {
    assertThat(isMatched(FlowRuleParser.parseRule(match + " actions=drop").match())).isTrue();
  }

  @Test
  void theKeyIsWrittenAsAMatch() {
    TraceInput input = TraceInput.parse("in_port=uplink,tcp,nw_src=10.0.0.1,tp_dst=80", "");

    String key = FlowKeyFormatter.format(key(input.frame(), 1), 0, input.inPort());

    assertThat(key)
        .startsWith("tcp,in_port=uplink,vlan_tci=0x0000,dl_src=00:00:00:00:00:00,")
        .contains("nw_src=10.0.0.1,nw_dst=0.0.0.0", "nw_ttl=64,nw_frag=no", "tp_dst=80");
    assertThat(FlowRuleParser.parseRule(key + " actions=drop").match().inPort())
        .isEqualTo("uplink");
  }

  @Test
  void bytesAreTakenAsTheyAre() {
    byte[] frame = TraceInput.parse("in_port=nf1", "02:00:00:00:00:11 020000000022 88b5").frame();

    assertThat(HexFormat.of().formatHex(frame)).isEqualTo("02000000001102000000002288b5");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          tcp,tp_dst=80          | ''                           | in_port is missing
          in_port=a1,tp_dst=80   | ''                           | needs tcp
          in_port=a1,actions=drop | ''                          | column 12: actions: a frame has no actions
          in_port=a1,priority=3  | ''                           | column 12: priority: a frame has none
          in_port=a1,idle_timeout=3 | ''                        | a frame has none
          in_port=a1             | 0200                         | 14 to 1536 bytes: length=2
          in_port=a1             | 02000000001102000000002288b  | not hexadecimal
          in_port=a1,ip          | 02000000001102000000002288b5 | only in_port
          """)
  void whatIsWrongIsSaid(String flow, String hex, String problem) {
    assertThatThrownBy(() -> TraceInput.parse(flow, hex))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(problem);
  }
}
