// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.peer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class PeerRequirementsTest {
  @Test
  void tooFewHugePagesNamesTheCommand() {
    assertThat(PeerRequirements.hugePages(1 << 30))
        .contains("needed=" + (1 << 29))
        .containsPattern("sysctl -w vm\\.nr_hugepages=\\d+$");
  }

  @Test
  void openVSwitchNeedsDaemonAndSchema() {
    Path there = Path.of("/bin/sh");
    Path missing = Path.of("/nonexistent");
    assertThat(PeerRequirements.ovsDpdk(there, there)).isNull();
    assertThat(PeerRequirements.ovsDpdk(missing, there))
        .contains("/nonexistent")
        .endsWith("apt-get install --no-install-recommends openvswitch-switch-dpdk");
    assertThat(PeerRequirements.ovsDpdk(there, missing)).contains("is not installed");
  }

  @Test
  void noHugePagesNeeded() {
    assertThat(PeerRequirements.hugePages(0)).isNull();
  }

  @Test
  void cores() {
    assertThat(PeerRequirements.cpu(0)).isNull();
    assertThat(PeerRequirements.cpu(-1)).contains("cpu=-1");
    assertThat(PeerRequirements.cpu(99_999)).contains("cpu=99999");
  }

  @Test
  void schedStat() {
    assertThat(SchedStat.parse("123456789 42 7\n")).isEqualTo(new SchedStat(123456789, 42));
  }
}
