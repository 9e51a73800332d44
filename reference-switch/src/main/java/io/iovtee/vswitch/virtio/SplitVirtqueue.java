// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

/**
 * The device side of a split virtqueue (virtio 1.2, 2.7): what receive and transmit have in common.
 *
 * <p>All methods but the counters belong to the poll thread that owns the virtqueue.
 */
public abstract sealed class SplitVirtqueue permits ReceiveVirtqueue, TransmitVirtqueue {

  SplitVirtqueue(VirtqueueSetup setup) {
    throw new UnsupportedOperationException("not yet: " + setup);
  }

  /** Port and queue, for messages. */
  public final String name() {
    throw new UnsupportedOperationException("not yet");
  }

  /** Ring entries. */
  public final int size() {
    throw new UnsupportedOperationException("not yet");
  }

  /** Whether completions keep the order of the available ring (IN_ORDER was negotiated). */
  public final boolean inOrder() {
    throw new UnsupportedOperationException("not yet");
  }

  /** Loads the available index; heads that nobody has taken, 0..size. */
  public final int available() {
    throw new UnsupportedOperationException("not yet");
  }

  /** Writes the used element of a taken head; visible to the driver only after publish. */
  public final void complete(int head, int writtenLength) {
    throw new UnsupportedOperationException("not yet");
  }

  /** As complete, for heads[from..to). */
  public final void completeBatch(int[] heads, int[] lengths, int from, int to) {
    throw new UnsupportedOperationException("not yet");
  }

  /** Makes all completions visible with one release store. Returns how many there were. */
  public final int publish() {
    throw new UnsupportedOperationException("not yet");
  }

  /** After publish: whether the driver wants a call for what was published since the last time. */
  public final boolean needsCall() {
    throw new UnsupportedOperationException("not yet");
  }

  /** Asks the driver not to kick (true), or to kick again (false; see armKicks). */
  public final void suppressKicks(boolean suppress) {
    throw new UnsupportedOperationException("not yet");
  }

  /**
   * Asks the driver to kick for the next buffer and looks again.
   *
   * @return true if buffers are available already: then do not sleep, no kick need come
   */
  public final boolean armKicks() {
    throw new UnsupportedOperationException("not yet");
  }

  /** Heads taken and not completed. */
  public final int outstanding() {
    throw new UnsupportedOperationException("not yet");
  }

  /** Lists the heads taken and not completed; returns their count. {@code out} holds size. */
  public final int drainOutstanding(int[] out) {
    throw new UnsupportedOperationException("not yet");
  }

  /**
   * Ends the virtqueue, and gives the driver all its buffers back. Afterwards nothing can be taken.
   *
   * @return what GET_VRING_BASE answers, 0..65535
   */
  public final int baseForStop() {
    throw new UnsupportedOperationException("not yet");
  }

  /** True once the guest broke a ring rule. Any thread. */
  public final boolean isBroken() {
    throw new UnsupportedOperationException("not yet");
  }

  /** What the guest did; NONE while the virtqueue works. Any thread. */
  public final RingFault fault() {
    throw new UnsupportedOperationException("not yet");
  }

  /** The fault with its values and the next step, for the log. Any thread; allocates. */
  public final String faultMessage() {
    throw new UnsupportedOperationException("not yet");
  }

  /** Heads taken since set-up. Any thread. */
  public final long taken() {
    throw new UnsupportedOperationException("not yet");
  }

  /** Heads completed since set-up, refused ones included. Any thread. */
  public final long completed() {
    throw new UnsupportedOperationException("not yet");
  }

  /** Chains refused for a reason since set-up. Any thread. */
  public final long refused(ChainFault reason) {
    throw new UnsupportedOperationException("not yet");
  }
}
