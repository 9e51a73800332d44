// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.ovs;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.text.FlowRuleFormatter;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.flow.text.FlowRuleTree;
import io.iovtee.flow.text.FlowSyntaxException;
import io.iovtee.it.peers.Needs;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Each rule, match and action that the manual pages of Open vSwitch show is read, or refused by an
 * error that names what this switch has not. What is an example, {@code ovs-ofctl} says: what it
 * takes.
 */
final class OvsManualIT {
  /**
   * What an error names: a feature, a word that another one needs, ports that are numbers. A
   * field's name without a value is no example, though ovs-ofctl takes it for some.
   */
  private static final Pattern NAMED =
      Pattern.compile("not supported: |needs |a value is missing|ports are named, not numbered");

  /** Fewer than these found would mean that the pages are read wrongly. */
  private static final int EXAMPLES_MIN = 150;

  @Test
  void everyExampleIsReadOrRefusedByName() throws Exception {
    Needs.present(OpenVSwitch.missing());
    Needs.present(ManualPages.missing());
    List<String> wrong = new ArrayList<>();
    int read = 0;
    int refused = 0;
    for (String candidate : ManualPages.candidates()) {
      try {
        FlowRule rule = FlowRuleParser.parseRule(candidate);
        String text = FlowRuleFormatter.format(rule);
        if (!FlowRuleParser.parseRule(text).equals(rule)
            || !FlowRuleTree.read(FlowRuleTree.of(rule)).equals(rule)) {
          wrong.add(candidate + " comes back as " + text);
        }
        read += OpenVSwitch.refusalOf(candidate) == null ? 1 : 0; // else it is but like a rule
      } catch (FlowSyntaxException e) {
        if (NAMED.matcher(e.problem()).find()) {
          refused++;
        } else if (OpenVSwitch.refusalOf(candidate) == null) {
          wrong.add(candidate + ": " + e.getMessage());
        }
      }
    }
    System.out.printf("examples of the manual pages: %d read, %d refused by name%n", read, refused);
    assertThat(wrong).isEmpty();
    assertThat(read + refused).as("examples").isGreaterThan(EXAMPLES_MIN);
  }
}
