// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import io.iovtee.api.BufferList;
import io.iovtee.vswitch.datapath.FrameBatch;
import io.iovtee.vswitch.datapath.NicRxQueue.Recovered;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.nic.parts.Counters;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * The descriptor ring between driver and DMA engine. Three free-running counts cut it up: {@code
 * polled} ≤ {@code filled} ≤ {@code posted} ≤ {@code polled + size}. The driver side (poll thread)
 * writes posted and polled, the engine side writes filled; a count is published with release order
 * after the descriptors it covers. The driver sees what a step of the engine filled when the step
 * is over.
 *
 * <p>Whatever moves descriptors that are posted but not filled (recall, rebind) runs while the
 * caller holds the engine's lock.
 */
final class RxRing {
  /** Counters of the driver side. */
  static final int PACKETS = 0;

  static final int BYTES = 1;
  static final int WINDOW_VIOLATIONS = 2;
  static final int DROPPED_BY_REBIND = 3;

  /** Counters of the engine side. */
  static final int MISSED = 0;

  static final int TOO_LONG = 1;
  static final int DMA_FAULTS = 2;
  static final int FILTERED = 3;

  private static final VarHandle COUNT =
      MethodHandles.arrayElementVarHandle(long[].class).withInvokeExactBehavior();

  /** Places of the published counts: a cache line and its prefetched neighbour for each. */
  private static final int POSTED = 16;

  private static final int FILLED = 32;

  /** Length of a completion without a frame: the DMA engine refused or failed to write. */
  private static final int FAULT = 0;

  final int queue;
  final int frameLengthMax;
  final Counters driverCounters = new Counters(4);
  final Counters engineCounters = new Counters(4);

  private final int size;
  private final int mask;
  private final long[] address;
  private final int[] token;
  private final int[] owner;
  private final byte[] copyReason;
  private final int[] length;
  private final long[] counts = new long[48];

  private volatile DmaWindow window;

  /** Set by the engine, taken by the poll thread. */
  private volatile @Nullable InternalError fault;

  // Driver side.
  private long posted;
  private long polled;
  private final OwnerCounts owners = new OwnerCounts();

  // Engine side: the driver knows of the first {@code published} that are filled.
  private long filled;
  private long published;
  private boolean open = true;
  private boolean linkedOnce;

  RxRing(int queue, int size, int frameLengthMax, DmaWindow window) {
    this.queue = queue;
    this.size = size;
    this.frameLengthMax = frameLengthMax;
    this.window = window;
    mask = size - 1;
    address = new long[size];
    token = new int[size];
    owner = new int[size];
    copyReason = new byte[size];
    length = new int[size];
  }

  /** Descriptors. */
  int size() {
    return size;
  }

  DmaWindow window() {
    return window;
  }

  // ---- driver side ----

  int freeSlots() {
    return size - (int) (posted - polled);
  }

  /** Owner of the buffer that the engine fills next; -1 if none is posted. */
  int nextOwner() {
    long next = (long) COUNT.getAcquire(counts, FILLED);
    return next == posted ? -1 : owner[(int) next & mask];
  }

  /** What that buffer was posted with. */
  byte nextCopyReason() {
    return copyReason[(int) (long) COUNT.getAcquire(counts, FILLED) & mask];
  }

  int outstanding(int ownerId) {
    return owners.get(ownerId);
  }

  int post(BufferList list, int ownerId, byte reason) {
    int done = admit(list);
    int slot = (int) posted & mask;
    int first = Math.min(done, size - slot);
    postRun(list, 0, slot, first, ownerId, reason);
    if (first < done) {
      postRun(list, first, 0, done - first, ownerId, reason);
    }
    keepRefused(list, done);
    owners.add(ownerId, done);
    posted += done;
    COUNT.setRelease(counts, POSTED, posted);
    return done;
  }

  /**
   * Moves the buffers that can be posted to the list's front, as many as there is room for. Like
   * real hardware the emulated NIC does not mind two buffers that overlap: a guest that posts such
   * loses its own frames.
   *
   * @return how many
   */
  private int admit(BufferList list) {
    DmaWindow dma = window;
    int room = Math.min(list.count, freeSlots());
    int fit = 0;
    while (fit < room && dma.contains(list.address[fit], frameLengthMax)) {
      fit++;
    }
    return fit == room ? fit : admitSome(list, fit, room);
  }

  /** The rest of a list in which a buffer was refused: sorts good ones before refused ones. */
  private int admitSome(BufferList list, int from, int room) {
    DmaWindow dma = window;
    int fit = from;
    for (int i = from; i < list.count; i++) {
      long frame = list.address[i];
      if (!dma.contains(frame, frameLengthMax)) {
        driverCounters.add(WINDOW_VIOLATIONS, 1);
      } else if (fit < room) {
        int token = list.token[i];
        list.address[i] = list.address[fit];
        list.token[i] = list.token[fit];
        list.address[fit] = frame;
        list.token[fit] = token;
        fit++;
      }
    }
    return fit;
  }

  private void postRun(BufferList list, int from, int slot, int count, int ownerId, byte reason) {
    System.arraycopy(list.address, from, address, slot, count);
    System.arraycopy(list.token, from, token, slot, count);
    Arrays.fill(owner, slot, slot + count, ownerId);
    Arrays.fill(copyReason, slot, slot + count, reason);
  }

  /** What was not posted is the list's new content. */
  private static void keepRefused(BufferList list, int done) {
    int kept = list.count - done;
    if (kept > 0) {
      System.arraycopy(list.address, done, list.address, 0, kept);
      System.arraycopy(list.token, done, list.token, 0, kept);
    }
    list.count = kept;
  }

  /** Whether completed descriptors wait for {@link #drain}. */
  boolean isReady() {
    return (long) COUNT.getAcquire(counts, FILLED) != polled;
  }

  /**
   * Moves completed descriptors to the batch.
   *
   * @throws InternalError when the engine found that memory under a posted buffer is gone: on this
   *     thread, so that whoever lent the buffer is blamed
   */
  int drain(FrameBatch batch) {
    long ready = (long) COUNT.getAcquire(counts, FILLED) - polled;
    // Looked at after the count: the fault comes before the descriptors that it concerns.
    InternalError pending = fault;
    if (pending != null) {
      fault = null;
      throw pending;
    }
    int n = (int) Math.min(ready, FrameBatch.CAPACITY - batch.count);
    if (n <= 0) {
      return 0;
    }
    int from = batch.count;
    int bytesBefore = batch.bytes();
    int slot = (int) polled & mask;
    int first = Math.min(n, size - slot);
    batch.addAll(address, length, token, owner, copyReason, slot, first);
    if (first < n) {
      batch.addAll(address, length, token, owner, copyReason, 0, n - first);
    }
    polled += n;
    account(batch, from, from + n, bytesBefore);
    return n;
  }

  /** Counts what was drained. */
  private void account(FrameBatch batch, int from, int to, int bytesBefore) {
    int faults = 0;
    if (batch.shortest() == FAULT) {
      for (int i = from; i < to; i++) {
        faults += batch.length[i] == FAULT ? 1 : 0;
      }
    }
    for (int i = from; i < to; ) {
      int end = batch.ownerEnd(i, to);
      owners.add(batch.owner[i], i - end);
      i = end;
    }
    driverCounters.add(PACKETS, to - from - faults);
    driverCounters.add(BYTES, batch.bytes() - bytesBefore);
  }

  /** Takes back unfilled buffers of one owner, oldest first. The caller holds the engine. */
  int recall(int ownerId, BufferList out) {
    int taken = 0;
    long write = filled;
    for (long read = filled; read < posted; read++) {
      int from = (int) read & mask;
      if (owner[from] == ownerId && out.count < BufferList.CAPACITY) {
        out.add(address[from], token[from]);
        taken++;
      } else {
        int to = (int) write & mask;
        address[to] = address[from];
        token[to] = token[from];
        owner[to] = owner[from];
        copyReason[to] = copyReason[from];
        write++;
      }
    }
    owners.add(ownerId, -taken);
    posted = write;
    COUNT.setRelease(counts, POSTED, posted);
    return taken;
  }

  /**
   * Gives up all descriptors and takes the new window. The caller holds the engine, and the poll
   * loop is off the queue.
   *
   * @param kept gets frames that were filled but not polled, or null: then they are lost and
   *     counted
   */
  void rebind(DmaWindow newWindow, @Nullable Deque<byte[]> kept, Recovered recovered) {
    giveUp(kept, recovered);
    useWindow(newWindow);
  }

  /** Tells of all buffers with the NIC and forgets them; as {@link #rebind}. */
  void giveUp(@Nullable Deque<byte[]> kept, Recovered recovered) {
    for (long i = polled; i < posted; i++) {
      int slot = (int) i & mask;
      if (i < filled && length[slot] != FAULT) {
        byte[] frame = kept == null ? null : copyOf(slot);
        if (kept != null && frame != null) {
          kept.add(frame);
        } else {
          driverCounters.add(DROPPED_BY_REBIND, 1);
        }
      }
      recovered.buffer(owner[slot], token[slot]);
    }
    polled = posted;
    filled = posted;
    publish();
    owners.clear();
    // The next user of the queue is not to blame for it.
    fault = null;
  }

  /** Null when the page is gone. */
  private byte @Nullable [] copyOf(int slot) {
    byte[] frame = new byte[length[slot]];
    try {
      AddressSpace.copyToArrayGuarded(address[slot], frame, 0, frame.length);
      return frame;
    } catch (InternalError e) {
      return null;
    }
  }

  /** Where the driver and the engine may work from now on. */
  void useWindow(DmaWindow newWindow) {
    window = newWindow;
  }

  // ---- engine side ----

  /** Descriptors that can take a frame now. */
  int unfilled() {
    if (!open) {
      return 0;
    }
    int n = (int) ((long) COUNT.getAcquire(counts, POSTED) - filled);
    linkedOnce |= n > 0;
    return n;
  }

  /** Whether a descriptor was ever seen: a sender waits for the link. */
  boolean linkedOnce() {
    return linkedOnce;
  }

  /** Where the {@code ahead}-th unfilled descriptor wants its frame. */
  long unfilledAddress(int ahead) {
    return address[(int) (filled + ahead) & mask];
  }

  /** Notes the frame's length in the {@code ahead}-th unfilled descriptor; see {@link #commit}. */
  void complete(int ahead, int frameLength) {
    length[(int) (filled + ahead) & mask] = frameLength;
  }

  /** {@link #complete} for the next {@code n} unfilled descriptors. */
  void completeAll(int n, int frameLength) {
    int slot = (int) filled & mask;
    int first = Math.min(n, size - slot);
    Arrays.fill(length, slot, slot + first, frameLength);
    if (first < n) {
      Arrays.fill(length, 0, n - first, frameLength);
    }
  }

  /** Completes a descriptor without a frame: the buffer goes back to its owner by the drop path. */
  void fault(int ahead) {
    complete(ahead, FAULT);
    engineCounters.add(DMA_FAULTS, 1);
  }

  /** Whether the memory of a buffer filled in this step, or of the next {@code max}, is gone. */
  boolean hasUnwritable(int max) {
    long end = filled + Math.min(unfilled(), max);
    for (long i = published; i < end; i++) {
      if (!AddressSpace.isReadable(address[(int) i & mask], frameLengthMax)) {
        return true;
      }
    }
    return false;
  }

  /** Gives up what was filled in this step: the frames went where the memory went. */
  void rewind() {
    filled = published;
  }

  /**
   * Completes the next {@code max} descriptors without a frame.
   *
   * @param cause what the poll thread shall see, or null
   * @return how many
   */
  int failBurst(int max, @Nullable InternalError cause) {
    int n = Math.min(unfilled(), max);
    for (int i = 0; i < n; i++) {
      fault(i);
    }
    commit(n);
    if (cause != null) {
      fault = cause;
    }
    return n;
  }

  /** Goes on to the descriptor behind {@code n} completed ones; see {@link #publish}. */
  void commit(int n) {
    filled += n;
  }

  /** Shows the driver what was committed; whether there was anything. */
  boolean publish() {
    if (published == filled) {
      return false;
    }
    published = filled;
    COUNT.setRelease(counts, FILLED, filled);
    return true;
  }

  /**
   * Writes one frame into the next descriptor and commits it.
   *
   * @return false when no descriptor is posted
   */
  boolean receive(byte[] frame, int offset, int frameLength) {
    if (unfilled() == 0) {
      return false;
    }
    if (frameLength > frameLengthMax) {
      engineCounters.add(TOO_LONG, 1);
      return true;
    }
    long target = unfilledAddress(0);
    if (window.contains(target, frameLength)) {
      AddressSpace.copyFromArray(frame, offset, target, frameLength);
      complete(0, frameLength);
    } else {
      fault(0);
    }
    commit(1);
    return true;
  }

  /** Frames that found no descriptor. */
  void missed(long frames) {
    engineCounters.add(MISSED, frames);
  }

  /** Frames that the queue's filters dropped. */
  void filtered(long frames) {
    engineCounters.add(FILTERED, frames);
  }

  /** The engine no longer looks at the ring. The caller holds the engine. */
  void close() {
    open = false;
  }
}
