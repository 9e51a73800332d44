// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.plugin;

import io.iovtee.api.PluginException;
import io.iovtee.api.SwitchPlugin;
import io.iovtee.vswitch.assembly.VSwitch;
import io.iovtee.vswitch.config.ConfigException;
import java.io.IOException;
import java.net.MalformedURLException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The plugins of one switch. A plugin that can not be loaded or started is logged with the reason,
 * and the switch goes on without it: then every frame is copied. There is no unloading: memory that
 * was mapped and threads that run make that unsafe; {@link #close} stops all at the switch's end.
 */
public final class PluginHost implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PluginHost.class);

  /** Jars looked at: a directory with more is not a plugin directory. */
  private static final int JARS_MAX = 64;

  private final List<SwitchPlugin> running = new ArrayList<>();

  /** Names of all that were found, running or not: what has a section was not mistyped. */
  private final Set<String> found = new HashSet<>();

  private PluginHost() {}

  /**
   * Loads and starts every plugin in the directory, in the order of the jars' names.
   *
   * @param directory may be absent: then there are no plugins
   * @throws ConfigException when the configuration has a section for a plugin that is not there
   */
  public static PluginHost start(Path directory, VSwitch vswitch) {
    PluginHost host = new PluginHost();
    for (Path jar : jars(directory)) {
      host.load(jar, vswitch);
    }
    for (String section : vswitch.config().plugins().values().keySet()) {
      if (!section.equals("directory") && !host.found.contains(section)) {
        host.close();
        throw vswitch
            .config()
            .plugins()
            .error(section, "there is no such plugin; plugins directory: " + directory);
      }
    }
    return host;
  }

  /**
   * No plugins, as the operator asked: what the configuration says of any is left aside, so that a
   * file serves with and without.
   */
  public static PluginHost none(VSwitch vswitch) {
    for (String section : vswitch.config().plugins().values().keySet()) {
      if (!section.equals("directory")) {
        LOG.warn("no plugins: plugins.{} in the configuration is left aside", section);
      }
    }
    return new PluginHost();
  }

  private static List<Path> jars(Path directory) {
    List<Path> jars = new ArrayList<>();
    if (!Files.isDirectory(directory)) {
      return jars;
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, "*.jar")) {
      for (Path jar : entries) {
        jars.add(jar);
      }
    } catch (IOException e) {
      throw new ConfigException("plugins directory " + directory + ": " + e.getMessage(), e);
    }
    if (jars.size() > JARS_MAX) {
      throw new ConfigException(
          "plugins directory %s has %d jars, at most %d are looked at"
              .formatted(directory, jars.size(), JARS_MAX));
    }
    jars.sort(null);
    return jars;
  }

  private void load(Path jar, VSwitch vswitch) {
    try {
      PluginClassLoader loader =
          new PluginClassLoader(jar.toUri().toURL(), PluginHost.class.getClassLoader());
      for (SwitchPlugin plugin : ServiceLoader.load(SwitchPlugin.class, loader)) {
        if (plugin.getClass().getClassLoader() == loader) {
          startOne(plugin, loader, jar, vswitch);
        }
      }
    } catch (MalformedURLException
        | ServiceConfigurationError
        | RuntimeException
        | LinkageError e) {
      LOG.error("plugin {} can not be loaded: {}", jar, e.toString());
    }
  }

  private void startOne(SwitchPlugin plugin, ClassLoader loader, Path jar, VSwitch vswitch) {
    String name = plugin.name();
    found.add(name);
    if (plugin.apiVersion() != SwitchPlugin.API_VERSION) {
      LOG.error(
          "plugin {} is for API version {}, this switch has {}: {}",
          name,
          plugin.apiVersion(),
          SwitchPlugin.API_VERSION,
          jar);
      return;
    }
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(loader);
    try {
      plugin.start(new SwitchContextView(name, vswitch));
      running.add(plugin);
      LOG.info("plugin {} {} runs", name, plugin.version());
    } catch (PluginException | RuntimeException | LinkageError e) {
      LOG.error(
          "plugin {} did not start, the switch goes on without it: {}",
          name,
          e.getMessage(),
          e instanceof PluginException ? null : e);
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  /** Names and versions of the plugins that run. */
  public List<String> names() {
    return running.stream().map(p -> p.name() + " " + p.version()).toList();
  }

  @Override
  public void close() {
    for (SwitchPlugin plugin : running.reversed()) {
      try {
        plugin.stop();
      } catch (RuntimeException | LinkageError e) {
        LOG.warn("plugin {} did not stop cleanly", plugin.name(), e);
      }
    }
    running.clear();
  }
}
