// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.plugin;

import io.iovtee.api.PluginException;
import io.iovtee.api.SwitchPlugin;
import io.iovtee.vswitch.assembly.VSwitch;
import io.iovtee.vswitch.config.ConfigException;
import io.iovtee.vswitch.config.Section;
import java.io.IOException;
import java.net.MalformedURLException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The plugins of one switch. One that does not start although the configuration has a section for
 * it ends the start: the operator counts on it. Any other, and each of them with {@code required:
 * false}, is logged with the reason, and the switch goes on without it: then every frame is copied.
 * There is no unloading: memory that was mapped and threads that run make that unsafe; {@link
 * #close} stops all at the switch's end.
 */
public final class PluginHost implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PluginHost.class);

  /** Jars looked at: a directory with more is not a plugin directory. */
  private static final int JARS_MAX = 64;

  private final List<SwitchPlugin> running = new ArrayList<>();

  /** Keys below {@code plugins} that are no plugin's section. */
  private static final Set<String> OWN_KEYS = Set.of("directory", "required");

  /** Why plugins that were found do not run, by name. */
  private final Map<String, String> failures = new HashMap<>();

  /** Keys of their sections that these plugins blame, by name. */
  private final Map<String, String> keys = new HashMap<>();

  /** Why jars could not be loaded. */
  private final List<String> unloaded = new ArrayList<>();

  private PluginHost() {}

  /**
   * Loads and starts every plugin in the directory, in the order of the jars' names.
   *
   * @param directory may be absent: then there are no plugins
   * @throws ConfigException when the configuration has a section for a plugin that is not there, or
   *     (unless {@code plugins.required} is false) that did not start
   */
  public static PluginHost start(Path directory, VSwitch vswitch) {
    PluginHost host = new PluginHost();
    for (Path jar : jars(directory)) {
      host.load(jar, vswitch);
    }
    Section plugins = vswitch.config().plugins();
    for (String section : sections(plugins)) {
      String wrong = host.whyAbsent(section, directory, plugins.flag("required", true));
      if (!wrong.isEmpty()) {
        host.close();
        throw plugins.error(host.place(section), wrong);
      }
    }
    return host;
  }

  private static Set<String> sections(Section plugins) {
    Set<String> names = new TreeSet<>(plugins.values().keySet());
    names.removeAll(OWN_KEYS);
    return names;
  }

  /** The key that is to blame: the section, or what its plugin named in it. */
  private String place(String section) {
    String key = keys.getOrDefault(section, "");
    return key.isEmpty() ? section : section + "." + key;
  }

  /** What is wrong with a section; empty when its plugin runs or need not. */
  private String whyAbsent(String section, Path directory, boolean required) {
    if (running.stream().anyMatch(plugin -> plugin.name().equals(section))) {
      return "";
    }
    String failure = failures.get(section);
    if (failure == null) {
      return "there is no such plugin; plugins directory: "
          + directory
          + (unloaded.isEmpty() ? "" : "; not loaded: " + String.join(", ", unloaded));
    }
    return required
        ? "the plugin did not start: "
            + failure
            + "; to copy every frame instead: --plugins none, or plugins.required: false"
        : "";
  }

  /**
   * No plugins, as the operator asked: what the configuration says of any is left aside, so that a
   * file serves with and without.
   */
  public static PluginHost none(VSwitch vswitch) {
    for (String section : sections(vswitch.config().plugins())) {
      LOG.warn("no plugins: plugins.{} in the configuration is left aside", section);
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
      unloaded.add(jar.getFileName() + ": " + e);
    }
  }

  private void startOne(SwitchPlugin plugin, ClassLoader loader, Path jar, VSwitch vswitch) {
    String name = plugin.name();
    if (plugin.apiVersion() != SwitchPlugin.API_VERSION) {
      failed(
          name,
          "it is for API version %d, this switch has %d: %s"
              .formatted(plugin.apiVersion(), SwitchPlugin.API_VERSION, jar),
          null);
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
      String why = e.getMessage() == null ? e.toString() : e.getMessage();
      if (e instanceof PluginException told) {
        keys.put(name, told.key());
      }
      failed(name, why, e instanceof PluginException ? null : e);
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private void failed(String name, String why, @Nullable Throwable defect) {
    LOG.error("plugin {} did not start: {}", name, why, defect);
    failures.put(name, why);
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
