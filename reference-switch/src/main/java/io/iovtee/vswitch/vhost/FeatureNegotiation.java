// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import io.iovtee.vswitch.virtio.VirtioFeature;

/**
 * What this back-end offers and what the front-end took. Session thread.
 *
 * <p>Packed rings, offloads, dirty logging and device IOTLB are not offered. EVENT_IDX and
 * INDIRECT_DESC cost nothing where the driver does not use them. VERSION_1 is always offered: a
 * virtio-user front-end to which it is not offered never sends SET_FEATURES at all.
 */
final class FeatureNegotiation {
  private final long offered;
  private long acked;
  private boolean settled;
  private boolean protocolOffered;
  private long protocolAcked;

  FeatureNegotiation(int queuePairsMax, boolean inOrder) {
    this.offered =
        VirtioFeature.VERSION_1.mask()
            | VirtioFeature.MRG_RXBUF.mask()
            | VirtioFeature.INDIRECT_DESC.mask()
            | VirtioFeature.EVENT_IDX.mask()
            | VirtioFeature.PROTOCOL_FEATURES.mask()
            | (queuePairsMax > 1 ? VirtioFeature.MQ.mask() : 0)
            | (inOrder ? VirtioFeature.IN_ORDER.mask() : 0);
  }

  long offered() {
    return offered;
  }

  /** Takes the front-end's choice; while rings run only the same choice again. */
  void accept(long features, boolean ringsRun) {
    long foreign = features & ~offered;
    if (foreign != 0) {
      throw new VhostUserException(
          "front-end took features that were not offered: %s (0x%x)"
              .formatted(VirtioFeature.describe(foreign), foreign));
    }
    if (ringsRun && features != acked) {
      throw new VhostUserException(
          "features must not change while rings run: from %s to %s"
              .formatted(VirtioFeature.describe(acked), VirtioFeature.describe(features)));
    }
    acked = features;
    settled = true;
  }

  /** The acknowledged features; 0 before SET_FEATURES. */
  long acked() {
    return acked;
  }

  /** Whether SET_FEATURES has come. */
  boolean settled() {
    return settled;
  }

  /** Forgets the front-end's choice, as after RESET_OWNER. */
  void reset() {
    acked = 0;
    settled = false;
  }

  long offerProtocol() {
    protocolOffered = true;
    return ProtocolFeature.OFFERED;
  }

  void acceptProtocol(long features, boolean ringsRun) {
    if (!protocolOffered) {
      throw new VhostUserException("SET_PROTOCOL_FEATURES came before GET_PROTOCOL_FEATURES");
    }
    long foreign = features & ~ProtocolFeature.OFFERED;
    if (foreign != 0) {
      throw new VhostUserException(
          "front-end took protocol features that were not offered: %s (0x%x)"
              .formatted(ProtocolFeature.names(foreign), foreign));
    }
    if (ringsRun && features != protocolAcked) {
      throw new VhostUserException(
          "protocol features must not change while rings run: from %s to %s"
              .formatted(ProtocolFeature.names(protocolAcked), ProtocolFeature.names(features)));
    }
    protocolAcked = features;
  }

  long protocolAcked() {
    return protocolAcked;
  }

  boolean has(ProtocolFeature feature) {
    return feature.in(protocolAcked);
  }

  /**
   * Whether a ring that nobody has enabled or disabled is enabled: only where SET_VRING_ENABLE was
   * not negotiated.
   */
  boolean ringsStartEnabled() {
    return settled && !VirtioFeature.PROTOCOL_FEATURES.in(acked);
  }
}
