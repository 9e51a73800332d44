// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

final class FlowRuleTest {
  @Test
  void theLimitsOfAPriority() {
    assertThat(FlowRule.of(0, Match.ANY, Action.DROP).priority()).isZero();
    assertThat(FlowRule.of(65535, Match.ANY, Action.DROP).priority()).isEqualTo(65535);
    assertThatThrownBy(() -> FlowRule.of(-1, Match.ANY, Action.DROP))
        .hasMessage("priority must be 0 to 65535: priority=-1");
    assertThatThrownBy(() -> FlowRule.of(65536, Match.ANY, Action.DROP))
        .hasMessage("priority must be 0 to 65535: priority=65536");
  }

  @Test
  void actionsAreNeverEmptyAndDropStandsAlone() {
    assertThatThrownBy(() -> FlowRule.of(1, Match.ANY)).hasMessageContaining("use drop");
    assertThatThrownBy(() -> FlowRule.of(1, Match.ANY, Action.DROP, Action.NORMAL))
        .hasMessageContaining("drop must be the only action");
    assertThatThrownBy(
            () -> new FlowRule(1, 0, Match.ANY, Collections.nCopies(65, Action.output("a"))))
        .hasMessage("a rule may have at most 64 actions: actions=65");
  }

  @Test
  void actionsCannotBeChangedAfterwards() {
    List<Action> actions = new ArrayList<>(List.of(Action.output("a")));
    FlowRule rule = new FlowRule(1, 0, Match.ANY, actions);
    actions.add(Action.FLOOD);
    assertThat(rule.actions()).containsExactly(Action.output("a"));
  }

  @Test
  void portNames() {
    assertThat(PortName.check("veth-a.1@x+y_Z")).isEqualTo("veth-a.1@x+y_Z");
    assertThat(PortName.check("0a")).isEqualTo("0a");
    assertThat(PortName.check("a".repeat(63))).hasSize(63);
    for (String bad : List.of("", "a".repeat(64))) {
      assertThatThrownBy(() -> PortName.check(bad)).hasMessageContaining("1 to 63 characters");
    }
    for (String bad : List.of("a b", "a,b", "a=b", "a\n", "a(b)", "a\"", "a#", "a/b", "é")) {
      assertThatThrownBy(() -> PortName.check(bad)).hasMessageContaining("letters, digits");
    }
    assertThatThrownBy(() -> PortName.check("12")).hasMessageContaining("named, not numbered");
    for (String bad : List.of("drop", "NORMAL", "In_Port", "all", "LOCAL", "output")) {
      assertThatThrownBy(() -> PortName.check(bad)).hasMessageContaining("reserved word");
    }
    assertThatThrownBy(() -> Action.output("1")).hasMessageContaining("named, not numbered");
    assertThatThrownBy(() -> Match.builder().inPort("a b")).hasMessageContaining("letters");
  }
}
