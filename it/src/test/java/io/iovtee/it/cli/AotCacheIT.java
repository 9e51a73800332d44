// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The JVM's AOT cache makes a start faster; one that is no good changes nothing else. */
final class AotCacheIT {
  /** As the build wrote it into the jar; ./iovtee builds with the commit. */
  private static final String LINE =
      "iovtee \\d+\\.\\d+\\.\\d+(-SNAPSHOT)?(\\+[0-9a-f]{12}(-modified)?)?\n";

  @TempDir private Path directory;

  private Path cache() {
    return directory.resolve("test.aot");
  }

  /** As the launcher does it, with a shorter run to learn from; returns stdout. */
  private static String run(String... options) throws InterruptedException {
    String all = "JDK_JAVA_OPTIONS=" + String.join(" ", options);
    try (CliProcess process = CliProcess.start(List.of("env", all), "--version")) {
      assertThat(process.await()).as(process.err()).isZero();
      return process.out();
    }
  }

  @Test
  void aCacheIsMadeAndUsed() throws InterruptedException {
    run("-XX:AOTCacheOutput=" + cache());
    assertThat(cache()).isNotEmptyFile();

    // In this mode a cache that can not be used is the end of the JVM.
    assertThat(run("-XX:AOTCache=" + cache(), "-XX:AOTMode=on")).matches(LINE);
  }

  @Test
  void aCacheThatIsNoneIsNoFailure() throws IOException, InterruptedException {
    Files.writeString(cache(), "no cache");
    assertThat(run("-XX:AOTCache=" + cache(), "-Xlog:aot*=off:stderr")).matches(LINE);
  }

  @Test
  void aCacheThatIsGoneIsNoFailure() throws InterruptedException {
    assertThat(run("-XX:AOTCache=" + cache(), "-Xlog:aot*=off:stderr")).matches(LINE);
  }
}
