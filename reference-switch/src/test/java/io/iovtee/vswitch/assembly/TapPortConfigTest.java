// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.vswitch.config.ConfigException;
import io.iovtee.vswitch.config.Section;
import io.iovtee.vswitch.config.SwitchConfig;
import io.iovtee.vswitch.nic.tap.TapPortOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TapPortConfigTest {
  private static Section keys(String keys) {
    String text = "ports:\n  host: {type: tap, " + keys + "}\n";
    return SwitchConfig.parse(text, "f.yaml").ports().get("host");
  }

  @Test
  void everyKeyIsRead() {
    assertThat(TapPortConfig.of(keys("interface: tap0")))
        .isEqualTo(new TapPortOptions("tap0", null, 1, 0, ""));
    String all = "interface: t-1, netns: ns, queues: 4, mtu: 1400, mac: 02:00:00:00:00:aa";
    assertThat(TapPortConfig.of(keys(all)))
        .isEqualTo(new TapPortOptions("t-1", "ns", 4, 1400, "02:00:00:00:00:aa"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "queues: 1 | the key 'interface' is missing",
        "interface: abcdefghijklmnop | ports.host.interface: an interface's name has at most 15"
            + " bytes: 'abcdefghijklmnop' has 16",
        "interface: tap%d | no blank, slash, colon or percent sign",
        "interface: a/b | no blank, slash, colon or percent sign",
        "interface: '..' | is not . or ..",
        "interface: 'a b' | no blank, slash, colon or percent sign",
        "interface: t, queues: 0 | queues: must be a whole number from 1 to 64: 0",
        "interface: t, queues: 65 | queues: must be a whole number from 1 to 64: 65",
        "interface: t, mtu: 67 | mtu: must be a whole number from 68 to 1518: 67",
        "interface: t, mtu: 1519 | mtu: must be a whole number from 68 to 1518: 1519",
        "interface: t, mac: 02-00 | ports.host.mac: must be an address of one station",
        "interface: t, mac: 01:00:00:00:00:01 | ports.host.mac: must be an address of one station",
        "interface: t, ring-size: 64 | unknown key 'ring-size'; allowed here: interface, mac, mtu",
      })
  void errorsNameThePlaceAndWhatIsAllowed(String keys, String message) {
    assertThatThrownBy(() -> TapPortConfig.of(keys(keys)))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("f.yaml:2: ports.host")
        .hasMessageContaining(message);
  }
}
