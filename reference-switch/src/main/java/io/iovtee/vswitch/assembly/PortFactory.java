// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import io.iovtee.vswitch.config.Section;
import io.iovtee.vswitch.datapath.GuestBinding;
import io.iovtee.vswitch.datapath.NicPort;
import io.iovtee.vswitch.datapath.OwnerIds;
import io.iovtee.vswitch.linux.ErrnoException;
import io.iovtee.vswitch.nic.pcap.PcapPort;
import io.iovtee.vswitch.nic.soft.SoftNic;
import io.iovtee.vswitch.nic.soft.SoftNicConfig;
import io.iovtee.vswitch.nic.tap.TapException;
import io.iovtee.vswitch.nic.tap.TapPort;
import io.iovtee.vswitch.nic.vxlan.VxlanException;
import io.iovtee.vswitch.nic.vxlan.VxlanPort;
import io.iovtee.vswitch.nic.xdp.XdpException;
import io.iovtee.vswitch.nic.xdp.XdpPort;
import io.iovtee.vswitch.vhost.SessionInfo;
import io.iovtee.vswitch.vhost.VhostUserException;
import io.iovtee.vswitch.vhost.VhostUserPort;
import io.iovtee.vswitch.vhost.VhostUserPortOptions;
import java.io.IOException;

/** Makes a port of each type from its section of the configuration. Control thread. */
final class PortFactory {
  private static final int LOOPS_MAX = 64;

  private PortFactory() {}

  /**
   * Whether a port's keys can be right, as far as that shows without the system.
   *
   * @throws io.iovtee.vswitch.config.ConfigException for a key or a value that is wrong
   */
  static void check(Section keys, Loops loops) {
    try {
      switch (type(keys)) {
        case "xdp" -> XdpPortConfig.of(keys);
        case "pcap" -> PcapPortConfig.of(keys);
        case "tap" -> TapPortConfig.of(keys);
        case "vxlan" -> VxlanPortConfig.of(keys);
        case "vhost-user" -> {
          GuestPortConfig.of(keys);
          queuePairs(keys);
          loop(keys, loops);
        }
        default -> SoftNicConfig.of(keys.values());
      }
    } catch (IllegalArgumentException e) {
      throw keys.error("", String.valueOf(e.getMessage()));
    }
  }

  /** Whether what the port works on is there: its interface, or the namespace for it. */
  static boolean isThere(Section keys) {
    return switch (type(keys)) {
      case "xdp" -> XdpPort.isThere(XdpPortConfig.of(keys));
      case "tap" -> TapPort.isThere(TapPortConfig.of(keys));
      case "vxlan" -> VxlanPort.isThere(VxlanPortConfig.of(keys));
      default -> true;
    };
  }

  private static String type(Section keys) {
    return keys.choice("type", "", "soft", "xdp", "vhost-user", "tap", "vxlan", "pcap");
  }

  private static int queuePairs(Section keys) {
    return (int) keys.number("queues", 1, 1, OwnerIds.QUEUE_PAIRS_MAX);
  }

  private static int loop(Section keys, Loops loops) {
    return (int) keys.number("loop", 0, 0, Math.min(LOOPS_MAX, loops.all().size()) - 1);
  }

  static SwitchPort create(
      VSwitch vswitch, String name, int number, Section keys, Loops loops, ControlThread control) {
    return switch (type(keys)) {
      case "xdp" -> nic(name, number, keys, xdp(vswitch, keys), loops, control);
      case "vhost-user" -> guest(vswitch, name, number, keys, loops);
      case "pcap" -> nic(name, number, keys, pcap(keys, loops), loops, control);
      case "tap" -> nic(name, number, keys, tap(vswitch, keys), loops, control);
      case "vxlan" -> nic(name, number, keys, vxlan(vswitch, keys, loops), loops, control);
      default -> nic(name, number, keys, soft(vswitch, name, keys), loops, control);
    };
  }

  private static SwitchPort nic(
      String name, int number, Section keys, NicPort port, Loops loops, ControlThread control) {
    try {
      return new NicSwitchPort(name, number, keys, port, loops.all(), control);
    } catch (RuntimeException e) {
      port.close();
      throw e;
    }
  }

  private static NicPort soft(VSwitch vswitch, String name, Section keys) {
    try {
      return SoftNic.open(name, SoftNicConfig.of(keys.values()), vswitch.pool());
    } catch (IllegalArgumentException e) {
      throw keys.error("", String.valueOf(e.getMessage()));
    }
  }

  private static NicPort pcap(Section keys, Loops loops) {
    PcapPortConfig config = PcapPortConfig.of(keys);
    try {
      return PcapPort.open(config.file(), config.fileMib(), config.files(), loops.all().size());
    } catch (IOException e) {
      throw keys.error("file", "can not be written: " + e);
    }
  }

  private static NicPort xdp(VSwitch vswitch, Section keys) {
    try {
      return XdpPort.open(XdpPortConfig.of(keys), vswitch.pool());
    } catch (IllegalArgumentException | XdpException | ErrnoException e) {
      throw keys.error("", String.valueOf(e.getMessage()));
    }
  }

  private static NicPort tap(VSwitch vswitch, Section keys) {
    try {
      return TapPort.open(TapPortConfig.of(keys), vswitch.pool());
    } catch (IllegalArgumentException | TapException e) {
      throw keys.error("", String.valueOf(e.getMessage()));
    }
  }

  private static NicPort vxlan(VSwitch vswitch, Section keys, Loops loops) {
    try {
      return VxlanPort.open(
          VxlanPortConfig.of(keys), loops.all().size(), vswitch.pool(), vswitch.vxlanSockets());
    } catch (VxlanException e) {
      throw keys.error("", String.valueOf(e.getMessage()));
    }
  }

  private static SwitchPort guest(
      VSwitch vswitch, String name, int number, Section keys, Loops loops) {
    VhostUserPortOptions options = GuestPortConfig.of(keys);
    GuestSockets.checkFree(keys, options.socket(), vswitch.running());
    GuestBinding binding = new GuestBinding(number, queuePairs(keys), loops.get(loop(keys, loops)));
    Runnable undo = binding.connectFrom(loops.all());
    GuestSwitchPort port =
        new GuestSwitchPort(
            name,
            number,
            binding,
            undo,
            vswitch,
            SessionInfo.unconnected(
                name, options.role(), options.socket().toString(), "nobody has connected yet"));
    try {
      port.servedBy(VhostUserPort.open(port, options));
    } catch (VhostUserException e) {
      undo.run();
      throw keys.error("socket", String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      undo.run();
      throw e;
    }
    return port;
  }
}
