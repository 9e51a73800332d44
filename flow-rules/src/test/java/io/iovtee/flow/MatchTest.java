// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.flow.text.FlowRuleParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class MatchTest {
  private static Match.Builder tcp() {
    return Match.builder().with(MatchField.DL_TYPE, 0x0800).with(MatchField.NW_PROTO, 6);
  }

  @Test
  void bitsLieWhereTheTableSays() {
    Match match =
        tcp()
            .inPort("uplink")
            .with(MatchField.DL_DST, 0x0200_0000_0011L)
            .with(MatchField.NW_SRC, 0x0a010203, 0xffff0000L)
            .with(MatchField.TP_DST, 443)
            .with(MatchField.TCP_FLAGS, 0x002, 0x012)
            .build();
    assertThat(match.inPort()).isEqualTo("uplink");
    assertThat(match.value(0)).isEqualTo(0x0000_0800_0000_0600L);
    assertThat(match.mask(0)).isEqualTo(0x0000_ffff_0000_ff00L);
    assertThat(match.value(1)).isEqualTo(0x0200_0000_0011_0002L);
    assertThat(match.mask(1)).isEqualTo(0xffff_ffff_ffff_0012L);
    assertThat(match.mask(2)).isZero();
    assertThat(match.value(3)).isEqualTo(0x0a01_0000_0000_0000L);
    assertThat(match.mask(3)).isEqualTo(0xffff_0000_0000_0000L);
    assertThat(match.value(4)).isEqualTo(0x0000_01bb_0000_0000L);
    assertThat(match.has(MatchField.TP_DST)).isTrue();
    assertThat(match.has(MatchField.IN_PORT)).isTrue();
    assertThat(match.has(MatchField.TP_SRC)).isFalse();
    assertThat(match.field(MatchField.TP_DST)).isEqualTo(FieldMatch.exact(MatchField.TP_DST, 443));
    assertThat(match.field(MatchField.ICMP_CODE)).isNull();
  }

  @Test
  void wideFieldsFillTwoWords() {
    Match match =
        Match.builder()
            .with(MatchField.DL_TYPE, 0x86dd)
            .with(new FieldMatch(MatchField.IPV6_DST, 0x20010db8_00000000L, 5, -1L, -1L))
            .build();
    assertThat(match.value(7)).isEqualTo(0x20010db8_00000000L);
    assertThat(match.value(8)).isEqualTo(5);
    assertThat(match.mask(5) | match.mask(6)).isZero();
  }

  @Test
  void aTagIsImpliedByItsParts() {
    Match id = Match.builder().with(MatchField.DL_VLAN, 9).build();
    assertThat(id.value(0)).isEqualTo(0x1009_0000L);
    assertThat(id.mask(0)).isEqualTo(0x1fff_0000L);
    Match both =
        Match.builder().with(MatchField.DL_VLAN, 9).with(MatchField.DL_VLAN_PCP, 7).build();
    assertThat(both.value(0)).isEqualTo(0xf009_0000L);
    assertThat(both.fields())
        .containsExactly(
            FieldMatch.exact(MatchField.DL_VLAN, 9), FieldMatch.exact(MatchField.DL_VLAN_PCP, 7));
  }

  @Test
  void equalBitsAreEqualMatches() {
    assertThat(Match.builder().with(MatchField.VLAN_TCI, 0x1009, 0x1fff).build())
        .isEqualTo(Match.builder().with(MatchField.DL_VLAN, 9).build());
    assertThat(Match.builder().with(MatchField.VLAN_TCI, 0, 0x1000).build())
        .isEqualTo(Match.builder().untagged().build())
        .hasSameHashCodeAs(Match.builder().untagged().build());
    assertThat(Match.builder().with(MatchField.DL_SRC, 5, 0).build()).isEqualTo(Match.ANY);
    assertThat(tcp().with(MatchField.NW_FRAG, 0, 1).build())
        .isEqualTo(tcp().with(MatchField.NW_FRAG, 0).build());
    assertThat(Match.builder().with(MatchField.DL_TYPE, 0x0800).with(MatchField.NW_FRAG, 3).build())
        .isEqualTo(
            Match.builder()
                .with(MatchField.DL_TYPE, 0x0800)
                .with(MatchField.NW_FRAG, 2, 2)
                .build());
    assertThat(tcp().build()).isNotEqualTo(tcp().inPort("a").build());
    assertThat(tcp().build()).isNotEqualTo(tcp().with(MatchField.TP_SRC, 0).build());
    assertThat(Match.ANY.isAny()).isTrue();
    assertThat(tcp().build().isAny()).isFalse();
    assertThat(Match.builder().inPort("a").build().isAny()).isFalse();
  }

  @Test
  void aFieldWithoutMaskBitsChangesNothing() {
    Match.Builder match = Match.builder().with(MatchField.NW_SRC, 5, 0);
    assertThat(match.build()).isEqualTo(Match.ANY);
    match.with(MatchField.DL_SRC, 5, 0).with(MatchField.DL_SRC, 7).with(MatchField.DL_SRC, 9, 0);
    assertThat(match.build()).isEqualTo(Match.builder().with(MatchField.DL_SRC, 7).build());
  }

  @Test
  void valueBitsOutsideTheMaskAreLeftOut() {
    assertThat(FieldMatch.masked(MatchField.DL_DST, 0xffff_ffff_ffffL, 0x0100_0000_0000L).value())
        .isEqualTo(0x0100_0000_0000L);
  }

  @Test
  void prerequisitesAreDemanded() {
    assertThatThrownBy(() -> Match.builder().with(MatchField.NW_SRC, 1).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("nw_src needs ip");
    assertThatThrownBy(() ->
            Match.builder().with(MatchField.DL_TYPE, 0x0800).with(MatchField.TP_DST, 80).build())
        .hasMessageStartingWith("tp_dst needs tcp, udp, sctp");
    assertThatThrownBy(() -> tcp().with(MatchField.NW_FRAG, 3).with(MatchField.TP_DST, 80).build())
        .hasMessageContaining("not nw_frag=later");
    assertThatThrownBy(() -> tcp().with(MatchField.ICMP_TYPE, 8).build())
        .hasMessageStartingWith("icmp_type needs icmp");
    assertThatThrownBy(() -> tcp().with(MatchField.ARP_OP, 1).build())
        .hasMessage("arp_op needs arp or rarp");
    // ICMP's protocol number is another one in IPv6.
    assertThatThrownBy(() ->
            Match.builder()
                .with(MatchField.DL_TYPE, 0x86dd)
                .with(MatchField.NW_PROTO, 1)
                .with(MatchField.ICMP_TYPE, 8)
                .build())
        .hasMessageStartingWith("icmp_type needs icmp");
    assertThatThrownBy(() -> Match.builder().with(FieldMatch.exact(MatchField.IPV6_SRC, 1)).build())
        .hasMessage("ipv6_src needs ipv6");
  }

  @Test
  void whatNoFrameHasIsRefused() {
    assertThatThrownBy(() -> Match.builder().with(MatchField.VLAN_TCI, 5, 0x1fff))
        .hasMessageContaining("no frame has this vlan_tci: 0x0005/0x1fff");
    assertThatThrownBy(() -> tcp().with(MatchField.NW_FRAG, 2))
        .hasMessageContaining("no frame has this nw_frag");
  }

  @Test
  void conflictsAreRefused() {
    assertThatThrownBy(() -> tcp().with(MatchField.NW_PROTO, 17))
        .hasMessageContaining("nw_proto is matched twice");
    assertThatThrownBy(
            () -> Match.builder().with(MatchField.DL_VLAN, 5).with(MatchField.VLAN_TCI, 0x1006))
        .hasMessageContaining("dl_vlan and vlan_tci say different things of the same bits");
    assertThatThrownBy(() -> Match.builder().untagged().with(MatchField.DL_VLAN_PCP, 5))
        .hasMessageContaining("vlan_tci and dl_vlan_pcp say different things of the same bits");
    assertThatThrownBy(() -> Match.builder().inPort("a").inPort("b"))
        .hasMessageContaining("in_port is already a");
  }

  @Test
  void numbersMustFitTheirField() {
    assertThatThrownBy(() -> FieldMatch.exact(MatchField.DL_VLAN, 4096))
        .hasMessageContaining("value does not fit the field: dl_vlan=0x1000, allowed bits 0xfff");
    assertThatThrownBy(() -> FieldMatch.exact(MatchField.NW_TOS, 1))
        .hasMessageContaining("allowed bits 0xfc");
    assertThatThrownBy(() -> FieldMatch.masked(MatchField.TP_SRC, 0, 0x10000))
        .hasMessageContaining("mask does not fit");
    assertThatThrownBy(() -> FieldMatch.masked(MatchField.NW_TTL, 0, 0x0f))
        .hasMessageContaining("exactly only");
    assertThatThrownBy(() -> new FieldMatch(MatchField.TP_SRC, 1, 0, 0, 0xffff))
        .hasMessageContaining("value does not fit");
    assertThatThrownBy(() -> new FieldMatch(MatchField.TP_SRC, 0, 0, 1, 0xffff))
        .hasMessageContaining("mask does not fit");
    assertThatThrownBy(() -> FieldMatch.exact(MatchField.IN_PORT, 1))
        .hasMessageContaining("by name");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ''                   | tcp,in_port=a1             | true
          ip                   | tcp                        | true
          tcp                  | ip                         | false
          tcp                  | udp                        | false
          in_port=a1           | in_port=a1,arp             | true
          in_port=a1           | in_port=a2                 | false
          in_port=a1           | arp                        | false
          ip,nw_src=10.0.0.0/8 | ip,nw_src=10.1.0.0/16      | true
          ip,nw_src=10.0.0.0/8 | ip,nw_src=11.1.0.0/16      | false
          ip,nw_src=10.0.0.0/8 | ip,nw_src=0.1.0.0/0.255.0.0 | false
          dl_vlan=5            | dl_vlan=5,dl_vlan_pcp=1    | true
          """)
  void coversWhatIsNarrower(String wide, String narrow, boolean covers) {
    Match one = FlowRuleParser.parseRule(wide + " actions=drop").match();
    Match other = FlowRuleParser.parseRule(narrow + " actions=drop").match();
    assertThat(one.covers(other)).isEqualTo(covers);
    assertThat(one.covers(one)).isTrue();
  }
}
