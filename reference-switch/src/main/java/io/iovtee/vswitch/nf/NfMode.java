// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nf;

/** What the sample NF does with a frame; the names are DPDK testpmd's where it has them. */
public enum NfMode {
  /** Swaps the MAC addresses and sends the frame back. */
  macswap,
  /** Sends the frame back as it is. */
  io,
  /** Receives only. */
  sink,
  /** Sends test frames; receives what comes back. */
  source,
  /** Answers ARP and neighbour requests for its addresses, and echo requests to them. */
  echo;

  /** Whether received frames may leave again. */
  boolean returnsFrames() {
    return this == macswap || this == io || this == echo;
  }
}
