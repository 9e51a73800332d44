// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DoctorCommandTest {
  @TempDir private Path directory;

  @Test
  void wholeNumberOfAProcFileIsRead() throws IOException {
    Path file = Path.of("/proc/sys/kernel/pid_max");
    int lines = Integer.parseInt(Files.readAllLines(file).getFirst());
    assertThat(lines).isGreaterThan(9);
    assertThat(DoctorCommand.number(file)).isEqualTo(lines);
  }

  @Test
  void emptyMissingAndOtherFilesAreZero() throws IOException {
    assertThat(DoctorCommand.number(Files.createFile(directory.resolve("empty")))).isZero();
    assertThat(DoctorCommand.number(directory.resolve("none"))).isZero();
    assertThat(DoctorCommand.number(Files.writeString(directory.resolve("x"), "x"))).isZero();
  }
}
