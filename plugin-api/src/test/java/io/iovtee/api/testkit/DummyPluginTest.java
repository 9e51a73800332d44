// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api.testkit;

import io.iovtee.api.SwitchPlugin;
import java.util.Map;

final class DummyPluginTest extends SwitchPluginContractTest {
  @Override
  protected SwitchPlugin newPlugin() {
    return new DummyPlugin();
  }

  @Override
  protected Map<String, Object> config() {
    return Map.of();
  }
}
