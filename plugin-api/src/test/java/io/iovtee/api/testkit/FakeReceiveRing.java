// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api.testkit;

import io.iovtee.api.CopyReason;
import io.iovtee.api.GuestReceiveRing;
import io.iovtee.api.PostedBuffers;
import java.util.ArrayDeque;
import java.util.Arrays;

/**
 * A guest's receive virtqueue with the guest's memory behind it, without any ring in memory. A head
 * is in one place at a time; {@link #countOf} lets a test prove that none gets lost.
 */
public final class FakeReceiveRing implements GuestReceiveRing {
  /** Where a head can be. */
  public enum Place {
    /** With the guest: never posted, or published. */
    GUEST,
    /** Made available by the guest, not taken. */
    AVAILABLE,
    /** Taken and not given back. */
    TAKEN,
    /** Given back: waits for the copy path. */
    COPY_PATH
  }

  private final long memoryStart;
  private final byte[] memory;
  private final Place[] place;
  private final long[] address;
  private final int[] length;
  private final byte[] reason;
  private final int[] availableHeads;
  private int availableFirst;
  private int availableCount;
  private final ArrayDeque<Integer> copyPath = new ArrayDeque<>();
  private final boolean inOrder;
  private boolean broken;
  private long heldUpBy = -1;

  /** With completion in any order. */
  public FakeReceiveRing(int size, long memoryStart, int memoryLength) {
    this(size, memoryStart, memoryLength, false);
  }

  public FakeReceiveRing(int size, long memoryStart, int memoryLength, boolean inOrder) {
    this.inOrder = inOrder;
    this.memoryStart = memoryStart;
    memory = new byte[memoryLength];
    place = new Place[size];
    Arrays.fill(place, Place.GUEST);
    address = new long[size];
    length = new int[size];
    reason = new byte[size];
    availableHeads = new int[size];
  }

  // ---- the guest's side ----------------------------------------------------------------------

  /** The guest makes a buffer available. */
  public synchronized void post(int head, long bufferAddress, int bufferLength) {
    post(head, bufferAddress, bufferLength, CopyReason.NONE);
  }

  /** The guest makes a chain available that the ring finds unfit. */
  public synchronized void post(int head, long bufferAddress, int bufferLength, CopyReason unfit) {
    if (place[head] != Place.GUEST) {
      throw new IllegalStateException("head is not the guest's: head=" + head);
    }
    place[head] = Place.AVAILABLE;
    address[head] = bufferAddress;
    length[head] = bufferLength;
    reason[head] = (byte) unfit.ordinal();
    availableHeads[(availableFirst + availableCount++) % place.length] = head;
  }

  /** The guest posts every head that it owns, each at its own place in memory. */
  public synchronized void postAll(int bufferLength, int stride) {
    for (int head = 0; head < place.length; head++) {
      if (place[head] == Place.GUEST) {
        post(head, memoryStart + (long) head * stride, bufferLength);
      }
    }
  }

  public synchronized byte byteAt(long at) {
    return memory[(int) (at - memoryStart)];
  }

  // ---- the device's side ---------------------------------------------------------------------

  /** What a NIC does: writes a frame. */
  synchronized void write(long at, int frameLength, byte value) {
    int from = (int) (at - memoryStart);
    Arrays.fill(memory, from, from + frameLength, value);
  }

  /** What the switch does with a frame for this guest: the guest gets the buffer. */
  synchronized void publish(int head) {
    require(head, Place.TAKEN);
    place[head] = Place.GUEST;
  }

  /** The copy path delivers one frame; false when no buffer is posted. */
  public synchronized boolean copyIn() {
    Integer head = copyPath.poll();
    if (head == null) {
      if (availableCount == 0) {
        return false;
      }
      head = takeNext();
    }
    place[head] = Place.GUEST;
    return true;
  }

  public synchronized int countOf(Place wanted) {
    int count = 0;
    for (Place one : place) {
      if (one == wanted) {
        count++;
      }
    }
    return count;
  }

  public synchronized Place placeOf(int head) {
    return place[head];
  }

  /** The guest breaks a ring rule. */
  public synchronized void breakRing() {
    broken = true;
  }

  /** What {@link #heldUpBy} answers from now on. */
  public synchronized void holdUp(long completion) {
    heldUpBy = completion;
  }

  @Override
  public boolean inOrder() {
    return inOrder;
  }

  @Override
  public synchronized long heldUpBy() {
    return heldUpBy;
  }

  @Override
  public int size() {
    return place.length;
  }

  @Override
  public synchronized int available() {
    return availableCount;
  }

  @Override
  public synchronized int take(PostedBuffers out, int max) {
    out.count = 0;
    int n = broken ? 0 : Math.min(Math.min(max, availableCount), PostedBuffers.CAPACITY);
    for (int i = 0; i < n; i++) {
      int head = takeNext();
      place[head] = Place.TAKEN;
      out.head[i] = head;
      out.address[i] = reason[head] == 0 ? address[head] : 0;
      out.length[i] = length[head];
      out.reason[i] = reason[head];
    }
    out.count = n;
    return n;
  }

  private int takeNext() {
    int head = availableHeads[availableFirst];
    availableFirst = (availableFirst + 1) % place.length;
    availableCount--;
    return head;
  }

  @Override
  public synchronized void giveBack(int head) {
    require(head, Place.TAKEN);
    place[head] = Place.COPY_PATH;
    copyPath.add(head);
  }

  @Override
  public synchronized void clear(long at, int clearLength) {
    write(at, clearLength, (byte) 0);
  }

  @Override
  public synchronized boolean isBroken() {
    return broken;
  }

  private void require(int head, Place expected) {
    if (place[head] != expected) {
      throw new IllegalStateException(
          "head=" + head + " is " + place[head] + ", expected " + expected);
    }
  }
}
