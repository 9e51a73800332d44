// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import io.iovtee.vswitch.linux.XdpAbi;
import java.util.List;

/** How frames get from the driver into the UMEM; the names are those of Open vSwitch. */
public enum XdpMode {
  /** The driver runs the program and writes frames into the UMEM itself. */
  NATIVE_ZEROCOPY("native-zerocopy"),
  /** The driver runs the program, the kernel copies accepted frames. */
  NATIVE("native"),
  /** The kernel runs the program behind any driver, and copies. */
  GENERIC("generic"),
  /** The first of the above that works. */
  BEST_EFFORT("best-effort");

  private final String label;

  XdpMode(String label) {
    this.label = label;
  }

  /** The name in the configuration file and in tables. */
  public String label() {
    return label;
  }

  /** The mode of a name. */
  public static XdpMode of(String label) {
    for (XdpMode mode : values()) {
      if (mode.label.equals(label)) {
        return mode;
      }
    }
    throw new IllegalArgumentException(
        "xdp mode must be native-zerocopy, native, generic or best-effort: " + label);
  }

  /** The modes to try, best first. */
  List<XdpMode> candidates() {
    return this == BEST_EFFORT ? List.of(NATIVE_ZEROCOPY, NATIVE, GENERIC) : List.of(this);
  }

  int attachFlags() {
    return this == GENERIC ? XdpAbi.Program.XDP_FLAGS_SKB_MODE : XdpAbi.Program.XDP_FLAGS_DRV_MODE;
  }

  int bindFlags() {
    int copy = this == NATIVE_ZEROCOPY ? XdpAbi.Xdp.XDP_ZEROCOPY : XdpAbi.Xdp.XDP_COPY;
    return copy | XdpAbi.Xdp.XDP_USE_NEED_WAKEUP;
  }

  /**
   * Whether buffers are filled in the order in which they were posted. Where the kernel copies, it
   * takes a buffer when it has a frame to write into it (net/xdp/xsk.c, __xsk_rcv). In zero copy a
   * frame that the program does not redirect frees a buffer in the middle of those that the NIC
   * holds.
   */
  boolean fillsInOrder() {
    return this == NATIVE || this == GENERIC;
  }
}
