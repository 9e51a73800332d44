// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.vswitch;

import io.iovtee.vswitch.assembly.LoopCores;
import io.iovtee.vswitch.assembly.VSwitch;
import io.iovtee.vswitch.config.SwitchConfig;
import io.iovtee.vswitch.nic.soft.SoftNic;
import io.iovtee.vswitch.plugin.PluginHost;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Our switch in a process of its own, driven by lines on stdin: {@code stats} answers one line
 * ({@link StatsLine}), {@code feed} gives a port frames to receive, {@code quit} or the end of
 * stdin ends it.
 */
public final class SwitchUnderTest {
  /** Written when the switch runs and its sockets are there. */
  static final String READY = "switch under test is ready";

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
      System.out.println(READY);
      serve(vswitch);
    }
    System.exit(0);
  }

  private static void serve(VSwitch vswitch) throws IOException {
    BufferedReader commands =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = commands.readLine(); line != null; line = commands.readLine()) {
      String[] words = line.strip().split(" ");
      switch (words[0]) {
        case "stats" -> System.out.println(StatsLine.of(vswitch.stats()).format());
        case "gc" -> System.out.println(collect());
        case "feed" -> System.out.println(feed(vswitch, words));
        case "quit" -> {
          return;
        }
        default ->
            System.out.println("unknown command: " + line + "; known: stats, gc, feed, quit");
      }
    }
  }

  /** {@code gc 5000000}: a full collection and how long the call took, ns. */
  private static String collect() {
    long beginNs = System.nanoTime();
    System.gc();
    return "gc " + (System.nanoTime() - beginNs);
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
    return "fed " + words[1];
  }

  private static Path pluginDirectory() {
    return Path.of(System.getProperty(PLUGINS_PROPERTY, "none"));
  }
}
