// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.cores;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.iovtee.vswitch.linux.Capability;
import io.iovtee.vswitch.linux.Scheduler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

final class CoresCommandTest {
  @TempDir private Path directory;

  @Test
  void eachPairIsMeasured() throws IOException {
    assumeThat(Capability.SYS_ADMIN.isEffective()).as("real-time threads need root").isTrue();
    assumeThat(Scheduler.affinity().cardinality()).as("two cores").isGreaterThan(1);
    int one = Scheduler.affinity().nextSetBit(0);
    int other = Scheduler.affinity().nextSetBit(one + 1);
    Path out = directory.resolve("cores.json");

    int status =
        new CommandLine(new CoresCommand())
            .execute("--cpus", one + "," + other, "--readings", "2", "--json", "--out", "" + out);

    assertThat(status).isZero();
    assertThat(Files.readString(out))
        .contains("\"" + one + "-" + other + "\"")
        .contains("roundTripNsMedian");
  }

  @Test
  void aCoreThatIsNotThereEndsItWithOne() {
    assertThat(new CommandLine(new CoresCommand()).execute("--cpus", "0,1000")).isEqualTo(1);
  }
}
