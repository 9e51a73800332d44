// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.store.FlowMod;
import io.iovtee.flow.text.FlowRuleFormatter;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.flow.text.GroupSyntax;
import io.iovtee.flow.text.TableModParser;
import io.iovtee.vswitch.config.ConfigException;
import io.iovtee.vswitch.config.SwitchConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of changes in the directory of rules, look by look. */
final class RuleWatchTest {
  @TempDir private Path home;
  private VSwitch vswitch;
  private Reload reload;
  private RuleWatch watch;

  @BeforeEach
  void start() throws IOException {
    Files.createDirectory(home.resolve("flows.d"));
    file("a.flows", "priority=5,udp,actions=drop\n");
    start("");
  }

  private void start(String more) throws IOException {
    Files.writeString(
        home.resolve("switch.yaml"),
        """
        switch: {pool-chunks: 8192, huge-pages: false, warm-up-ms: 0}
        ports: {a: {type: soft, dma: inline}}
        flows: ["priority=9,arp,actions=output:a"]
        flows-directory: flows.d
        """
            + more);
    SwitchConfig config = SwitchConfig.load(home.resolve("switch.yaml"));
    vswitch = VSwitch.start(config);
    reload = new Reload(vswitch, config);
    watch = new RuleWatch(reload);
  }

  @AfterEach
  void stop() {
    watch.close();
    vswitch.close();
  }

  private void file(String name, String text) throws IOException {
    Files.writeString(home.resolve("flows.d").resolve(name), text);
  }

  private List<String> rules() {
    return vswitch.flows().rules().stream().map(FlowRuleFormatter::format).toList();
  }

  private void look(int times) {
    for (int i = 0; i < times; i++) {
      watch.look();
    }
  }

  @Test
  void aChangeIsReadWhenItIsTheSameTwice() throws IOException {
    long version = vswitch.flows().version();
    look(3);
    assertThat(vswitch.flows().version()).as("nothing changed").isEqualTo(version);
    file("b.flows", "priority=4,tcp,actions=drop\n");
    look(1);
    assertThat(rules()).hasSize(2);
    file("b.flows", "priority=4,tcp,actions=drop\npriority=3,icmp,actions=drop\n");
    look(1);
    assertThat(rules()).as("still being written").hasSize(2);
    look(1);
    assertThat(rules())
        .containsExactly(
            "priority=9,arp,actions=output:a",
            "priority=5,udp,actions=drop",
            "priority=4,tcp,actions=drop",
            "priority=3,icmp,actions=drop");
    assertThat(vswitch.flows().version()).as("in one step").isEqualTo(version + 1);
    look(3);
    assertThat(vswitch.flows().version()).isEqualTo(version + 1);
  }

  @Test
  void rulesThatStayKeepTheirIdsAndThoseThatGoAreGone() throws IOException {
    long id = vswitch.flows().entries().getFirst().id();
    Files.delete(home.resolve("flows.d/a.flows"));
    look(2);
    assertThat(rules()).containsExactly("priority=9,arp,actions=output:a");
    assertThat(vswitch.flows().entries().getFirst().id()).isEqualTo(id);
  }

  @Test
  void aFileOfTheSameLengthThatWasMovedThereIsSeen() throws IOException {
    Path other = home.resolve("other");
    Files.writeString(other, "priority=5,tcp,actions=drop\n");
    Files.setLastModifiedTime(other, Files.getLastModifiedTime(home.resolve("flows.d/a.flows")));
    Files.move(other, home.resolve("flows.d/a.flows"), StandardCopyOption.REPLACE_EXISTING);
    look(2);
    assertThat(rules()).contains("priority=5,tcp,actions=drop");
  }

  @Test
  void aSyntaxErrorLeavesAllAsItIsUntilTheFileIsWhole() throws IOException {
    long version = vswitch.flows().version();
    file("a.flows", "priority=5,tcp,actions=drop\npriority=4,udp,acti");
    look(4);
    file("a.flows", "priority=5,tcp,actions=output:nf9\n");
    look(4);
    assertThat(vswitch.flows().version()).isEqualTo(version);
    assertThat(rules()).contains("priority=5,udp,actions=drop");
    file("a.flows", "priority=5,tcp,actions=drop\n");
    look(2);
    assertThat(rules()).contains("priority=5,tcp,actions=drop");
  }

  @Test
  void aDirectoryThatVanishesTakesNoRulesWithIt() throws IOException {
    Files.move(home.resolve("flows.d"), home.resolve("away"));
    look(3);
    assertThat(rules()).hasSize(2);
    Files.move(home.resolve("away"), home.resolve("flows.d"));
    file("b.flows", "priority=4,tcp,actions=drop\n");
    look(2);
    assertThat(rules()).hasSize(3);
  }

  /** Only rules: a port that somebody took away meanwhile does not come back. */
  @Test
  void nothingElseOfTheConfigurationIsReadAgain() throws IOException {
    vswitch.removePort("a");
    Files.writeString(home.resolve("switch.yaml"), "ports: {a: {type: soft}, b: {type: soft}}");
    file("b.flows", "priority=4,tcp,actions=drop\n");
    look(2);
    assertThat(rules()).hasSize(3);
    assertThat(vswitch.ports()).isEmpty();
  }

  private void change(String lines) {
    var unused =
        vswitch.flows().change(TableModParser.parseMods(lines), -1).toCompletableFuture().join();
  }

  private List<String> groups() {
    return vswitch.groups().groups().stream()
        .map(entry -> GroupSyntax.format(entry.group()))
        .toList();
  }

  /** Groups and meters come and go with the rules that name them, in one step. */
  @Test
  void filesHaveGroupsAndMeters() throws IOException {
    long version = vswitch.flows().version();
    file(
        "b.flows",
        """
        priority=4,tcp,actions=meter:1,group:1   # of this file, and of another one
        meter=1,pktps,bands=type=drop,rate=9
        """);
    file(
        "c.yaml",
        """
        groups: [{group_id: 1, type: all, buckets: [{actions: ["output:a"]}]}, "group_id=2,type=all"]
        meters: ["meter=2,kbps,bands=type=drop,rate=9"]
        flows: ["priority=3,icmp,actions=group:2"]
        """);
    look(2);
    assertThat(rules()).hasSize(4);
    assertThat(groups()).hasSize(2);
    assertThat(vswitch.groups().meters()).hasSize(2);
    assertThat(vswitch.flows().version()).as("in one step").isEqualTo(version + 1);
    Files.delete(home.resolve("flows.d/c.yaml"));
    file("b.flows", "priority=4,tcp,actions=group:7\ngroup_id=7,type=select\n");
    look(2);
    assertThat(groups()).containsExactly("group_id=7,type=select");
    assertThat(vswitch.groups().meters()).isEmpty();
    assertThat(vswitch.flows().version()).as("in one step").isEqualTo(version + 2);
  }

  /** A file owns the groups that it names; all others stay what they are. */
  @Test
  void anOperatorsGroupsStay() throws IOException {
    stop();
    start("groups: ['group_id=1,type=all,bucket=output:a']\n");
    change("group_id=2,type=all,bucket=a\ngroup modify group_id=1,type=all");
    file("b.flows", "priority=4,tcp,actions=group:1\n");
    look(2);
    assertThat(rules()).contains("priority=4,tcp,actions=group:1");
    assertThat(groups())
        .as("the file says of 1 what it said")
        .containsExactly(
            "group_id=1,type=all", "group_id=2,type=all,bucket=bucket_id:0,actions=output:a");
    change("delete tcp\ngroup delete group_id=1");
    file("b.flows", "priority=4,tcp,actions=group:1\ngroup_id=2,type=select\n");
    look(2);
    assertThat(groups())
        .as("1 is needed again, 2 is the file's now")
        .containsExactly(
            "group_id=1,type=all,bucket=bucket_id:0,actions=output:a", "group_id=2,type=select");
  }

  @Test
  void whatNamesAGroupThatIsNotThereChangesNothing() throws IOException {
    file("b.flows", "priority=4,tcp,actions=group:3\n");
    look(2);
    assertThat(rules()).as("there is no group 3").hasSize(2);
    assertThatThrownBy(() -> reload.rereadRules())
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("b.flows:1: flows: no such group or meter: group:3");
    file("b.flows", "group_id=3,type=all\n");
    look(2);
    change("group_id=4,type=all,bucket=group:3");
    file("b.flows", "priority=4,tcp,actions=drop\n");
    look(2);
    assertThat(rules()).as("an operator's group names group 3").hasSize(2);
    assertThat(groups()).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          b.flows | group_id=1,type=all                  | b.flows:1: there is a group 1 already, at
          b.flows | delete udp                           | b.flows:1:1: delete: a file says
          b.flows | group_id=2,type=some                 | b.flows:1:12: type=some
          b.yaml  | groups: ['group_id=2,type=some']     | b.yaml:1: groups: line 1
          b.json  | {"meters": [{"meter": 1}]}           | b.json:1: meters: /unit
          b.json  | {"group": []}                        | group
          """)
  void whatIsWrongInAFileIsToldWithItsPlace(String name, String text, String why)
      throws IOException {
    file("a.flows", "group_id=1,type=all\n");
    file(name, text + "\n");
    assertThatThrownBy(() -> reload.rereadRules())
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(why);
  }

  @Test
  void whatAReloadHasReadIsNotReadAgain() throws IOException {
    file("b.flows", "priority=4,tcp,actions=drop\n");
    reload.apply(SwitchConfig.load(home.resolve("switch.yaml")));
    FlowRule own = FlowRuleParser.parseRule("priority=1,actions=drop");
    vswitch.flows().change(List.of(new FlowMod.Add(own)), -1).toCompletableFuture().join();
    look(3);
    assertThat(rules()).as("the API's rule is still there").hasSize(4);
  }

  @Test
  void itCanBeTurnedOff() throws IOException {
    stop();
    start("flows-directory-watch: false\n");
    file("b.flows", "priority=4,tcp,actions=drop\n");
    look(3);
    assertThat(rules()).hasSize(2);
    assertThatThrownBy(() -> SwitchConfig.parse("flows-directory-watch: true", "x.yaml"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("x.yaml:1: flows-directory-watch: there is no flows-directory");
  }
}
