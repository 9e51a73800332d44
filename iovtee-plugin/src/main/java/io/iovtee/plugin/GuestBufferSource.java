// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.api.BufferList;
import io.iovtee.api.CopyReason;
import io.iovtee.api.DmaConstraints;
import io.iovtee.api.GuestReceiveRing;
import io.iovtee.api.PostedBuffers;
import io.iovtee.api.RxBufferSource;
import io.iovtee.verticles.iovtee.Isolation;

/**
 * Fills a NIC receive queue with the buffers that a guest posted on its virtqueue: virtual DMA
 * write-through. The frame lands behind room for the virtio-net header, so publishing it is a
 * header and a used-ring entry.
 *
 * <p>Poll thread only; nothing here allocates after construction. Heads lie in one of four places:
 * in the ring, with the queue, held here for lending again (given back with or without a foreign
 * frame), or with the copy path. With completion in order none is held: lent again it would take a
 * later frame to an earlier place.
 *
 * <p>A source outlives a pause of its mapping: buffers that the NIC still holds are given back to
 * it.
 */
final class GuestBufferSource implements RxBufferSource {
  private static final int NO_POSTED_BUFFER = CopyReason.NO_POSTED_BUFFER.ordinal();

  private final String name;
  private final GuestReceiveRing ring;
  private final DmaConstraints constraints;
  private final Isolation isolation;
  private final int reserve;
  private final EligibilityCheck eligibility;
  private final SourceCounters counters = new SourceCounters();
  private final PostedBuffers posted = new PostedBuffers();

  /** Where the frame of a lent head lands, by head. */
  private final long[] frameAddress;

  /** Heads given back, to be lent again before any other: the last one back is warm. */
  private final int[] held;

  private int heldCount;

  /** Why the heads that were looked at last could not be lent. */
  private int refusal = NO_POSTED_BUFFER;

  private boolean stopped;
  private boolean halted;

  /**
   * @param name for people: {@code guest:nf1/0}
   * @param reserve posted buffers that stay in the ring for frames which come another way; without
   *     them a fast NIC queue would starve the copy path
   */
  GuestBufferSource(
      String name,
      GuestReceiveRing ring,
      DmaConstraints constraints,
      Isolation isolation,
      int reserve) {
    this.name = name;
    this.ring = ring;
    this.constraints = constraints;
    this.isolation = isolation;
    this.reserve = reserve;
    eligibility = new EligibilityCheck(constraints);
    frameAddress = new long[ring.size()];
    held = new int[ring.size()];
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int lend(BufferList out, int max) {
    if (halted) {
      return 0;
    }
    stopped = false;
    int before = out.count;
    int room = Math.min(max, BufferList.CAPACITY - before);
    if (heldCount > 0 && room > 0) {
      room -= lendHeld(out, room);
    }
    if (room > 0) {
      int wanted = Math.min(room, ring.available() - reserve);
      if (wanted > 0) {
        lendPosted(out, wanted);
      }
    }
    int added = out.count - before;
    if (added > 0) {
      counters.addLent(added);
      refusal = NO_POSTED_BUFFER;
    }
    return added;
  }

  private int lendHeld(BufferList out, int room) {
    int n = Math.min(heldCount, room);
    for (int i = 0; i < n; i++) {
      int head = held[--heldCount];
      out.add(frameAddress[head], head);
    }
    counters.addRelent(n);
    return n;
  }

  private void lendPosted(BufferList out, int wanted) {
    PostedBuffers taken = posted;
    int n = ring.take(taken, wanted);
    int first = eligibility.eligibleFirst(taken);
    lendFirst(out, taken, first);
    for (int i = first; i < n; i++) {
      int head = taken.head[i];
      int reason = eligibility.admit(taken.address[i], taken.length[i], taken.reason[i]);
      if (reason == EligibilityCheck.ELIGIBLE) {
        lendOne(out, head, taken.address[i]);
      } else {
        counters.addIneligible(reason);
        refusal = reason;
        ring.giveBack(head);
      }
    }
  }

  /** {@link #lendOne} for the first of them. */
  private void lendFirst(BufferList out, PostedBuffers taken, int count) {
    int to = out.count;
    for (int i = 0; i < count; i++) {
      long frame = taken.address[i] + GuestReceiveRing.HEADER_LENGTH;
      int head = taken.head[i];
      frameAddress[head] = frame;
      out.address[to + i] = frame;
      out.token[to + i] = head;
    }
    out.count = to + count;
  }

  private void lendOne(BufferList out, int head, long address) {
    long frame = address + GuestReceiveRing.HEADER_LENGTH;
    frameAddress[head] = frame;
    out.add(frame, head);
  }

  @Override
  public int refusal() {
    return halted ? CopyReason.TRANSITION.ordinal() : refusal;
  }

  @Override
  public void giveBack(int token, int writtenLength) {
    counters.addGivenBack();
    if (writtenLength > 0) {
      onForeignFrame(token, writtenLength);
    }
    if (stopped || halted || ring.inOrder()) {
      handToRing(token);
    } else {
      held[heldCount++] = token;
    }
  }

  @Override
  public void refused(int token) {
    counters.addIneligible(CopyReason.OVERLAP.ordinal());
    handToRing(token);
  }

  private void onForeignFrame(int head, int writtenLength) {
    counters.addForeign();
    if (isolation != Isolation.TRUSTED) {
      // At once, not before the next lending: the bytes are in the guest's memory already.
      int length = Math.min(writtenLength, constraints.frameLengthMax());
      ring.clear(frameAddress[head], length);
      counters.addScrubbed(length);
    }
    if (isolation == Isolation.STRICT || ring.inOrder()) {
      halted = true;
      counters.setHalted(true);
      handHeldToRing();
    }
  }

  @Override
  public void stopped() {
    stopped = true;
    handHeldToRing();
  }

  private void handHeldToRing() {
    while (heldCount > 0) {
      handToRing(held[--heldCount]);
    }
  }

  private void handToRing(int head) {
    ring.giveBack(head);
  }

  /**
   * Whether the guest uses its buffers in order: then each foreign frame gives it one back empty,
   * and so the first one ends the lending. Any thread.
   */
  boolean isInOrder() {
    return ring.inOrder();
  }

  /** As {@link GuestReceiveRing#heldUpBy}. Any thread. */
  long heldUpBy() {
    return ring.heldUpBy();
  }

  /** Entries of the ring. Any thread. */
  int ringSize() {
    return ring.size();
  }

  /** Whether this source serves that ring under these constraints, so that it can be resumed. */
  boolean serves(GuestReceiveRing otherRing, DmaConstraints otherConstraints) {
    return ring.equals(otherRing) && constraints.equals(otherConstraints);
  }

  /** After the operator has looked at a foreign frame: lending may start again. Poll thread. */
  void resume() {
    halted = false;
    counters.setHalted(false);
  }

  /** Lends nothing until {@link #resume}. Poll thread. */
  void halt() {
    halted = true;
    handHeldToRing();
  }

  SourceCounters counters() {
    return counters;
  }
}
