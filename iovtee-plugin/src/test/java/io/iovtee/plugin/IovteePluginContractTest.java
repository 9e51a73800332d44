// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.api.SwitchPlugin;
import io.iovtee.api.testkit.SwitchPluginContractTest;
import java.util.List;
import java.util.Map;

final class IovteePluginContractTest extends SwitchPluginContractTest {
  @Override
  protected SwitchPlugin newPlugin() {
    return new IovteePlugin();
  }

  @Override
  protected Map<String, Object> config() {
    return Map.of(
        "http",
        Map.of("port", 0),
        "stats-interval-ms",
        50,
        "mappings",
        List.of(Map.of("queue", "uplink/0", "port", "nf1", "isolation", "trusted")));
  }
}
