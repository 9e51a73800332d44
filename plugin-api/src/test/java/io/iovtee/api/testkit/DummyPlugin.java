// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api.testkit;

import io.iovtee.api.PluginException;
import io.iovtee.api.SwitchContext;
import io.iovtee.api.SwitchPlugin;

/** The plugin that does nothing, and does it right: a start for one's own. */
public final class DummyPlugin implements SwitchPlugin {
  @Override
  public String name() {
    return "dummy";
  }

  @Override
  public String version() {
    return "1";
  }

  @Override
  public int apiVersion() {
    return API_VERSION;
  }

  @Override
  public void start(SwitchContext context) throws PluginException {
    if (!context.config().isEmpty()) {
      throw new PluginException(
          "the dummy plugin takes no settings; remove: "
              + String.join(", ", context.config().keySet()));
    }
  }

  @Override
  public void stop() {}
}
