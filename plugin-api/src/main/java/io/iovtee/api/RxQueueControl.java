// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Control of one NIC receive queue, from any thread but a poll thread. A change is carried out by
 * the poll loop that owns the queue; the stage completes once the loop works by it.
 */
public interface RxQueueControl {
  /** The NIC port's name. */
  String port();

  /** The queue's index, from 0. */
  int queue();

  /** The name of the poll loop that owns the queue. */
  String pollLoop();

  /** Where frames can land now. */
  DmaConstraints constraints();

  /** The guest whose memory the queue can write to now. */
  Optional<String> attachedGuest();

  /**
   * Brings a guest's memory into the queue's reach: for AF_XDP a re-bind of the queue (31–50 ms in
   * which the queue's frames are lost), for the emulated NIC a change of its DMA window. Frames
   * still land in the switch's own buffers until {@link #lendFrom}.
   */
  CompletionStage<Void> attach(GuestPort guest);

  /**
   * Ends lending if there is any, takes every guest buffer out of the queue and the guest's memory
   * out of its reach. When the stage completes the NIC can no longer write there. Called on the
   * switch's control thread, by a listener, it is done when this returns.
   */
  CompletionStage<Void> detach();

  /**
   * Makes the queue fill itself from a guest's ring: write-through starts, without a gap. The guest
   * must be attached. The factory runs on the poll thread.
   */
  CompletionStage<Void> lendFrom(GuestPort guest, int queuePair, SourceFactory factory);

  /**
   * Back to the switch's own buffers, without a gap: buffers already lent stay with the NIC until
   * frames fill them, and are still published in place.
   */
  CompletionStage<Void> stopLending();

  /** Buffers of the guest that are with the NIC now; 0 after a drained {@link #stopLending}. */
  int outstandingGuestBuffers();

  /** Whether the NIC is no longer there: nothing comes in by its queues any more. */
  default boolean isGone() {
    return false;
  }

  /** Whether the queue refills itself from a guest now. */
  boolean isLending();

  /**
   * Steers a flow into this queue in the NIC's own table and reads it back.
   *
   * @param match OVS text of an exact match: {@code dl_dst=02:00:00:00:00:11}
   * @return whether the NIC can and did; false leaves the NIC as it was. A NIC that can say why it
   *     refused fails the stage, with the reason in the message, and is as it was, too
   */
  CompletionStage<Boolean> steer(String match);

  /** Removes a steering entry; false when there is none. */
  CompletionStage<Boolean> unsteer(String match);

  /**
   * Lets only frames of a flow into this queue, checked before they are written, and reads that
   * back; what else arrives in this queue is lost to the switch. Then {@link #filtering} tells of
   * it.
   *
   * @param match OVS text of a match: {@code ip,dl_dst=02:00:00:00:00:11,nw_dst=10.0.0.0/24}
   * @return whether the queue can and does; false leaves it as it was. A queue that can say why it
   *     refused fails the stage, with the reason in the message, and is as it was, too
   */
  default CompletionStage<Boolean> filter(String match) {
    return CompletableFuture.completedFuture(false);
  }

  /** Removes a filter, with the last one every frame is let in again; false when there is none. */
  default CompletionStage<Boolean> unfilter(String match) {
    return CompletableFuture.completedFuture(false);
  }

  /**
   * What keeps other guests' frames out of this queue before they are written, when something does:
   * {@code xdp-program dl_dst=02:00:00:00:00:11 arp}. First a word that says what keeps them out,
   * then each match that it lets in as OVS text without spaces. Strict isolation takes it for a
   * proof, so a queue names it only after it read it back.
   */
  default Optional<String> filtering() {
    return Optional.empty();
  }

  /**
   * Whether frames always come in the buffers in the order in which these were posted. A guest that
   * negotiated VIRTIO_F_IN_ORDER can lend to such a queue only.
   */
  default boolean fillsInOrder() {
    return false;
  }

  /** Builds the source on the poll thread, or hands out one that was stopped before. */
  @FunctionalInterface
  interface SourceFactory {
    RxBufferSource create(GuestReceiveRing ring, DmaConstraints constraints);
  }
}
