// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api;

/**
 * A plugin of the switch, found by {@link java.util.ServiceLoader} in a jar of the plugins
 * directory. One instance per switch.
 *
 * <p>{@link #start} and {@link #stop} run on the switch's control thread, once each.
 */
public interface SwitchPlugin {
  /** The SPI version that this API describes; a plugin built for another major is refused. */
  int API_VERSION = 1;

  /** Short, lower case, unique: the key of the plugin's section in the configuration. */
  String name();

  /** The plugin's own version, for people. */
  String version();

  /** The {@link #API_VERSION} that the plugin was compiled against. */
  int apiVersion();

  /**
   * Starts the plugin. May register listeners and install buffer sources from now on.
   *
   * @throws PluginException with a message for the operator; a switch whose configuration has a
   *     section for the plugin then does not start, unless told that it may; any other goes on
   *     without
   */
  void start(SwitchContext context) throws PluginException;

  /**
   * Stops the plugin; every buffer source that it installed is removed by the switch afterwards.
   */
  void stop();
}
