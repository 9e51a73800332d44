// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.pair;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.bench.vswitch.Uplink;
import io.iovtee.vswitch.config.SwitchConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RulesTest {
  @TempDir private Path directory = Path.of("");

  @Test
  void theForwardingRulesComeLastAndBelowTheOthers() {
    List<String> rules = Rules.of(1000, "1", "2");
    assertThat(new HashSet<>(rules)).as("all different").hasSize(1000);
    assertThat(rules.subList(998, 1000))
        .containsExactly(
            "priority=10,in_port=1,actions=output:2", "priority=10,in_port=2,actions=output:1");
    assertThat(rules.subList(0, 998))
        .allMatch(rule -> rule.matches("priority=100[0-3],in_port=1,udp,.*actions=drop"));
  }

  @Test
  void oneRuleIsThereAndBack() {
    assertThat(Rules.of(1, "a", "b")).isEqualTo(Rules.of(2, "a", "b")).hasSize(2);
  }

  @Test
  void theLastOfTheMostIsAnAddress() {
    assertThat(Rules.of(Rules.MAX, "1", "2")).anyMatch(rule -> rule.contains("10.99.255.255"));
  }

  @Test
  void ourSwitchTakesTheConfiguration() throws IOException {
    Path file = directory.resolve("bench.yaml");
    Case measured = new Case(Scenario.PVP, Nic.SOFT_COPY, 64, 1000);
    Files.writeString(file, configuration(measured));
    SwitchConfig config = SwitchConfig.load(file);
    assertThat(config.flows()).hasSize(1000);
    assertThat(Files.readString(file)).contains("copy: true}", "tx: {type: discard, copy: true}");
    assertThat(measured.parameters())
        .isEqualTo(Map.of("frameBytes", 64, "rules", 1000, "nicCopy", true));
    assertThat(new Case(Scenario.PVP, Nic.SOFT, 64, 1).parameters())
        .isEqualTo(Map.of("frameBytes", 64));
  }

  private static String configuration(Case measured) {
    Uplink uplink = measured.nic().open(measured.frameBytes());
    return Contestants.configuration(measured, uplink, Path.of("/tmp/nf"), 1);
  }
}
