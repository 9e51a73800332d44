// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.flow.classifier.FlowKey;

/** What the {@code normal} action makes of a frame, beside the {@link MacTable}. */
final class LearningSwitch {
  /** 01-80-C2-00-00-0x: spanning tree, pause, LLDP (IEEE 802.1Q, table 8-1). */
  private static final long RESERVED_ADDRESSES = 0x0180_c200_0000L;

  private static final long RESERVED_MASK = ~0xfL;
  private static final int TYPE_VLAN = 0x8100;
  private static final int TYPE_VLAN_SERVICE = 0x88a8;

  private LearningSwitch() {}

  /**
   * Whether no bridge forwards the frame: its destination means the next bridge itself, or it ends
   * within its VLAN tag. As OVS does (ofproto-dpif-xlate.c, {@code xlate_normal}, with {@code
   * forward-bpdu} off).
   */
  static boolean isNotForwarded(long destination, boolean endsInTag) {
    return (destination & RESERVED_MASK) == RESERVED_ADDRESSES || endsInTag;
  }

  /** Whether the key's frame ends within its VLAN tag. */
  static boolean endsInTag(long[] keys, int key) {
    return FlowKey.vlanTci(keys, key) == 0 && isTag(FlowKey.dlType(keys, key));
  }

  static boolean isTag(int type) {
    return type == TYPE_VLAN || type == TYPE_VLAN_SERVICE;
  }
}
