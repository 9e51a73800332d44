// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import io.iovtee.vswitch.assembly.LoopCores;
import io.iovtee.vswitch.assembly.VSwitch;
import io.iovtee.vswitch.config.SwitchConfig;
import io.iovtee.vswitch.plugin.PluginHost;
import java.nio.file.Path;

/** A switch with its plugins, started and stopped together. */
final class RunningSwitch implements AutoCloseable {
  /** Instead of a directory: a switch that copies every frame, whatever its file says. */
  static final String NO_PLUGINS = "none";

  private static final String PLUGINS_PROPERTY = "iovtee.plugins";

  private final VSwitch vswitch;
  private final PluginHost plugins;
  private final Thread settling;

  private RunningSwitch(VSwitch vswitch, PluginHost plugins, Thread settling) {
    this.vswitch = vswitch;
    this.plugins = plugins;
    this.settling = settling;
  }

  /**
   * Starts both.
   *
   * @param pluginDirectory overrides the configuration; {@link #NO_PLUGINS} for none; empty for the
   *     configuration's or, when that names none, the launcher's
   */
  static RunningSwitch start(SwitchConfig config, String pluginDirectory) {
    VSwitch vswitch = VSwitch.start(config);
    try {
      PluginHost plugins =
          pluginDirectory.equals(NO_PLUGINS)
              ? PluginHost.none(vswitch)
              : PluginHost.start(directory(config, pluginDirectory), vswitch);
      Thread settling = LoopCores.reserveOnceSettled(config.loopCpus());
      return new RunningSwitch(vswitch, plugins, settling);
    } catch (RuntimeException e) {
      vswitch.close();
      throw e;
    }
  }

  private static Path directory(SwitchConfig config, String override) {
    if (!override.isEmpty()) {
      return Path.of(override);
    }
    if (!config.pluginDirectory().isEmpty()) {
      return Path.of(config.pluginDirectory());
    }
    return Path.of(System.getProperty(PLUGINS_PROPERTY, "plugins"));
  }

  VSwitch vswitch() {
    return vswitch;
  }

  PluginHost plugins() {
    return plugins;
  }

  @Override
  public void close() {
    settling.interrupt();
    plugins.close();
    vswitch.close();
  }
}
