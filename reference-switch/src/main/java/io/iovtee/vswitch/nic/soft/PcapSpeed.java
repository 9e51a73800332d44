// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

/** How fast a capture is replayed. */
public enum PcapSpeed {
  /** With the time between frames that the file tells. */
  RECORDED,
  /** At a fixed rate. */
  FIXED,
  /** As fast as descriptors come. */
  MAX
}
