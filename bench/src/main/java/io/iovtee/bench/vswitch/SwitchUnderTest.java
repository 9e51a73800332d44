// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.vswitch;

import io.iovtee.bench.peer.CommandLoop;
import io.iovtee.vswitch.assembly.LoopCores;
import io.iovtee.vswitch.assembly.VSwitch;
import io.iovtee.vswitch.config.SwitchConfig;
import io.iovtee.vswitch.nic.soft.SoftNic;
import io.iovtee.vswitch.plugin.PluginHost;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Our switch in a process of its own, driven by lines on stdin: {@code stats} answers one line
 * ({@link StatsLine}), {@code feed} gives a port frames to receive, {@code quit} or the end of
 * stdin ends it.
 */
public final class SwitchUnderTest {
  /** Written when the switch runs and its sockets are there. */
  static final String READY = "switch under test is ready";

  /** Command, and first word of its answer: a collection. */
  static final String COLLECT = "gc";

  /** First word of the answer to {@code feed}. */
  static final String FED = "fed";

  /** Directory of plugin jars; one that is not there means no plugin. */
  static final String PLUGINS_PROPERTY = "iovtee.plugins";

  private SwitchUnderTest() {}

  /**
   * Runs until {@code quit}.
   *
   * @param arguments the configuration file
   */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 1) {
      System.err.println("usage: SwitchUnderTest CONFIGURATION-FILE");
      System.exit(2);
    }
    SwitchConfig config = SwitchConfig.load(Path.of(arguments[0]));
    try (VSwitch vswitch = VSwitch.start(config);
        PluginHost plugins = PluginHost.start(pluginDirectory(), vswitch)) {
      LoopCores.reserve(config.loopCpus());
      System.out.println("plugins: " + plugins.names());
      CommandLoop.run(READY, command -> answer(vswitch, command));
    }
    System.exit(0);
  }

  private static String answer(VSwitch vswitch, String command) {
    String[] words = command.split(" ");
    return switch (words[0]) {
      case StatsLine.WORD -> StatsLine.of(vswitch.stats()).format();
      case COLLECT -> collect();
      case "feed" -> feed(vswitch, words);
      default -> CommandLoop.unknown(command, "stats, gc, feed");
    };
  }

  /** {@code gc 5000000}: a full collection and how long the call took, ns. */
  private static String collect() {
    long beginNs = System.nanoTime();
    System.gc();
    return COLLECT + " " + (System.nanoTime() - beginNs);
  }

  /** {@code feed PORT ENTRIES headers|whole PATH}: the port receives what comes by that wire. */
  private static String feed(VSwitch vswitch, String[] words) {
    if (words.length != 5
        || !(vswitch.nicPort(words[1]).orElse(null) instanceof SoftNic nic)
        || !words[2].matches("[0-9]{1,5}")) {
      return "usage: feed SOFT-PORT ENTRIES headers|whole PATH";
    }
    SharedWire wire = SharedWire.open(Path.of(words[4]), Integer.parseInt(words[2]));
    nic.receiveFrom(new WireReceiver(wire, words[3].equals("whole")));
    return FED + " " + words[1];
  }

  private static Path pluginDirectory() {
    return Path.of(System.getProperty(PLUGINS_PROPERTY, "none"));
  }
}
