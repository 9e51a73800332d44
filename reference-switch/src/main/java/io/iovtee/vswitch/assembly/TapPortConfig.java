// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import io.iovtee.vswitch.config.Section;
import io.iovtee.vswitch.nic.tap.TapPortOptions;
import org.jspecify.annotations.Nullable;

/**
 * Configuration of a tap port: the keys of a port of type {@code tap}.
 *
 * <table>
 *   <caption>Keys of the port</caption>
 *   <tr><th>key</th><th>type</th><th>default</th><th>meaning</th></tr>
 *   <tr><td>interface</td><td>text, at most 15 bytes</td><td>required</td><td>the tap interface,
 *       made by the switch and gone with the port; a persistent one is taken over, and stays</td>
 *       </tr>
 *   <tr><td>netns</td><td>text</td><td>the switch's own</td><td>the network namespace that it is
 *       in: a name of {@code ip netns}, or a path such as {@code /proc/123/ns/net}</td></tr>
 *   <tr><td>queues</td><td>1..64</td><td>1</td><td>queues in each direction; queue i is on loop i
 *       modulo the loops; the kernel spreads flows over them</td></tr>
 *   <tr><td>mtu</td><td>bytes, 68..1518</td><td>as it is</td><td>without the Ethernet header; a new
 *       interface has 1500</td></tr>
 *   <tr><td>mac</td><td>MAC address</td><td>as it is</td><td>of the host's end; a new interface has
 *       a random one</td></tr>
 * </table>
 */
final class TapPortConfig {
  private TapPortConfig() {}

  /** Reads a port's section; an error names the key and what is allowed. */
  static TapPortOptions of(Section keys) {
    keys.allow("type", "interface", "netns", "queues", "mtu", "mac");
    refuse(keys, "interface", TapPortOptions.wrongName(keys.text("interface")));
    refuse(keys, "mac", TapPortOptions.wrongMac(keys.text("mac", "")));
    return new TapPortOptions(
        keys.text("interface"),
        keys.has("netns") ? keys.text("netns") : null,
        (int) keys.number("queues", 1, 1, TapPortOptions.QUEUES_MAX),
        (int) keys.number("mtu", 0, TapPortOptions.MTU_MIN, TapPortOptions.MTU_MAX),
        keys.text("mac", ""));
  }

  private static void refuse(Section keys, String key, @Nullable String wrong) {
    if (wrong != null) {
      throw keys.error(key, wrong);
    }
  }
}
