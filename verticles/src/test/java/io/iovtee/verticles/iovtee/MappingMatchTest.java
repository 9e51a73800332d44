// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.iovtee;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class MappingMatchTest {
  @Test
  void readsWhatAFrameCarries() {
    assertThat(MappingMatch.read(" tcp,dl_dst=02:00:00:00:00:11,tp_dst=80 ").fields())
        .hasSizeGreaterThan(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "dl_dts=1|dl_dts",
        "dl_dst=zz|dl_dst",
        "in_port=up,arp|in_port=up",
        "table=1,arp|table=1",
        "reg0=5,arp|reg0",
        "metadata=5|metadata",
        "priority=7,arp|priority",
        "cookie=7,arp|cookie",
      })
  void whatIsNoMatchOfFramesIsRefusedByName(String text, String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MappingMatch.read(text))
        .withMessageStartingWith("match: ")
        .withMessageContaining(name);
  }

  @Test
  void isBounded() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MappingMatch.read("arp" + " ".repeat(MappingMatch.LENGTH_MAX)))
        .withMessageContaining("1024");
  }
}
