// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.text.FlowRuleParser;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What goes over the wire and into the file, and what of it is not believed. */
final class DesiredRulesTest {
  private static final DesiredRules RULES =
      new DesiredRules(
          7,
          1_790_000_000_000L,
          "a",
          FlowRuleParser.parseRules(
              "cookie=5,priority=3,in_port=uplink,tcp,tp_dst=80,actions=output:nf1\n"
                  + "table=1,priority=0,actions=drop\n"));

  private static DesiredRules parse(String text) {
    return DesiredRules.parse(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void whatWasWrittenIsReadAndEveryCutIsSeen() {
    byte[] bytes = RULES.bytes();
    assertThat(DesiredRules.parse(bytes)).isEqualTo(RULES);
    assertThat(DesiredRules.parse(DesiredRules.NONE.bytes())).isEqualTo(DesiredRules.NONE);
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> DesiredRules.parse(cut)).isInstanceOf(RuntimeException.class);
    }
  }

  @Test
  void othersBytesAreNotBelieved() {
    String text = new String(RULES.bytes(), StandardCharsets.UTF_8);
    for (String wrong :
        List.of(
            text.replace("rules 2", "rules 3"),
            text.replace("rules 2", "rules 10001"),
            text.replace("version 7", "version -7"),
            text.replace("version 7", "version 9007199254740993"),
            text.replace("cookie=0x5", "cookie=0xc105000000000005"),
            text.replace("cookie=0x5", "idle_timeout=5"),
            text.replace("iovtee-cluster-rules 1", "iovtee-cluster-rules 2"))) {
      assertThatIllegalArgumentException().as(wrong).isThrownBy(() -> parse(wrong));
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DesiredRules.parse(new byte[DesiredRules.LENGTH_MAX + 1]));
    long seed = 20261124;
    Random random = new Random(seed);
    for (int i = 0; i < 2_000; i++) {
      byte[] bytes = RULES.bytes();
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      try {
        assertThat(DesiredRules.parse(bytes).rules()).hasSize(2);
        var unused = MemberStatus.parse(bytes);
      } catch (RuntimeException e) {
        assertThat(e).as("seed %d", seed).hasMessageNotContaining("Index");
      }
    }
  }

  @Test
  void editsAreCheckedAndTheLastOfTwoEqualsCounts() {
    List<FlowRule> twice = FlowRuleParser.parseRules("udp,actions=drop\nudp,actions=output:nf1\n");
    assertThat(DesiredRules.replacement(twice).rules()).containsExactly(twice.get(1));
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            DesiredRules.replacement(FlowRuleParser.parseRules("hard_timeout=3,udp,actions=drop")))
        .withMessageContaining("timeout");
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            DesiredRules.replacement(
                FlowRuleParser.parseRules("cookie=0x1000000000000,udp,actions=drop")))
        .withMessageContaining("48 bits");
    assertThat(RULES.id())
        .startsWith("7-")
        .isNotEqualTo(new DesiredRules(7, 1, "b", RULES.rules()).id());
  }

  @Test
  void aStatusIsReadBackAndUnknownKeysArePassedOver() {
    MemberStatus status =
        new MemberStatus(
            "http://127.0.0.1:8480",
            "0.1",
            5,
            new MemberStatus.Switched(3, 2, 1, 4, 1.5e6, 0.25),
            "7-aa",
            new MemberStatus.Applied(6, "no\nroom", 2, List.of("no port x: udp,actions=drop")),
            "");
    MemberStatus read = MemberStatus.parse(status.bytes());
    assertThat(read.switched()).isEqualTo(status.switched());
    assertThat(read.applied().error()).isEqualTo("no room");
    assertThat(read.applied().leftOut()).isEqualTo(status.applied().leftOut());
    String more = new String(status.bytes(), StandardCharsets.UTF_8) + "colour green\nports x\n";
    assertThat(MemberStatus.parse(more.getBytes(StandardCharsets.UTF_8)).stored())
        .isEqualTo("7-aa");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> MemberStatus.parse(new byte[MemberStatus.LENGTH_MAX + 1]));
  }
}
