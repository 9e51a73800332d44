// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.idle;

import io.iovtee.bench.peer.PeerRequirements;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A port of our switch that nothing comes to. */
enum IdlePort {
  /** An emulated NIC whose hardware the poll loop plays. It can not wake the loop. */
  SOFT_INLINE("soft-inline"),
  /** An emulated NIC whose hardware is a thread of its own. */
  SOFT_THREAD("soft-thread"),
  /** A guest: a testpmd that is connected, its rings ready, and never starts to forward. */
  VHOST("vhost"),
  /** An AF_XDP socket on one end of a veth pair. */
  XDP("xdp");

  private final String label;

  IdlePort(String label) {
    this.label = label;
  }

  String label() {
    return label;
  }

  /** What this machine lacks for such a port and the command that mends it; or null. */
  @Nullable String missing() {
    return switch (this) {
      case SOFT_INLINE, SOFT_THREAD -> null;
      case VHOST -> PeerRequirements.testpmd();
      case XDP -> PeerRequirements.networkNamespaces();
    };
  }

  /** Ports that this machine can not have, with {@link #missing}. */
  static Map<IdlePort, String> allMissing() {
    Map<IdlePort, String> all = new EnumMap<>(IdlePort.class);
    for (IdlePort port : values()) {
      String missing = port.missing();
      if (missing != null) {
        all.put(port, missing);
      }
    }
    return all;
  }
}
