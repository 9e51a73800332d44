// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.abi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import io.iovtee.vswitch.linux.CConstants;
import io.iovtee.vswitch.linux.CStruct;
import io.iovtee.vswitch.linux.Errno;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Needs gcc and the kernel's headers (Debian: gcc, libc6-dev). */
class AbiTest {
  /** Layout classes that exist in any case: fewer found means that the search is broken. */
  private static final int LAYOUT_COUNT_MIN = 30;

  @TempDir Path directory;

  @BeforeAll
  static void compilerIsThere() throws Exception {
    try {
      new ProcessBuilder("gcc", "--version").redirectErrorStream(true).start().waitFor();
    } catch (IOException e) {
      String why = "no C compiler: apt-get install gcc libc6-dev";
      if ("true".equals(System.getenv("CI"))) {
        fail(why);
      }
      abort(why);
    }
  }

  @ParameterizedTest
  @MethodSource("layouts")
  void agreesWithTheCompiler(Class<?> layout) throws Exception {
    assertThat(compile(AbiAssertions.source(layout))).as("compiler's words").isEmpty();
  }

  @Test
  void findsTheLayoutClasses() throws Exception {
    assertThat(layouts()).hasSizeGreaterThanOrEqualTo(LAYOUT_COUNT_MIN).contains(Errno.class);
  }

  @Test
  void noticesAWrongOffset() throws Exception {
    assertThat(compile(AbiAssertions.source(WrongOffset.class)))
        .contains("WrongOffset.LEN = 4")
        .doesNotContain("WrongOffset.ADDR");
  }

  @Test
  void noticesAWrongSize() throws Exception {
    assertThat(compile(AbiAssertions.source(WrongSize.class))).contains("WrongSize.SIZEOF = 12");
  }

  @Test
  void noticesAWrongConstant() throws Exception {
    assertThat(compile(AbiAssertions.source(WrongConstant.class)))
        .contains("WrongConstant.EBUSY = 17");
  }

  @Test
  void noticesANameThatDoesNotExist() throws Exception {
    assertThat(compile(AbiAssertions.source(NoSuchMember.class))).contains("length");
  }

  static List<Class<?>> layouts() throws Exception {
    URI home = Errno.class.getProtectionDomain().getCodeSource().getLocation().toURI();
    Path path = Path.of(home);
    if (Files.isDirectory(path)) {
      return layoutsBelow(path);
    }
    try (FileSystem jar = FileSystems.newFileSystem(path)) {
      return layoutsBelow(jar.getPath("/"));
    }
  }

  private static List<Class<?>> layoutsBelow(Path root) throws Exception {
    List<Class<?>> layouts = new ArrayList<>();
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        String name = root.relativize(file).toString();
        if (name.endsWith(".class") && name.startsWith("io/iovtee/")) {
          String className = name.substring(0, name.length() - 6).replace('/', '.');
          Class<?> found = Class.forName(className, false, AbiTest.class.getClassLoader());
          if (AbiAssertions.isAnnotated(found)) {
            layouts.add(found);
          }
        }
      }
    }
    return layouts;
  }

  private String compile(String source) throws Exception {
    Path file = Files.writeString(directory.resolve("abi.c"), source);
    Process gcc =
        new ProcessBuilder("gcc", "-fsyntax-only", "-w", file.toString())
            .redirectErrorStream(true)
            .start();
    String words = new String(gcc.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int status = gcc.waitFor();
    return status == 0 ? "" : words + "\nexit status " + status;
  }

  @CStruct(value = "struct xdp_desc", header = "linux/if_xdp.h")
  static final class WrongOffset {
    static final int ADDR = 0;
    static final int LEN = 4;
  }

  @CStruct(value = "struct xdp_desc", header = "linux/if_xdp.h")
  static final class WrongSize {
    static final int SIZEOF = 12;
  }

  @CStruct(value = "struct xdp_desc", header = "linux/if_xdp.h")
  static final class NoSuchMember {
    static final int LENGTH = 8;
  }

  @CConstants(header = "errno.h")
  static final class WrongConstant {
    static final int EBUSY = 17;
  }
}
