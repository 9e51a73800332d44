// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.FlowMeter;
import io.iovtee.flow.text.TableModParser;
import org.junit.jupiter.api.Test;

/** What a file says, and what it says nothing of. */
final class TableContentTest {
  private static TableContent of(String text) {
    return TableContent.of(TableModParser.parseEntries(text));
  }

  @Test
  void rulesAloneSayNothingOfGroups() {
    TableContent content = of("arp,actions=group:1\nactions=drop\n");
    assertThat(content.rules()).hasSize(2);
    assertThat(content.groups()).isEmpty();
    assertThat(content.groupsOrNone()).isEqualTo(GroupStore.EMPTY);
  }

  @Test
  void oneMeterSaysThatThereAreNoGroups() {
    TableContent content = of("meter=7,kbps,bands=type=drop,rate=1\nactions=meter:7,normal\n");
    assertThat(content.groups()).isPresent();
    assertThat(content.groupsOrNone().meters()).extracting(FlowMeter::id).containsExactly(7L);
    assertThat(content.groupsOrNone().groups()).isEmpty();
    assertThat(of("group_id=2,type=all").groupsOrNone().groups())
        .extracting(FlowGroup::id)
        .containsExactly(2L);
  }

  @Test
  void groupsThatDoNotGoTogetherAreRefused() {
    assertThatThrownBy(() -> of("group_id=1,type=all\ngroup_id=1,type=select\n"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("there is a group 1 already");
    assertThatThrownBy(() -> of("group_id=1,type=all,bucket=group:2\n"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("group:2");
    assertThatThrownBy(() -> TableContent.of(TableModParser.parseMods("delete udp\n")))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
