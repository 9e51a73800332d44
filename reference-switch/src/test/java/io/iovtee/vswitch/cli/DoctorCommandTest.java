// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.vswitch.cli.DoctorCommand.Check;
import io.iovtee.vswitch.cli.DoctorCommand.Level;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

  @ParameterizedTest
  @CsvSource({"needed,false,true", "needed,true,false", "useful,false,false"})
  void whoLacksWhatAfXdpNeedsIsToldWhatGoesAllTheSame(Level level, boolean ok, boolean told) {
    StringWriter text = new StringWriter();
    DoctorCommand.printTable(
        List.of(new Check("CAP_BPF", level, ok, "no", "mend it")), new PrintWriter(text, true));
    assertThat(text.toString().contains("iovtee demo")).isEqualTo(told);
    assertThat(text.toString().contains("mend it")).isEqualTo(!ok);
  }
}
