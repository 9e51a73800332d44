// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.vswitch.config.ConfigException;
import io.iovtee.vswitch.config.SwitchConfig;
import io.iovtee.vswitch.nic.xdp.XdpPortOptions;
import org.junit.jupiter.api.Test;

final class XdpPortConfigTest {
  private static XdpPortOptions read(String keys) {
    String text = "ports:\n  up:\n    type: xdp\n    interface: eth1\n    " + keys;
    return XdpPortConfig.of(SwitchConfig.parse(text, "f.yaml").ports().get("up"));
  }

  @Test
  void framesGoThroughTheRingUnlessToldOtherwise() {
    assertThat(read("")).isEqualTo(XdpPortOptions.of("eth1"));
    assertThat(read("transmit: ring")).isEqualTo(XdpPortOptions.of("eth1"));
    assertThat(read("transmit: redirect")).isEqualTo(XdpPortOptions.of("eth1").withRedirect(true));
    assertThatThrownBy(() -> read("transmit: past"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("transmit")
        .hasMessageContaining("ring, redirect");
  }

  @Test
  void whatMissesGoesWhereUnmatchedGoes() {
    assertThat(read("unmatched: kernel"))
        .isEqualTo(XdpPortOptions.of("eth1").withPassToKernel(true).withPassMissed(true));
  }
}
