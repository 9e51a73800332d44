// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.plugin;

import java.net.URL;
import java.net.URLClassLoader;

/**
 * A plugin's class loader: its own jar, and of the host only what a plugin may see. So a plugin
 * brings its own libraries in its own versions, and can not come to lean on the switch's inside.
 */
final class PluginClassLoader extends URLClassLoader {
  private static final String[] SHARED = {
    "io.iovtee.api.", "io.iovtee.flow.", "org.slf4j.", "org.jspecify."
  };

  private final ClassLoader host;

  PluginClassLoader(URL jar, ClassLoader host) {
    super("plugin:" + jar.getPath(), new URL[] {jar}, ClassLoader.getPlatformClassLoader());
    this.host = host;
  }

  /** What neither the JDK nor the plugin's jar has: only shared packages come from the host. */
  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    for (String prefix : SHARED) {
      if (name.startsWith(prefix)) {
        return host.loadClass(name);
      }
    }
    return super.loadClass(name, resolve);
  }

  static {
    registerAsParallelCapable();
  }
}
