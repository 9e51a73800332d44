// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import io.iovtee.vswitch.config.Section;
import io.iovtee.vswitch.nic.vxlan.VxlanPortOptions;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Configuration of a VXLAN port: the keys of a port of type {@code vxlan}.
 *
 * <table>
 *   <caption>Keys of the port</caption>
 *   <tr><th>key</th><th>type</th><th>default</th><th>meaning</th></tr>
 *   <tr><td>local</td><td>IP[:PORT]</td><td>required; port 4789</td><td>this end; several ports
 *       may name the same one, with other remote ends or VNIs</td></tr>
 *   <tr><td>remote</td><td>IP[:PORT]</td><td>required; port 4789</td><td>the other end</td></tr>
 *   <tr><td>vni</td><td>0..16777215</td><td>required</td><td>the tunnel's number</td></tr>
 *   <tr><td>mtu</td><td>bytes, 576..65535</td><td>what the kernel says of the way to remote</td>
 *       <td>IP MTU of the outer packets; inner frames have 36 bytes less with IPv4 and 56 with
 *       IPv6, Ethernet header included, and at most 1536</td></tr>
 *   <tr><td>ring-size</td><td>power of two, 64..16384</td><td>1024</td><td>frames that can wait
 *       between the socket's thread and a loop, in each direction</td></tr>
 *   <tr><td>netns</td><td>text</td><td>the switch's own</td><td>the network namespace of the
 *       socket: a name of {@code ip netns}, or a path such as {@code /proc/123/ns/net}</td></tr>
 * </table>
 */
final class VxlanPortConfig {
  private static final int PORT_MAX = 65_535;

  /** Brackets and port, IPv4 and port, or an address alone. */
  private static final Pattern ADDRESS =
      Pattern.compile(
          "\\[(?<ip6>[^\\]]+)\\](:(?<port6>\\d{1,5}))?"
              + "|(?<ip4>[^:]+)(:(?<port4>\\d{1,5}))?"
              + "|(?<ip>.+)");

  /** Four numbers: fewer would be taken for an address, too, but not for the one meant. */
  private static final Pattern IPV4 = Pattern.compile("\\d+(\\.\\d+){3}");

  private VxlanPortConfig() {}

  /** Reads a port's section; an error names the key and what is allowed. */
  static VxlanPortOptions of(Section keys) {
    keys.allow("type", "local", "remote", "vni", "mtu", "ring-size", "netns");
    InetSocketAddress local = address(keys, "local");
    InetSocketAddress remote = address(keys, "remote");
    String wrong = VxlanPortOptions.wrongRemote(local, remote);
    if (wrong != null) {
      throw keys.error("remote", wrong);
    }
    if (local.getAddress().isMulticastAddress()) {
      throw keys.error("local", "must be an address of this host: " + keys.text("local"));
    }
    if (!keys.has("vni")) {
      throw keys.error("", "the key 'vni' is missing");
    }
    int ringSize =
        (int)
            keys.number(
                "ring-size",
                VxlanPortOptions.RING_SIZE_DEFAULT,
                VxlanPortOptions.RING_SIZE_MIN,
                VxlanPortOptions.RING_SIZE_MAX);
    if (Integer.bitCount(ringSize) != 1) {
      throw keys.error("ring-size", "must be a power of two: " + ringSize);
    }
    return new VxlanPortOptions(
        local,
        remote,
        (int) keys.number("vni", 0, 0, VxlanPortOptions.VNI_MAX),
        (int) keys.number("mtu", 0, VxlanPortOptions.MTU_MIN, VxlanPortOptions.MTU_MAX),
        ringSize,
        keys.has("netns") ? keys.text("netns") : null);
  }

  private static InetSocketAddress address(Section keys, String key) {
    String text = keys.text(key);
    Matcher parts = ADDRESS.matcher(text);
    if (parts.matches()) {
      String ip = first(parts, "ip4", "ip6", "ip");
      int port = port(first(parts, "port4", "port6"));
      boolean isIp = IPV4.matcher(ip).matches() || (ip.indexOf(':') >= 0 && ip.indexOf('%') < 0);
      if (isIp && port > 0 && port <= PORT_MAX) {
        try {
          return new InetSocketAddress(InetAddress.ofLiteral(ip), port);
        } catch (IllegalArgumentException e) {
          // told below
        }
      }
    }
    throw keys.error(
        key,
        "must be an IP address and perhaps a port: 10.0.0.1, 10.0.0.1:4789, 'fd00::1' or"
            + " '[fd00::1]:4789', not '"
            + text
            + "'");
  }

  private static String first(Matcher parts, String... groups) {
    for (String group : groups) {
      String found = parts.group(group);
      if (found != null) {
        return found;
      }
    }
    return "";
  }

  private static int port(String text) {
    return text.isEmpty() ? VxlanPortOptions.UDP_PORT : Integer.parseInt(text);
  }
}
