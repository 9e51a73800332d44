// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.flow.MatchField;
import org.junit.jupiter.api.Test;

/** The constants of the hot path say the same as the table of fields. */
final class FlowKeyTest {
  @Test
  void constantsAgreeWithTheTable() {
    assertPlace(MatchField.IN_PORT, 0, FlowKey.IN_PORT_SHIFT);
    assertPlace(MatchField.DL_TYPE, 0, FlowKey.DL_TYPE_SHIFT);
    assertPlace(MatchField.VLAN_TCI, 0, FlowKey.VLAN_TCI_SHIFT);
    assertPlace(MatchField.NW_PROTO, 0, FlowKey.NW_PROTO_SHIFT);
    assertPlace(MatchField.NW_TOS, 0, 0);
    assertPlace(MatchField.DL_DST, FlowKey.DL_DST_WORD, FlowKey.MAC_SHIFT);
    assertPlace(MatchField.TCP_FLAGS, FlowKey.TCP_FLAGS_WORD, 0);
    assertPlace(MatchField.DL_SRC, FlowKey.DL_SRC_WORD, FlowKey.MAC_SHIFT);
    assertPlace(MatchField.NW_TTL, FlowKey.NW_TTL_WORD, FlowKey.NW_TTL_SHIFT);
    assertPlace(MatchField.NW_FRAG, FlowKey.NW_TTL_WORD, 0);
    assertPlace(MatchField.NW_SRC, FlowKey.NW_ADDRESS_WORD, 32);
    assertPlace(MatchField.NW_DST, FlowKey.NW_ADDRESS_WORD, 0);
    assertPlace(MatchField.TP_SRC, FlowKey.TRANSPORT_WORD, FlowKey.TP_SRC_SHIFT);
    assertPlace(MatchField.TP_DST, FlowKey.TRANSPORT_WORD, FlowKey.TP_DST_SHIFT);
    assertPlace(MatchField.ICMP_TYPE, FlowKey.TRANSPORT_WORD, FlowKey.TP_SRC_SHIFT);
    assertPlace(MatchField.ICMP_CODE, FlowKey.TRANSPORT_WORD, FlowKey.TP_DST_SHIFT);
    assertPlace(MatchField.ARP_OP, FlowKey.ARP_OP_WORD, 0);
    assertPlace(MatchField.IPV6_LABEL, FlowKey.TRANSPORT_WORD, FlowKey.IPV6_LABEL_SHIFT);
    assertPlace(MatchField.ARP_SHA, FlowKey.ARP_SHA_WORD, FlowKey.MAC_SHIFT);
    assertPlace(MatchField.ARP_THA, FlowKey.ARP_THA_WORD, FlowKey.MAC_SHIFT);
    assertPlace(MatchField.ND_SLL, FlowKey.ARP_SHA_WORD, FlowKey.MAC_SHIFT);
    assertPlace(MatchField.ND_TLL, FlowKey.ARP_THA_WORD, FlowKey.MAC_SHIFT);
    assertPlace(MatchField.ND_RESERVED, FlowKey.NW_ADDRESS_WORD, 32);
    assertPlace(MatchField.ND_OPTIONS_TYPE, FlowKey.TCP_FLAGS_WORD, 0);
    assertThat(MatchField.ND_TARGET.word()).isEqualTo(FlowKey.ND_TARGET_WORD);
    assertThat(MatchField.IPV6_SRC.word()).isEqualTo(FlowKey.IPV6_SRC_WORD);
    assertThat(MatchField.IPV6_DST.word()).isEqualTo(FlowKey.IPV6_DST_WORD);
    assertThat(FlowKey.WORDS).isGreaterThanOrEqualTo(FlowKey.USED_WORDS);
  }

  private static void assertPlace(MatchField field, int word, int shift) {
    assertThat(field.word()).as(field.fieldName()).isEqualTo(word);
    assertThat(field.shift()).as(field.fieldName()).isEqualTo(shift);
  }

  /** What the words behind the narrow ones hold must need IPv6 or ARP: the cache relies on it. */
  @Test
  void onlyIpv6AndArpHaveWideWords() {
    for (MatchField field : MatchField.values()) {
      if (field.word() >= FlowKey.NARROW_WORDS && !field.isState()) {
        assertThat(field.prerequisite().name())
            .isIn("IPV6", "ARP", "ND", "ND_SOLICIT", "ND_ADVERT");
      }
    }
  }

  @Test
  void accessorsReadTheirField() {
    long[] keys = new long[2 * FlowKey.WORDS];
    int offset = FlowKey.WORDS;
    keys[offset] = 0xfffe_86dd_f009_3ab7L;
    keys[offset + 1] = 0x0200_0000_0011_0fffL;
    keys[offset + 2] = 0xfe00_0000_0022_4003L;
    keys[offset + 6] = -5;
    assertThat(FlowKey.inPort(keys, offset)).isEqualTo(0xfffe);
    assertThat(FlowKey.dlType(keys, offset)).isEqualTo(0x86dd);
    assertThat(FlowKey.vlanTci(keys, offset)).isEqualTo(0xf009);
    assertThat(FlowKey.dlDst(keys, offset)).isEqualTo(0x0200_0000_0011L);
    assertThat(FlowKey.dlSrc(keys, offset)).isEqualTo(0xfe00_0000_0022L);
    assertThat(FlowKey.get(MatchField.NW_TTL, keys, offset)).isEqualTo(0x40);
    assertThat(FlowKey.get(MatchField.NW_TOS, keys, offset)).isEqualTo(0xb4);
    assertThat(FlowKey.get(MatchField.NW_ECN, keys, offset)).isEqualTo(3);
    assertThat(FlowKey.get(MatchField.NW_FRAG, keys, offset)).isEqualTo(3);
    assertThat(FlowKey.get(MatchField.TCP_FLAGS, keys, offset)).isEqualTo(0xfff);
    assertThat(FlowKey.get(MatchField.IPV6_SRC, keys, offset)).isEqualTo(-5);
  }
}
