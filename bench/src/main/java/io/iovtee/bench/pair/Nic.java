// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.pair;

import io.iovtee.bench.report.LabelConverter;
import java.util.List;

/** What the switch's physical port is. */
enum Nic {
  /** Emulated inside of the switch. */
  SOFT(
      "soft",
      "emulated, writes no payload (as DPDK's net_null with copy=0): no PCIe, no DMA, no wire"),
  /** The same, and pays for every byte. */
  SOFT_COPY(
      "soft-copy",
      "emulated, the switch's core writes and reads each frame once for it (as DPDK's net_null with"
          + " copy=1): no PCIe, no DMA, no wire"),
  /** A veth pair behind an AF_XDP socket. */
  XDP(
      "xdp",
      "AF_XDP on a veth pair, in the kernel's copy mode: the kernel's part (both ends' receive"
          + " work, copies) runs on the core that sends: pvp the switch's, oneway the generator's");

  private final String label;
  private final String description;

  Nic(String label, String description) {
    this.label = label;
    this.description = description;
  }

  String label() {
    return label;
  }

  /** For the report. */
  String description() {
    return description;
  }

  /** For picocli. */
  static final class Converter extends LabelConverter<Nic> {
    Converter() {
      // Its copying form has an option of its own.
      super(List.of(SOFT, XDP), Nic::label);
    }
  }
}
