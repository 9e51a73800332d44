// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.vswitch.config.SwitchConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is sent is what the report says, and the switch takes it. */
final class RuleFileTest {
  @TempDir private Path directory;

  private List<FlowRule> rules(boolean other) throws IOException {
    Path file = RuleFile.write(directory.resolve("rules"), 70_000, other);
    return FlowRuleParser.parseRules(Files.readString(file));
  }

  @Test
  void oneRuleOfAHundredIsAnotherOne() throws IOException {
    Set<FlowRule> first = new HashSet<>(rules(false));
    Set<FlowRule> second = new HashSet<>(rules(true));
    assertThat(first).hasSize(70_000);
    assertThat(second).hasSize(70_000);
    second.removeAll(first);
    assertThat(second).hasSize(700);
  }

  @Test
  void theSwitchTakesItsConfiguration() {
    RulesOptions options = new RulesOptions();
    options.ringSize = 1024;
    options.ratePps = 100_000;
    assertThat(SwitchConfig.parse(ServedSwitch.configuration(options, 8480), "test").flows())
        .hasSize(1);
  }

  @Test
  void memoryIsReadFromTheKernelsText() {
    assertThat(Memory.parse("VmPeak:\t 9 kB\nVmHWM:\t  123456 kB\nVmRSS:\t 1 kB\n"))
        .isEqualTo(123_456);
    assertThat(Memory.mostKb(ProcessHandle.current().pid())).isPositive();
    assertThat(Memory.mostKb(Integer.MAX_VALUE)).isZero();
  }
}
