// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.vswitch;

import io.iovtee.bench.peer.PeerException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The command that starts our switch in a JVM of its own, with the options that it ships with. */
final class SwitchCommandLine {
  private SwitchCommandLine() {}

  static List<String> of(JavaSwitch.Setup setup, Path configuration) {
    Path home = home();
    return List.of(
        "taskset",
        "-c",
        Integer.toString(setup.cpu()),
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "@" + home.resolve("conf/jvm.options"),
        "-Diovtee.home=" + home,
        "-D" + SwitchUnderTest.PLUGINS_PROPERTY + "=" + plugins(setup, home),
        "-cp",
        System.getProperty("java.class.path"),
        SwitchUnderTest.class.getName(),
        configuration.toString());
  }

  /** Where the plugin jar is; for the copy path a directory that is not there. */
  private static Path plugins(JavaSwitch.Setup setup, Path home) {
    if (!setup.plugin()) {
      return setup.directory().resolve("no-plugins");
    }
    String told = System.getProperty(SwitchUnderTest.PLUGINS_PROPERTY);
    Path directory = told == null ? home.resolve("target/plugins") : Path.of(told);
    if (!Files.exists(directory.resolve("iovtee-plugin.jar"))) {
      throw new PeerException(
          "no plugin jar in " + directory + "; build it with: mvn -q -DskipTests package");
    }
    return directory;
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
