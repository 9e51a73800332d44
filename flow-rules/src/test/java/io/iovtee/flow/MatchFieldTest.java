// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class MatchFieldTest {
  @Test
  void namesAndAliasesFindTheirField() {
    Set<String> names = new HashSet<>();
    for (MatchField field : MatchField.values()) {
      assertThat(MatchField.byName(field.fieldName())).isEqualTo(field);
      assertThat(names.add(field.fieldName())).isTrue();
      for (String alias : field.aliases()) {
        assertThat(MatchField.byName(alias)).isEqualTo(field);
        assertThat(names.add(alias)).as(alias).isTrue();
      }
    }
    assertThat(MatchField.byName("eth_src")).isEqualTo(MatchField.DL_SRC);
    assertThat(MatchField.byName("ct_state")).isNull();
  }

  @Test
  void fieldsLieInsideTheirWords() {
    for (MatchField field : MatchField.values()) {
      int words = field.isWide() ? 2 : 1;
      assertThat(field.word()).isBetween(0, MatchField.WORD_COUNT - words);
      assertThat(field.shift() + (field.isWide() ? 0 : field.width())).isBetween(0, 64);
    }
  }

  /**
   * Which fields may share bits: the vlan fields, and fields of protocols that exclude each other.
   */
  @Test
  void bitsAreSharedOnlyWhereOneFrameCannotHaveBoth() {
    List<Set<MatchField>> families =
        List.of(
            Set.of(MatchField.VLAN_TCI, MatchField.DL_VLAN, MatchField.DL_VLAN_PCP),
            Set.of(MatchField.NW_SRC, MatchField.ARP_SPA, MatchField.ND_RESERVED),
            Set.of(MatchField.ARP_SHA, MatchField.ND_SLL),
            Set.of(MatchField.ARP_THA, MatchField.ND_TLL),
            Set.of(MatchField.TCP_FLAGS, MatchField.ND_OPTIONS_TYPE),
            Set.of(MatchField.NW_DST, MatchField.ARP_TPA),
            Set.of(MatchField.NW_TOS, MatchField.NW_ECN),
            Set.of(MatchField.TP_SRC, MatchField.ICMP_TYPE),
            Set.of(MatchField.TP_DST, MatchField.ICMP_CODE));
    for (MatchField a : MatchField.values()) {
      for (MatchField b : MatchField.values()) {
        boolean family = families.stream().anyMatch(f -> f.contains(a) && f.contains(b));
        if (a != b && !family) {
          assertThat(overlap(a, b)).as(a + " and " + b).isZero();
        }
      }
    }
    assertThat(MatchField.NW_TOS.exactMask() & MatchField.NW_ECN.exactMask()).isZero();
  }

  private static long overlap(MatchField a, MatchField b) {
    long overlap = 0;
    for (int word = 0; word < MatchField.WORD_COUNT; word++) {
      overlap |= bits(a, word) & bits(b, word);
    }
    return overlap;
  }

  private static long bits(MatchField field, int word) {
    if (field.isWide()) {
      return word == field.word() || word == field.word() + 1 ? -1L : 0;
    }
    return word == field.word() ? ((1L << field.width()) - 1) << field.shift() : 0;
  }

  @Test
  void extractMovesTheFieldToTheLowEnd() {
    assertThat(MatchField.DL_TYPE.extract(0xffff_86dd_ffff_ffffL)).isEqualTo(0x86dd);
    assertThat(MatchField.DL_SRC.extract(0x0200_0000_0011_ffffL)).isEqualTo(0x0200_0000_0011L);
    assertThat(MatchField.DL_VLAN_PCP.extract(0xf123_0000L)).isEqualTo(7);
    assertThat(MatchField.IPV6_SRC.extract(-2L)).isEqualTo(-2L);
  }
}
