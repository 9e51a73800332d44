// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.flow.text.FlowRuleFormatter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RuleDirectoryTest {
  @TempDir Path home;
  private Path config = Path.of("unset");

  @BeforeEach
  void aConfigurationWithADirectory() throws IOException {
    config = home.resolve("switch.yaml");
    Files.createDirectory(home.resolve("flows.d"));
    Files.writeString(
        config,
        """
        ports:
          uplink: {type: soft}
        flows: ["priority=9,actions=drop"]
        flows-directory: flows.d
        """);
  }

  private void file(String name, String text) throws IOException {
    Files.writeString(home.resolve("flows.d").resolve(name), text);
  }

  private List<String> rules() {
    return SwitchConfig.load(config).flows().stream().map(FlowRuleFormatter::format).toList();
  }

  @Test
  void aRangeOfPortsIsSeveralRulesOfTheSamePlace() throws IOException {
    file("a.flows", "arp,actions=drop\nudp,tp_dst=6-8,actions=drop\n");
    file("b.yaml", "flows:\n  - udp,tp_src=2-4,actions=drop\n");
    assertThat(rules())
        .containsExactly(
            "priority=9,actions=drop",
            "arp,actions=drop",
            "udp,tp_dst=0x6/0xfffe,actions=drop",
            "udp,tp_dst=8,actions=drop",
            "udp,tp_src=0x2/0xfffe,actions=drop",
            "udp,tp_src=4,actions=drop");
    file("b.yaml", "flows:\n  - \"udp,tp_src=2-4,actions=drop\\narp,actions=drop\"\n");
    assertThatThrownBy(this::rules)
        .hasMessageContaining("b.yaml:2: flows: line 2, column 1: arp,actions=drop: one rule was");
  }

  @Test
  void allFormsAreReadInTheOrderOfNames() throws IOException {
    file("20-b.yaml", "flows:\n  - arp,actions=normal\n  - {match: {dl_vlan: 5}, actions: [drop]}");
    file("10-a.flows", "# one\nudp,actions=output:uplink\n\ntcp,actions=drop\n");
    file("30-c.json", "{\"flows\": [{\"match\": {\"tcp6\": true}, \"actions\": [\"normal\"]}]}");
    file("README", "not rules");
    assertThat(rules())
        .containsExactly(
            "priority=9,actions=drop",
            "udp,actions=output:uplink",
            "tcp,actions=drop",
            "arp,actions=NORMAL",
            "dl_vlan=5,actions=drop",
            "tcp6,actions=NORMAL");
  }

  @Test
  void anErrorNamesFileAndLine() throws IOException {
    file("a.flows", "tcp,actions=drop\n\ntcp,ct_state=+trk,actions=drop\n");
    assertThatThrownBy(this::rules)
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("a.flows:3:5: ct_state=+trk: not supported");
    file("a.flows", "actions=output:nowhere");
    assertThatThrownBy(this::rules)
        .hasMessageContaining("a.flows:1: flows: no such port: port=nowhere");
    file("a.flows", "");
    file("b.yaml", "flows:\n  - actions=drop\n  - {match: {colour: 1}, actions: [drop]}\n");
    assertThatThrownBy(this::rules)
        .hasMessageContaining("b.yaml:3: flows: /match/colour: unknown word");
    file("b.yaml", "rules: []\n");
    assertThatThrownBy(this::rules).hasMessageContaining("b.yaml:1: rules: unknown key");
  }

  @Test
  void aDirectoryThatIsNotThereIsAnError() throws IOException {
    Files.delete(home.resolve("flows.d"));
    assertThatThrownBy(this::rules).hasMessageContaining("flows-directory can not be read");
  }

  @Test
  void tooManyFilesAreRefused() throws IOException {
    for (int i = 0; i <= RuleDirectory.FILES_MAX; i++) {
      file(i + ".flows", "");
    }
    assertThatThrownBy(this::rules).hasMessageContaining("more than 1000 files");
  }

  @Test
  void anErrorOfAGroupNamesTheFileThatHasIt() throws IOException {
    file("a.flows", "group_id=1,type=all,bucket=uplink\n");
    file("b.flows", "\ngroup_id=7,type=all,bucket=nowhere\n");
    assertThatThrownBy(this::rules)
        .hasMessageContaining("b.flows:2: groups: no such port: port=nowhere, group 7");
    file("b.flows", "group_id=7,type=all,bucket=group:8\n");
    assertThatThrownBy(this::rules)
        .hasMessageContaining("b.flows:1: groups: no such group or meter: group:8");
    file("b.flows", "\n\ngroup_id=7,type=all,bucket=group:7\n");
    assertThatThrownBy(this::rules)
        .hasMessageContaining("b.flows:3: groups: groups go in a circle: 7 -> 7");
  }
}
