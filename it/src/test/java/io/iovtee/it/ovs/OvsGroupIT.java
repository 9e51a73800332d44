// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.ovs;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.flow.text.GroupSyntax;
import io.iovtee.flow.text.MeterSyntax;
import io.iovtee.it.peers.Needs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Open vSwitch takes the groups and meters of docs/FLOWS.md, as they stand and as we print them.
 */
final class OvsGroupIT {
  private static List<String> linesOf(String block) throws Exception {
    Path page = Path.of(System.getProperty("iovtee.root", ".."), "docs", "FLOWS.md");
    List<String> lines = new ArrayList<>();
    boolean inside = false;
    for (String line : Files.readAllLines(page)) {
      if (line.startsWith("```")) {
        inside = line.equals("```" + block);
      } else if (inside && !line.isBlank() && !line.startsWith("#")) {
        lines.add(line);
      }
    }
    return lines;
  }

  @Test
  void openVSwitchReadsOurGroupsAndMeters() throws Exception {
    Needs.present(OpenVSwitch.missing());
    List<String> groups = linesOf("groups");
    List<String> meters = linesOf("meters");
    assertThat(groups).hasSizeGreaterThan(4);
    assertThat(meters).hasSizeGreaterThan(1);
    try (OpenVSwitch ovs = OpenVSwitch.start(List.of("nf1", "nf2", "nf3"))) {
      for (String group : groups) {
        ovs.tryGroup(group);
        ovs.tryGroup(GroupSyntax.format(GroupSyntax.parseGroup(group)));
      }
      for (String meter : meters) {
        ovs.tryMeter(meter);
        ovs.tryMeter(MeterSyntax.format(MeterSyntax.parseMeter(meter)));
      }
    }
  }
}
