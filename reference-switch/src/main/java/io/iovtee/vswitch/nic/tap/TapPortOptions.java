// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.tap;

import io.iovtee.vswitch.linux.NetDevice;
import io.iovtee.vswitch.memory.HostPool;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What to open.
 *
 * @param interfaceName the tap interface, which is made if it is not there
 * @param netns the network namespace that it is in, as {@code ip netns} shows it, or a path; null
 *     for the switch's own
 * @param queues queues in each direction; above 1 the interface is a multi-queue one
 * @param mtu bytes without the Ethernet header; 0 leaves it as it is (1500 for a new one)
 * @param mac the interface's own address, {@code 02:00:00:00:00:01}; empty leaves it as it is (a
 *     random one for a new one)
 */
public record TapPortOptions(
    String interfaceName, @Nullable String netns, int queues, int mtu, String mac) {
  /** As many as a switch has loops. */
  public static final int QUEUES_MAX = 64;

  /** What IPv4 asks of every link. */
  public static final int MTU_MIN = 68;

  /** A frame with one VLAN tag fills a chunk. */
  public static final int MTU_MAX = HostPool.FRAME_LENGTH_MAX - 18;

  private static final Pattern MAC = Pattern.compile("[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}");

  /** What the kernel takes for a name, and no template such as {@code tap%d}. */
  private static final Pattern NAME = Pattern.compile("[^\\s/:%]+");

  public TapPortOptions {
    String wrong = wrongName(interfaceName);
    wrong = wrong == null ? wrongMac(mac) : wrong;
    if (wrong != null) {
      throw new IllegalArgumentException(wrong);
    }
  }

  /** Why no interface can have this name; null if one can. */
  public static @Nullable String wrongName(String name) {
    int bytes = name.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > NetDevice.NAME_LENGTH_MAX) {
      return "an interface's name has at most %d bytes: '%s' has %d"
          .formatted(NetDevice.NAME_LENGTH_MAX, name, bytes);
    }
    if (!NAME.matcher(name).matches() || name.equals(".") || name.equals("..")) {
      return "an interface's name has no blank, slash, colon or percent sign, and is not . or ..:"
          + " '"
          + name
          + "'";
    }
    return null;
  }

  /** Why no station can have this address; null if one can, and for none. */
  public static @Nullable String wrongMac(String mac) {
    boolean ok = MAC.matcher(mac).matches() && (firstByte(mac) & 1) == 0;
    return ok || mac.isEmpty()
        ? null
        : "must be an address of one station, such as 02:00:00:00:00:01: '%s'".formatted(mac);
  }

  private static int firstByte(String mac) {
    return Integer.parseInt(mac.substring(0, 2), 16);
  }
}
