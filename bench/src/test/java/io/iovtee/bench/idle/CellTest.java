// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.idle;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.vswitch.config.SwitchConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CellTest {
  private static final Set<IdlePort> XDP = EnumSet.of(IdlePort.XDP);
  private static final Set<IdlePort> VHOST = EnumSet.of(IdlePort.VHOST);

  @Test
  void allIsWhatCanBeHadAndSaysSo() {
    assertThat(Cell.ALL.portNames(Cell.ALL.portsWithout(Set.of())))
        .isEqualTo("soft-inline+soft-thread+vhost+xdp");
    assertThat(Cell.ALL.canBeMeasured(XDP)).isTrue();
    assertThat(Cell.ALL.portNames(Cell.ALL.portsWithout(XDP)))
        .isEqualTo("soft-inline+soft-thread+vhost");
  }

  @Test
  void aCellOfAPortThatIsMissingIsLeftOut() {
    assertThat(Cell.XDP.canBeMeasured(XDP)).isFalse();
    assertThat(Cell.VHOST.canBeMeasured(XDP)).isTrue();
    assertThat(Cell.SOFT_THREAD.canBeMeasured(EnumSet.of(IdlePort.VHOST, IdlePort.XDP))).isTrue();
  }

  @Test
  void thePeerNeedsWhatTheGuestNeeds() {
    assertThat(Cell.TESTPMD.canBeMeasured(VHOST)).isFalse();
    assertThat(Cell.TESTPMD.canBeMeasured(XDP)).isTrue();
  }

  @Test
  void emulatedNicsNeedNothing() {
    assertThat(IdlePort.allMissing())
        .doesNotContainKeys(IdlePort.SOFT_INLINE, IdlePort.SOFT_THREAD);
  }

  @Test
  void theSwitchTakesTheConfigurationOfAllPorts(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("idle.yaml");
    Set<IdlePort> ports = EnumSet.allOf(IdlePort.class);
    Files.writeString(file, IdleSwitch.configuration(ports, 1, Path.of("/tmp/i.sock"), "ns-1"));
    SwitchConfig config = SwitchConfig.load(file);
    assertThat(config.loopCpus()).containsExactly(1);
    assertThat(Files.readString(file))
        .contains("netns: ns-1", "dma: inline", "dma: thread", "socket: \"/tmp/i.sock\"");
  }
}
