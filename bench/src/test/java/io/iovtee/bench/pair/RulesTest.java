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
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RulesTest {
  @TempDir private Path directory = Path.of("");

  @Test
  void theForwardingRulesComeLastAndBelowTheOthers() {
    List<String> rules = Rules.of(1000, "1", List.of("2"));
    assertThat(new HashSet<>(rules)).as("all different").hasSize(1000);
    assertThat(rules.subList(998, 1000))
        .containsExactly(
            "priority=10,in_port=1,actions=output:2", "priority=10,in_port=2,actions=output:1");
    assertThat(rules.subList(0, 998))
        .allMatch(rule -> rule.matches("priority=100[0-3],in_port=1,udp,.*actions=drop"));
  }

  @Test
  void oneRuleIsThereAndBack() {
    assertThat(Rules.of(1, "a", List.of("b"))).isEqualTo(Rules.of(2, "a", List.of("b"))).hasSize(2);
  }

  @Test
  void theLastOfTheMostIsAnAddress() {
    assertThat(Rules.of(Rules.MAX, "1", List.of("2")))
        .anyMatch(rule -> rule.contains("10.99.255.255"));
  }

  @Test
  void ourSwitchTakesTheConfiguration() throws IOException {
    Path file = directory.resolve("bench.yaml");
    Case measured = new Case(Scenario.PVP, Nic.SOFT_COPY, 64, 1, 1000, 1);
    Files.writeString(file, configuration(measured));
    SwitchConfig config = SwitchConfig.load(file);
    assertThat(config.flows()).hasSize(1000);
    assertThat(Files.readString(file)).contains("copy: true}", "tx: {type: discard, copy: true}");
    assertThat(measured.parameters())
        .isEqualTo(Map.of("frameBytes", 64, "rules", 1000, "nicCopy", true));
    assertThat(new Case(Scenario.PVP, Nic.SOFT, 64, 1, 1, 1).parameters())
        .isEqualTo(Map.of("frameBytes", 64));
  }

  @Test
  void eachFrameGoesThroughAllTables() throws IOException {
    Case measured = new Case(Scenario.PVP, Nic.SOFT, 64, 1, 3, 3);
    assertThat(Rules.of(measured, "nic0", List.of("nf0")))
        .startsWith(
            "table=0,priority=1,actions=goto_table:1", "table=1,priority=1,actions=goto_table:2")
        .hasSize(2 + 3)
        .endsWith("table=2,priority=10,in_port=nf0,actions=output:nic0");
    assertThat(measured.parameters()).containsEntry("tables", 3);
    Path file = directory.resolve("bench.yaml");
    Files.writeString(file, configuration(measured));
    assertThat(SwitchConfig.load(file).flows()).hasSize(5);
  }

  @Test
  void severalFunctionsAreToldApartByAddress() throws IOException {
    assertThat(Rules.of(5, "nic0", List.of("nf0", "nf1")))
        .containsExactly(
            "priority=1000,in_port=nic0,udp,nw_dst=10.99.0.0,tp_dst=4000,actions=drop",
            "priority=10,in_port=nic0,dl_dst=02:00:00:00:00:11,actions=output:nf0",
            "priority=10,in_port=nf0,actions=output:nic0",
            "priority=10,in_port=nic0,dl_dst=02:00:00:00:00:12,actions=output:nf1",
            "priority=10,in_port=nf1,actions=output:nic0");
    Path file = directory.resolve("bench.yaml");
    Case measured = new Case(Scenario.PVP, Nic.SOFT, 64, 4, 1, 1);
    Files.writeString(file, configuration(measured));
    SwitchConfig config = SwitchConfig.load(file);
    assertThat(config.flows()).hasSize(8);
    assertThat(config.ports()).hasSize(5);
    assertThat(measured.parameters()).containsEntry("nfs", 4);
  }

  private static String configuration(Case measured) {
    Uplink uplink = measured.openUplink("ring");
    List<Path> sockets =
        IntStream.range(0, measured.functions()).mapToObj(i -> Path.of("/tmp/nf" + i)).toList();
    return Contestants.configuration(measured, uplink, sockets, 1, false);
  }
}
