// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.api.Arrival;
import io.iovtee.api.BufferList;
import io.iovtee.api.DmaConstraints;
import io.iovtee.vswitch.linux.EventFd;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.memory.GuestMemory;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One receive queue of a NIC: buffers in, frames out. The queue keeps the buffers that it was given
 * in a first-in-first-out record (address, token, owner, reason) and adds each received frame to
 * the batch with what it was posted with.
 *
 * <p>Poll-thread methods: {@link #poll}, {@link #freeSlots}, {@link #post}, {@link #recall}, {@link
 * #outstanding}, {@link #wakeFd}, {@link #nextOwner}. The others are called on the control thread
 * while the owning loop is parked off the queue (the loop does not touch it between detach and
 * re-adding).
 */
public interface NicRxQueue extends FrameInput, AutoCloseable {
  /** Buffers that can be posted now. */
  int freeSlots();

  /**
   * Posts all buffers of the list to the NIC. Each address is checked against the window, and
   * against the outstanding ones where the NIC needs that (AF_XDP does, the emulated one does not);
   * a refused buffer is put back at the list's front and the rest is posted.
   *
   * <p>Host chunks (owner {@link FrameBatch#HOST_POOL}) are given, and come back with frames, by
   * their address in the pool's own mapping, whatever window the queue has; guest buffers by their
   * address in the attached guest's window.
   *
   * @param owner owner id of all these buffers
   * @param copyReason ordinal of the {@link io.iovtee.api.CopyReason} to note with frames in them
   * @return how many were posted; the refused ones are {@code list[0 .. list.count)}
   */
  int post(BufferList list, int owner, byte copyReason);

  /**
   * A descriptor that becomes readable with the next frame, once the queue was found empty; null
   * when there is none, and frames are found only by polling.
   */
  default @Nullable Fd wakeFd() {
    return null;
  }

  /** Buffers of this owner that are with the NIC. */
  int outstanding(int owner);

  /**
   * Takes unfilled buffers back from the NIC, where the NIC can (the emulated one; an AF_XDP socket
   * can not: it answers -1 and needs {@link #rebind}). Adds them to the list until it is full.
   *
   * @param owner whose buffers
   * @return buffers taken back in this step, or -1 if this NIC can not
   */
  int recall(int owner, BufferList out);

  /**
   * Owner of the buffer that the next frame will lie in; -1 if the NIC has none. Frames that the
   * driver has not seen yet come before it as far as the NIC tells. For traces; poll thread.
   */
  int nextOwner();

  /** What that buffer was posted with, see {@link #post}; meaningless if there is none. */
  byte nextCopyReason();

  /**
   * Whether this queue would get a frame: steering, filters, lengths; for traces. Control thread.
   */
  Admission admission(byte[] frame);

  /**
   * Whether a queue gets a frame.
   *
   * @param detail what decides, for people; empty if there is nothing to say
   */
  record Admission(Arrival.Entry entry, String detail) {
    /** Whether the switch may see the frame. */
    public boolean enters() {
      return entry == Arrival.Entry.ENTERS || entry == Arrival.Entry.MAY_ENTER;
    }
  }

  /** Where frames can land now. */
  DmaConstraints constraints();

  /** What becomes of a frame that comes while the loop sleeps. */
  enum Wake {
    /** It wakes the loop. */
    ANNOUNCED,
    /** Perhaps nothing: the loop has to look now and then. */
    UNANNOUNCED,
    /** There is one already. */
    WAITING
  }

  /** Counts when frames come after {@link #armInterrupt}; null if the queue has no such thing. */
  default @Nullable EventFd interrupt() {
    return null;
  }

  /** Asks for the interrupt, then looks once more. Poll thread. */
  default Wake armInterrupt() {
    return Wake.UNANNOUNCED;
  }

  /** The loop polls again. Poll thread. */
  default void disarmInterrupt() {}

  /**
   * Does beforehand what a {@link #rebind} to this memory takes time for, while the queue works on.
   * Control thread.
   */
  default void prepareRebind(@Nullable GuestMemory guest) {}

  /**
   * Makes the window the given guest's (which includes the host pool), or only the host pool for
   * null. All buffers that were with the NIC are forgotten: {@code recovered} is told each (owner
   * and token) so that nothing is lost. Control thread, loop parked off the queue. Blocks up to a
   * second. When it returns the NIC can no longer write to the previous window; where the interface
   * is gone, null succeeds and the queue serves nothing.
   */
  void rebind(@Nullable GuestMemory guest, Recovered recovered);

  /** Told of each buffer that the NIC gave up unfilled. */
  @FunctionalInterface
  interface Recovered {
    void buffer(int owner, int token);
  }

  /**
   * Steers an exact-match flow into this queue; false if this NIC can not.
   *
   * @param match OVS text
   */
  boolean steer(String match);

  /** Removes a steering entry. */
  boolean unsteer(String match);

  /**
   * Lets only frames that match into this queue, checked before any byte of them is written to its
   * buffers; several filters let in what any of them matches. False if this NIC can not.
   *
   * @param match OVS text: {@code ip,dl_dst=02:00:00:00:00:11,nw_dst=10.0.0.0/24}
   * @throws RuntimeException if the queue filters in general but can not by this match; its message
   *     says why, and the queue is as before
   */
  default boolean filter(String match) {
    return false;
  }

  /** Removes a filter; with the last one every frame is let in again. */
  default boolean unfilter(String match) {
    return false;
  }

  /**
   * What keeps other frames out of this queue before they are written, read back from whoever does
   * it: {@code xdp-program dl_dst=02:00:00:00:00:11}; null when nothing does.
   */
  default @Nullable String filtering() {
    return null;
  }

  /** Whether frames always come in the buffers in the order in which these were posted. */
  default boolean fillsInOrder() {
    return false;
  }

  /** The NIC's own counters by the NIC's names, for people and for the sum check. Any thread. */
  Map<String, Long> counters();

  /**
   * Nanoseconds that the poll thread spent emulating hardware in the last poll; 0 for real NICs.
   */
  default long emulationNs() {
    return 0;
  }

  @Override
  void close();

  /**
   * Tells of every buffer that was with the NIC when the queue was closed, once; a queue that
   * cannot tell does nothing. Control thread.
   */
  default void recoverAfterClose(Recovered recovered) {}
}
