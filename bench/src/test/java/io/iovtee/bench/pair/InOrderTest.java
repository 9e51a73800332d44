// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.pair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import picocli.CommandLine.TypeConversionException;

final class InOrderTest {
  private static Case measured(Scenario scenario, int functions, int rules, int tables) {
    return new Case(scenario, Nic.SOFT, 64, functions, rules, tables);
  }

  @ParameterizedTest
  @EnumSource(Subject.class)
  void byDefaultOnlyAForwardingNfOfWriteThrough(Subject subject) {
    assertThat(InOrder.MAPPED.isOffered(subject, measured(Scenario.PVP, 1, 1, 1)))
        .isEqualTo(subject == Subject.WRITE_THROUGH);
    assertThat(InOrder.MAPPED.isOffered(subject, measured(Scenario.ONEWAY, 1, 1, 1))).isFalse();
    assertThat(InOrder.NEVER.isOffered(subject, measured(Scenario.PVP, 1, 1, 1))).isFalse();
  }

  /** Where the mapping would be refused the run would measure copies and call them otherwise. */
  @Test
  void neverWhereTheRulesDoNotProveTheOrder() {
    for (InOrder when : InOrder.values()) {
      for (Case one :
          new Case[] {
            measured(Scenario.PVP, 2, 5, 1),
            measured(Scenario.PVP, 1, 3, 1),
            measured(Scenario.PVP, 1, 1, 2)
          }) {
        assertThat(when.isOffered(Subject.WRITE_THROUGH, one)).as("%s %s", when, one).isFalse();
        assertThat(when.isOffered(Subject.AUTO, one)).as("%s %s", when, one).isFalse();
      }
    }
  }

  @Test
  void labelsAreRead() {
    for (InOrder when : InOrder.values()) {
      assertThat(new InOrder.Converter().convert(when.label())).isEqualTo(when);
    }
    assertThatThrownBy(() -> new InOrder.Converter().convert("sometimes"))
        .isInstanceOf(TypeConversionException.class)
        .hasMessageContaining("mapped, never, always");
  }
}
