// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.vswitch.config.ConfigException;
import io.iovtee.vswitch.config.SwitchConfig;
import io.iovtee.vswitch.nic.vxlan.VxlanPortOptions;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class VxlanPortConfigTest {
  private static VxlanPortOptions read(String keys) {
    String text = "ports:\n  tun: {type: vxlan, " + keys + "}\n";
    return VxlanPortConfig.of(SwitchConfig.parse(text, "f.yaml").ports().get("tun"));
  }

  private static InetSocketAddress address(String ip, int port) {
    return new InetSocketAddress(InetAddress.ofLiteral(ip), port);
  }

  @Test
  void everyKeyIsRead() {
    assertThat(read("local: 10.0.0.1, remote: 10.0.0.2, vni: 42"))
        .isEqualTo(
            new VxlanPortOptions(
                address("10.0.0.1", 4789), address("10.0.0.2", 4789), 42, 0, 1024, null));
    String all =
        "local: '[fd00::1]:4790', remote: 'fd00::2', vni: 16777215, mtu: 9000, ring-size: 64,"
            + " netns: ns";
    assertThat(read(all))
        .isEqualTo(
            new VxlanPortOptions(
                address("fd00::1", 4790), address("fd00::2", 4789), 0xffffff, 9000, 64, "ns"));
    assertThat(read("local: 10.0.0.1:1, remote: 10.0.0.1:2, vni: 0").remote())
        .isEqualTo(address("10.0.0.1", 2));
    assertThat(read("local: '[::]', remote: '[fd00::2]', vni: 0").local())
        .isEqualTo(address("::", 4789));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "local: 10.0.0.1 | the key 'remote' is missing",
        "remote: 10.0.0.1 | the key 'local' is missing",
        "local: 10.0.0.1, remote: 10.0.0.2 | the key 'vni' is missing",
        "local: 10.0.0.1, remote: 10.0.0.2, vni: 16777216 | vni: must be a whole number from 0 to",
        "local: 10.0.0.1, remote: 10.0.0.2, vni: -1 | vni: must be a whole number from 0 to 1677",
        "local: 10.0.1, remote: 10.0.0.2, vni: 1 | local: must be an IP address and perhaps",
        "local: host, remote: 10.0.0.2, vni: 1 | 'fd00::1' or '[fd00::1]:4789', not 'host'",
        "local: 10.0.0.256, remote: 10.0.0.2, vni: 1 | local: must be an IP address and perhaps",
        "local: 10.0.0.1:0, remote: 10.0.0.2, vni: 1 | local: must be an IP address and perhaps",
        "local: 10.0.0.1:65536, remote: 10.0.0.2, vni: 1 | local: must be an IP address and",
        "local: 'fd00::1%eth0', remote: 'fd00::2', vni: 1 | local: must be an IP address and",
        "local: '[fd00::1]x', remote: 'fd00::2', vni: 1 | local: must be an IP address and",
        "local: 224.0.0.1, remote: 10.0.0.2, vni: 1 | local: must be an address of this host",
        "local: 10.0.0.1, remote: 224.0.0.1, vni: 1 | remote: must be the address of one host",
        "local: 10.0.0.1, remote: 0.0.0.0, vni: 1 | remote: must be the address of one host",
        "local: 10.0.0.1, remote: 'fd00::2', vni: 1 | remote: must be of the same family",
        "local: 10.0.0.1, remote: 10.0.0.1, vni: 1 | remote: must be another address or port",
        "local: 10.0.0.1, remote: 10.0.0.2, vni: 1, mtu: 575 | mtu: must be a whole number from",
        "local: 10.0.0.1, remote: 10.0.0.2, vni: 1, ring-size: 65 | ring-size: must be a power of",
        "local: 10.0.0.1, remote: 10.0.0.2, vni: 1, ring-size: 32 | ring-size: must be a whole",
        "local: 10.0.0.1, remote: 10.0.0.2, vni: 1, key: 1 | unknown key 'key'; allowed here:",
      })
  void errorsNameThePlaceAndWhatIsAllowed(String keys, String message) {
    assertThatThrownBy(() -> read(keys))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("f.yaml:2: ports.tun")
        .hasMessageContaining(message);
  }
}
