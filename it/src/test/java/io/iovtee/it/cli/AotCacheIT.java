// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
    return runIn("JDK_JAVA_OPTIONS=" + String.join(" ", options));
  }

  private static String runIn(String... environment) throws InterruptedException {
    List<String> env = new ArrayList<>(List.of("env"));
    env.addAll(List.of(environment));
    try (CliProcess process = CliProcess.start(env, "--version")) {
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

  /**
   * With the options that we ship the JVM takes linked classes out of the cache. Some options
   * switch that off without a word, and some lambdas keep the JVM from writing it.
   */
  @Test
  void classesComeLinkedOutOfTheCache() throws InterruptedException, IOException {
    run("-XX:AOTCacheOutput=" + cache());
    Path log = directory.resolve("aot.log");

    // These come behind those of the command line, which switch all logs off.
    runIn("JDK_JAVA_OPTIONS=-XX:AOTCache=" + cache(), "_JAVA_OPTIONS=-Xlog:aot=info:file=" + log);

    assertThat(Files.readString(log)).contains("Using AOT-linked classes: true");
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
