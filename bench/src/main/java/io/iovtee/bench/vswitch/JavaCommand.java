// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.vswitch;

import io.iovtee.bench.peer.PeerException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The command that starts a class of ours in a JVM of its own, with the options that we ship. */
public final class JavaCommand {
  private JavaCommand() {}

  /**
   * Command line of a JVM whose threads run on these cores.
   *
   * @param options of the JVM, after those of conf/jvm.options
   */
  public static List<String> of(
      List<Integer> cpus, List<String> options, Class<?> main, List<String> arguments) {
    Path home = home();
    List<String> words = new ArrayList<>();
    words.addAll(
        List.of(
            "taskset", "-c", cpus.stream().map(String::valueOf).collect(Collectors.joining(","))));
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.add("@" + home.resolve("conf/jvm.options"));
    words.add("-Diovtee.home=" + home);
    words.addAll(options);
    words.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    words.addAll(arguments);
    return words;
  }

  /** The launcher of the checkout that this benchmark belongs to: {@code ./iovtee}. */
  public static Path launcher() {
    Path launcher = home().resolve("iovtee").toAbsolutePath();
    if (!Files.isExecutable(launcher)) {
      throw new PeerException("there is no launcher " + launcher + "; start ./iovtee bench");
    }
    return launcher;
  }

  /** The directory that holds conf/: told by the launcher or the build, or above this one. */
  static Path home() {
    for (String property : new String[] {"iovtee.home", "iovtee.root"}) {
      String value = System.getProperty(property);
      if (value != null) {
        return Path.of(value);
      }
    }
    for (Path path = Path.of("").toAbsolutePath(); path != null; path = path.getParent()) {
      if (Files.exists(path.resolve("conf/jvm.options"))) {
        return path;
      }
    }
    throw new PeerException(
        "conf/jvm.options is not above " + Path.of("").toAbsolutePath() + "; start ./iovtee bench");
  }
}
