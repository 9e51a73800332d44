// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

/**
 * Header fields of generated frames: Ethernet, at most one VLAN tag, IPv4, UDP.
 *
 * @param dlVlan VLAN id 0..4095, or -1 for untagged frames
 */
public record FlowHeaders(
    FieldRange dlDst,
    FieldRange dlSrc,
    int dlVlan,
    FieldRange nwSrc,
    FieldRange nwDst,
    FieldRange tpSrc,
    FieldRange tpDst) {
  /** Untagged. */
  public static final int NO_VLAN = -1;
}
