// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.vxlan;

import io.iovtee.vswitch.nic.parts.Counters;
import java.net.InetAddress;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which tunnel a datagram is for. Whoever reaches the socket can send anything: what belongs to no
 * tunnel is counted here by what is wrong with it, and forgotten. Socket's thread, but for the
 * counters' reader.
 */
final class VxlanReceiver {
  private static final int TRUNCATED = 0;
  private static final int NO_VNI_FLAG = 1;
  private static final int UNKNOWN_VNI = 2;
  private static final int UNKNOWN_REMOTE = 3;
  private static final int ERRORS = 4;

  private final Map<VxlanTunnel.Key, VxlanTunnel> tunnels = new HashMap<>();

  /** How many tunnels have a VNI. */
  private final Map<Integer, Integer> vnis = new HashMap<>();

  private final Counters counters = new Counters(5);

  /** False if there is one with this remote end and VNI. */
  boolean add(VxlanTunnel tunnel) {
    if (tunnels.putIfAbsent(tunnel.key(), tunnel) != null) {
      return false;
    }
    vnis.merge(tunnel.vni, 1, Integer::sum);
    return true;
  }

  void remove(VxlanTunnel tunnel) {
    if (tunnels.remove(tunnel.key(), tunnel)) {
      vnis.computeIfPresent(tunnel.vni, (vni, count) -> count == 1 ? null : count - 1);
    }
  }

  Collection<VxlanTunnel> tunnels() {
    return List.copyOf(tunnels.values());
  }

  /**
   * Takes a datagram.
   *
   * @param sender where it says that it comes from
   * @param datagram whose first {@code length} bytes it is
   * @return the tunnel that took it, or counted why not; null if it is no tunnel's
   */
  @Nullable VxlanTunnel receive(InetAddress sender, byte[] datagram, int length) {
    if (length < VxlanHeader.LENGTH) {
      counters.add(TRUNCATED, 1);
      return null;
    }
    if (!VxlanHeader.hasVni(datagram)) {
      counters.add(NO_VNI_FLAG, 1);
      return null;
    }
    int vni = VxlanHeader.vni(datagram);
    VxlanTunnel tunnel = tunnels.get(new VxlanTunnel.Key(sender, vni));
    if (tunnel == null) {
      counters.add(vnis.containsKey(vni) ? UNKNOWN_REMOTE : UNKNOWN_VNI, 1);
      return null;
    }
    tunnel.receive(datagram, VxlanHeader.LENGTH, length - VxlanHeader.LENGTH);
    return tunnel;
  }

  /** The socket could not be read. */
  void failed() {
    counters.add(ERRORS, 1);
  }

  /**
   * What came for none of the tunnels: {@code socket_truncated} (shorter than a header), {@code
   * socket_no_vni_flag}, {@code socket_unknown_vni}, {@code socket_unknown_remote} (a VNI of ours,
   * from elsewhere), and {@code socket_errors}. The same for all ports on the socket. Any thread.
   */
  Map<String, Long> counters() {
    Map<String, Long> values = new LinkedHashMap<>();
    values.put("socket_truncated", counters.get(TRUNCATED));
    values.put("socket_no_vni_flag", counters.get(NO_VNI_FLAG));
    values.put("socket_unknown_vni", counters.get(UNKNOWN_VNI));
    values.put("socket_unknown_remote", counters.get(UNKNOWN_REMOTE));
    values.put("socket_errors", counters.get(ERRORS));
    return values;
  }
}
