// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import io.iovtee.vswitch.config.Section;
import io.iovtee.vswitch.nic.xdp.XdpMode;
import io.iovtee.vswitch.nic.xdp.XdpPort;
import io.iovtee.vswitch.nic.xdp.XdpPortOptions;

/**
 * Configuration of an AF_XDP port: the keys of a port of type {@code xdp}.
 *
 * <table>
 *   <caption>Keys of the port</caption>
 *   <tr><th>key</th><th>type</th><th>default</th><th>meaning</th></tr>
 *   <tr><td>interface</td><td>text</td><td>required</td><td>the network interface</td></tr>
 *   <tr><td>netns</td><td>text</td><td>the switch's own</td><td>the network namespace that it is
 *       in: a name of {@code ip netns}, or a path such as {@code /proc/123/ns/net}</td></tr>
 *   <tr><td>queues</td><td>0..256</td><td>0</td><td>receive queues to serve, from 0 on; 0 for all
 *       that the interface has; frames of the others stay with the host</td></tr>
 *   <tr><td>mode</td><td>best-effort, native-zerocopy, native, generic</td><td>best-effort</td>
 *       <td>how frames get from the driver into the switch's memory</td></tr>
 *   <tr><td>ring-size</td><td>power of two, 64..16384</td><td>2048</td><td>entries of each ring; so
 *       many chunks of the pool are with each queue</td></tr>
 *   <tr><td>promiscuous</td><td>boolean</td><td>true</td><td>whether the interface takes frames for
 *       any address while the port is open</td></tr>
 *   <tr><td>unmatched</td><td>drop, kernel</td><td>drop</td><td>what becomes of frames that
 *       arrive while a queue changes its memory</td></tr>
 *   <tr><td>miss</td><td>drop, kernel</td><td>as unmatched</td><td>what becomes of frames
 *       that a queue's filter keeps out, or that are too long for its buffers</td></tr>
 *   <tr><td>transmit</td><td>ring, redirect</td><td>ring</td><td>how batches of frames are sent:
 *       by the socket, or past it, which is faster on veth</td></tr>
 * </table>
 */
final class XdpPortConfig {
  private XdpPortConfig() {}

  /** Receive queues that the port will serve; 1 if that can not be told: opening it says why. */
  static int queues(Section keys) {
    return XdpPort.queues(of(keys));
  }

  /** Reads a port's section; an error names the key and what is allowed. */
  static XdpPortOptions of(Section keys) {
    keys.allow(
        "type",
        "interface",
        "netns",
        "queues",
        "mode",
        "ring-size",
        "promiscuous",
        "unmatched",
        "miss",
        "transmit");
    String mode =
        keys.choice(
            "mode",
            XdpMode.BEST_EFFORT.label(),
            XdpMode.BEST_EFFORT.label(),
            XdpMode.NATIVE_ZEROCOPY.label(),
            XdpMode.NATIVE.label(),
            XdpMode.GENERIC.label());
    int ringSize =
        (int)
            keys.number(
                "ring-size",
                XdpPortOptions.RING_SIZE_DEFAULT,
                XdpPortOptions.RING_SIZE_MIN,
                XdpPortOptions.RING_SIZE_MAX);
    if (Integer.bitCount(ringSize) != 1) {
      throw keys.error("ring-size", "must be a power of two: " + ringSize);
    }
    String unmatched = keys.choice("unmatched", "drop", "drop", "kernel");
    return new XdpPortOptions(
        keys.text("interface"),
        keys.has("netns") ? keys.text("netns") : null,
        (int) keys.number("queues", 0, 0, XdpPortOptions.QUEUE_COUNT_MAX),
        XdpMode.of(mode),
        ringSize,
        keys.flag("promiscuous", true),
        unmatched.equals("kernel"),
        keys.choice("miss", unmatched, "drop", "kernel").equals("kernel"),
        keys.choice("transmit", "ring", "ring", "redirect").equals("redirect"));
  }
}
