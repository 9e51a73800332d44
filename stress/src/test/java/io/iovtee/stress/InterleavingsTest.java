// SPDX-License-Identifier: Apache-2.0
package io.iovtee.stress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Runs jcstress, in JVMs of its own: a glance at each test. {@code -Diovtee.jcstress.mode=quick}
 * (some minutes), {@code default} or {@code tough} look longer, with many ways of compiling; {@code
 * -Diovtee.jcstress.tests=REGEX} chooses. The reports are below {@code target/jcstress}.
 */
@Tag("slow")
final class InterleavingsTest {
  private static final String MODE = System.getProperty("iovtee.jcstress.mode", "glance");
  private static final String TESTS = System.getProperty("iovtee.jcstress.tests", ".");

  private static final String CONTROL = ControlWithoutFence.class.getSimpleName();

  /** On a busy machine its two threads may not run at once for a while. */
  private static final int LOOKS_MAX = 20;

  /** States alive at once are 32 × 8; {@link Slots} has more. */
  private static final List<String> STRIDES = List.of("-strideSize", "32", "-strideCount", "8");

  private static final Pattern LINE = Pattern.compile("JCTEST(\\d+)S(.*)");

  private static final String NATIVE_ACCESS = "--enable-native-access=ALL-UNNAMED";

  @BeforeEach
  void needsTwoProcessors() {
    int processors = Runtime.getRuntime().availableProcessors();
    assumeTrue(processors >= 2, "two threads must run at once: processors=" + processors);
  }

  @Test
  void nothingForbiddenIsSeen() throws IOException, InterruptedException {
    List<String> names = testsLike(TESTS);
    assertThat(names).as("tests in whose name %s is found", TESTS).isNotEmpty();
    List<String> time =
        MODE.equals("glance") ? glance(100) : List.of("-m", MODE, "-jvmArgsPrepend", NATIVE_ACCESS);
    String said = run("all", TESTS, time);
    assertThat(said).contains("Failed tests: No matches.", "Error tests: No matches.");
    assertThat(names).allSatisfy(name -> assertThat(said).contains("[OK] " + name));
  }

  /** Without its fence the wake-up is lost before our eyes: so the tests above would show it. */
  @Test
  void theControlIsCaught() throws IOException, InterruptedException {
    String caught = "Interesting tests: 1 matching test results.";
    String said = "";
    for (int look = 0; look < LOOKS_MAX && !said.contains(caught); look++) {
      said = run("control", CONTROL, glance(2000));
    }
    assertThat(said).contains(caught);
  }

  /** One JVM for each test, so many milliseconds. */
  private static List<String> glance(int ms) {
    return List.of(
        "-f",
        "1",
        "-fsm",
        "1",
        "-iters",
        "1",
        "-time",
        Integer.toString(ms),
        "-sc",
        "false",
        "-jvmArgs",
        NATIVE_ACCESS + " -Xmx512m");
  }

  /** As jcstress's annotation processor wrote them down: each line begins with a length and it. */
  private static List<String> testsLike(String regex) throws IOException {
    try (InputStream list =
        InterleavingsTest.class.getClassLoader().getResourceAsStream("META-INF/TestList")) {
      assertThat(list).as("what the annotation processor makes").isNotNull();
      String text = new String(list.readAllBytes(), StandardCharsets.UTF_8);
      return text.lines()
          .map(LINE::matcher)
          .filter(Matcher::lookingAt)
          .map(line -> line.group(2).substring(0, Integer.parseInt(line.group(1))))
          .filter(name -> Pattern.compile(regex).matcher(name).find())
          .toList();
    }
  }

  private static String run(String name, String tests, List<String> time)
      throws IOException, InterruptedException {
    Path directory =
        Path.of(System.getProperty("iovtee.root", ".."), "stress/target/jcstress", name)
            .toAbsolutePath();
    Files.createDirectories(directory);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of("org.openjdk.jcstress.Main", "-v", "-r", directory.toString()));
    command.addAll(List.of("-t", tests));
    command.addAll(STRIDES);
    command.addAll(time);
    Process process =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
    StringBuilder said = new StringBuilder();
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        said.append(line).append('\n');
        if (!MODE.equals("glance") && line.startsWith("(Results")) {
          System.out.println(line);
        }
      }
    }
    assertThat(process.waitFor()).as(said.toString()).isZero();
    return said.toString();
  }
}
