// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.pair;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.vswitch.config.SwitchConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PortScaleTest {
  @TempDir private Path directory = Path.of("");

  @Test
  void anIdlePollIsWhatEachFurtherPortAdds() {
    assertThat(PortScale.idlePollNs(4000, 61, 1000, 1)).isEqualTo(50);
    assertThat(PortScale.idlePollNs(1000, 1, 1000, 1)).isNaN();
  }

  @Test
  void ourSwitchTakesTheConfiguration() throws IOException {
    PairOptions options = new PairOptions();
    options.frameSizes = List.of(64, 1514);
    PortScale scale = new PortScale(options, directory, System.err);
    Path file = directory.resolve("scale.yaml");
    Files.writeString(file, scale.configuration(64, 16));
    SwitchConfig config = SwitchConfig.load(file);
    assertThat(config.ports()).hasSize(64);
    assertThat(config.flows()).hasSize(1);
  }
}
