// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.vswitch;

import io.iovtee.bench.peer.PeerException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command that starts our switch in a JVM of its own, with or without the plugin. */
final class SwitchCommandLine {
  private SwitchCommandLine() {}

  static List<String> of(JavaSwitch.Setup setup, Path configuration) {
    String plugins = plugins(setup, JavaCommand.home()).toString();
    List<String> options = new ArrayList<>(setup.jvmArguments());
    options.add("-D" + SwitchUnderTest.PLUGINS_PROPERTY + "=" + plugins);
    return JavaCommand.of(
        setup.cpus(), options, SwitchUnderTest.class, List.of(configuration.toString()));
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
}
