// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A connected guest's receive side: what can be lent. Valid until the switch reports {@link
 * SwitchListener#guestDown} for the port; afterwards its methods answer, but lend nothing.
 */
public interface GuestPort {
  /** The port's name. */
  String name();

  /** Queue pairs whose receive ring runs; 1 or more. */
  int queuePairs();

  /** Ring entries of one queue pair's receive virtqueue. */
  int ringSize(int queuePair);

  /**
   * Whether VIRTIO_F_IN_ORDER was negotiated; see {@link GuestReceiveRing#inOrder} for what that
   * means to whoever lends.
   */
  boolean inOrder();

  /** The name of the poll loop that owns the virtqueues; a queue to be mapped must be on it. */
  String pollLoop();

  /**
   * Whether frames that the guest sends travel through the switch in the guest's own buffers (true)
   * or in copies (false, the default). Lending saves a copy; the headers that were classified are a
   * private snapshot either way, and outputs send that snapshot, so a guest gains nothing by
   * rewriting a frame that is under way.
   *
   * @return whether the switch can and did
   */
  default CompletionStage<Boolean> lendTransmit(boolean lend) {
    return CompletableFuture.completedFuture(false);
  }
}
