// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

/**
 * The driver side of a split virtqueue (virtio 1.2, 2.7): what a network function runs. Works on
 * plain memory of its own; one thread.
 *
 * <p>Each buffer that is added carries a token of the caller's, which {@link #reap} hands back.
 */
public final class DriverVirtqueue {

  /**
   * Lays a virtqueue out in memory that is zeroed.
   *
   * @param hostAddress where the rings start in this process, 64-byte aligned; {@link #bytes} long
   * @param guestAddress what the device calls that address
   * @param features what was negotiated; EVENT_IDX, INDIRECT_DESC matter here
   */
  public DriverVirtqueue(long hostAddress, long guestAddress, int size, long features) {
    throw new UnsupportedOperationException("not yet");
  }

  /** Bytes that the rings of a virtqueue take, a multiple of 64. */
  public static long bytes(int size) {
    throw new UnsupportedOperationException("not yet");
  }

  public int size() {
    throw new UnsupportedOperationException("not yet");
  }

  /** What the device calls the descriptor table, for SET_VRING_ADDR. */
  public long descAddress() {
    throw new UnsupportedOperationException("not yet");
  }

  /** What the device calls the available ring. */
  public long availAddress() {
    throw new UnsupportedOperationException("not yet");
  }

  /** What the device calls the used ring. */
  public long usedAddress() {
    throw new UnsupportedOperationException("not yet");
  }

  /** Descriptors that can be added now. */
  public int freeDescriptors() {
    throw new UnsupportedOperationException("not yet");
  }

  /** Chains added and not reaped. */
  public int outstanding() {
    throw new UnsupportedOperationException("not yet");
  }

  /** Adds one buffer; false when no descriptor is free. Visible after {@link #publish}. */
  public boolean add(long guestAddress, int length, boolean deviceWritable, int token) {
    throw new UnsupportedOperationException("not yet");
  }

  /**
   * Adds a chain of buffers {@code [from..to)}, all readable or all writable by the device; false
   * when too few descriptors are free.
   */
  public boolean addChain(
      long[] guestAddresses, int[] lengths, int from, int to, boolean deviceWritable, int token) {
    throw new UnsupportedOperationException("not yet");
  }

  /**
   * As {@link #addChain}, through an indirect table in memory of the caller's that must stay until
   * the chain is reaped.
   */
  public boolean addIndirect(
      long tableHostAddress,
      long tableGuestAddress,
      long[] guestAddresses,
      int[] lengths,
      int from,
      int to,
      boolean deviceWritable,
      int token) {
    throw new UnsupportedOperationException("not yet");
  }

  /** Makes all added buffers visible with one release store; returns how many there were. */
  public int publish() {
    throw new UnsupportedOperationException("not yet");
  }

  /** After publish: whether the device wants a kick. */
  public boolean needsKick() {
    throw new UnsupportedOperationException("not yet");
  }

  /**
   * Takes used buffers back.
   *
   * @param tokens receives each buffer's token
   * @param lengths receives how many bytes the device says it wrote
   * @return how many
   * @throws IllegalStateException if the device used a buffer that it does not have
   */
  public int reap(int[] tokens, int[] lengths, int max) {
    throw new UnsupportedOperationException("not yet");
  }

  /** Asks the device not to call (true), or to call again (false; see armCalls). */
  public void suppressCalls(boolean suppress) {
    throw new UnsupportedOperationException("not yet");
  }

  /** Asks for a call at the next used buffer; true if there is one already. */
  public boolean armCalls() {
    throw new UnsupportedOperationException("not yet");
  }
}
