// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.api.Outcome;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.memory.ChunkStack;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Up to 128 frames on their way through one poll loop: parallel arrays, filled by an input, handled
 * by the pipeline, and released. No object per frame; owned by one thread.
 *
 * <p>Ownership: every frame lies in a buffer of one owner ({@link #owner}: {@link #HOST_POOL}, or a
 * lender's id). An output that keeps the buffer (a NIC's transmit ring, a publish in place) marks
 * the frame {@link #taken}; all others go back to their owner when the batch is released.
 */
public final class FrameBatch {
  /**
   * Frames per batch. What a duty cycle costs besides is shared by so many; twice as many were not
   * faster any more.
   */
  public static final int CAPACITY = 128;

  /** Bytes of each frame's private header snapshot; the longest header that is parsed. */
  public static final int HEADER_STRIDE = 128;

  /** First capture: Ethernet, one VLAN tag, IPv4 and TCP fit. */
  public static final int FIRST_CAPTURE = AddressSpace.LINE;

  /** An Ethernet header; anything shorter is no frame. */
  public static final int FRAME_LENGTH_MIN = 14;

  /** Owner id of the switch's own chunks. */
  public static final int HOST_POOL = 0;

  /** In place of a drop reason: another loop has the frame. */
  private static final byte UNDECIDED = -1;

  /** In place of a drop reason: another loop has the frame, and its answer will be counted. */
  private static final byte CLAIMED = -2;

  /** End of the bytes that the flow hash reads: the UDP or TCP ports of untagged IPv4. */
  private static final int FLOW_HASH_END = 38;

  // Little-endian views of an Ethernet and IPv4 header, for runEnd.
  private static final long IPV4_MASK = 0x00ff_ffff_0000_0000L;
  private static final long IPV4_PLAIN = 0x0045_0008_0000_0000L;
  private static final long WITHOUT_ID = 0xffff_ffff_0000_ffffL;
  private static final long WITHOUT_CHECKSUM = 0xffff_ffff_ffff_0000L;
  private static final long UP_TO_PORTS = 0x0000_ffff_ffff_ffffL;
  private static final int PROTOCOL = 23;
  private static final int UDP = 17;
  private static final long TCP_FLAGS = 0xffff_0000_0000_0000L;

  /** Bytes of a header that a run's frames are compared by. */
  private static final int COMPARED = 48;

  private static final long HASH_PRIME = 0x9E37_79B9_7F4A_7C15L;

  /** Process address of the frame's first byte. */
  public final long[] address = new long[CAPACITY];

  /** Frame length in bytes, without FCS. */
  public final int[] length = new int[CAPACITY];

  /** What the owner calls the buffer. */
  public final int[] token = new int[CAPACITY];

  /** Who owns the buffer. */
  public final int[] owner = new int[CAPACITY];

  /**
   * Ordinal of the {@link io.iovtee.api.CopyReason} why the frame lies in a host buffer although
   * its queue is mapped; 0 when the queue is not mapped or the frame lies in a guest's buffer.
   */
  public final byte[] copyReason = new byte[CAPACITY];

  /** Private header snapshots, {@link #HEADER_STRIDE} bytes per frame; see {@link #snapshot}. */
  public final byte[] headers = new byte[CAPACITY * HEADER_STRIDE];

  /** Valid bytes in the snapshot; 0: none was taken, the {@link #leader}'s stands for it. */
  private final int[] captured = new int[CAPACITY];

  /** The frame whose snapshot has this one's flow key: itself, or the first one of its run. */
  private final int[] leader = new int[CAPACITY];

  /** Ordinal of the frame's {@link io.iovtee.api.Outcome} so far. */
  public final byte[] outcome = new byte[CAPACITY];

  /** Ordinal of the {@link io.iovtee.api.DropReason}, meaningful while the outcome is DROPPED. */
  public final byte[] dropReason = new byte[CAPACITY];

  /** Whether an output keeps the buffer; set by {@link #take}. */
  public final boolean[] taken = new boolean[CAPACITY];

  /** How many are taken. */
  private int takenCount;

  private final FrameLengths lengths = new FrameLengths();

  /** Frames in the batch. */
  public int count;

  /**
   * The lender that fills the queue this batch came from, {@link #HOST_POOL} if none: what a copy
   * for the same guest should stay beside.
   */
  public int fillingOwner;

  /** Where this batch's frames are counted; null for frames that another loop has received. */
  @Nullable InputCounters counters;

  /** Whether no input counts these frames: copies for mirrors, and frames from the API. */
  private boolean uncounted;

  /** Counts batches, so that who remembers a frame's index knows whether it still is that frame. */
  long number;

  /** Frames that were handed to other loops; one may be counted several times. */
  private int handedOver;

  /** Bytes copied between buffers for frames of this batch, by the switch's own core. */
  public long copiedBytes;

  /** Keeps the compiler from leaving out the loads of {@link #fetchShared}. */
  @SuppressWarnings({"unused", "FieldCanBeLocal"})
  private long fetched;

  /** A batch of frames that no input has received. */
  static FrameBatch uncounted() {
    FrameBatch batch = new FrameBatch();
    batch.uncounted = true;
    return batch;
  }

  boolean isUncounted() {
    return uncounted;
  }

  /** Adds a frame; the input has checked that there is room. */
  public void add(
      long frameAddress, int frameLength, int bufferToken, int bufferOwner, byte reason) {
    int i = count++;
    address[i] = frameAddress;
    length[i] = frameLength;
    token[i] = bufferToken;
    owner[i] = bufferOwner;
    copyReason[i] = reason;
  }

  /** Adds a run of a NIC's ring; the caller has checked that there is room. */
  public void addAll(
      long[] addresses,
      int[] lengths,
      int[] tokens,
      int[] ownerIds,
      byte[] reasons,
      int from,
      int n) {
    int to = count;
    System.arraycopy(addresses, from, address, to, n);
    System.arraycopy(lengths, from, length, to, n);
    System.arraycopy(tokens, from, token, to, n);
    System.arraycopy(ownerIds, from, owner, to, n);
    System.arraycopy(reasons, from, copyReason, to, n);
    count = to + n;
  }

  /** Fills an empty batch with {@code n} frames in one lender's buffers. */
  void addLent(long[] addresses, int[] lengths, int[] tokens, int lender, int n) {
    System.arraycopy(addresses, 0, address, 0, n);
    System.arraycopy(lengths, 0, length, 0, n);
    System.arraycopy(tokens, 0, token, 0, n);
    Arrays.fill(owner, 0, n, lender);
    Arrays.fill(copyReason, 0, n, (byte) 0);
    count = n;
  }

  /** Fills an empty batch with {@code n} chunks, as many as there are free, for frames to come. */
  void addChunks(ChunkStack pool, int[] lengths, int n) {
    pool.take(token, 0, n);
    System.arraycopy(lengths, 0, length, 0, n);
    Arrays.fill(owner, 0, n, HOST_POOL);
    Arrays.fill(copyReason, 0, n, (byte) 0);
    for (int i = 0; i < n; i++) {
      address[i] = pool.frameAddress(token[i]);
    }
    count = n;
  }

  /**
   * Whether somebody else can change the frame's memory while we work (guest memory). Then the
   * first {@link #captured} bytes must be taken from the snapshot, never from the memory again.
   */
  public boolean isShared(int i) {
    return owner[i] != HOST_POOL;
  }

  /** Loads a word of each frame in a guest's memory, so that the waits for its core overlap. */
  void fetchShared() {
    if (isShared(0)) {
      fetched = AddressSpace.fetch(address, count);
    }
  }

  /** Takes the private snapshot of the frame's first bytes: at most {@code bytes} of them. */
  public void capture(int i, int bytes) {
    int n = Math.min(bytes, length[i]);
    if (n == FIRST_CAPTURE) {
      AddressSpace.copyLineToArray(address[i], headers, i * HEADER_STRIDE);
    } else {
      AddressSpace.copyToArray(address[i], headers, i * HEADER_STRIDE, n);
    }
    captured[i] = n;
    leader[i] = i;
  }

  /** Bytes of the frame's own snapshot, as far as one was taken. */
  int captured(int i) {
    return captured[i];
  }

  /**
   * From now on each frame of the run has a snapshot of its own, since the first one's is about to
   * be changed.
   *
   * @param first the first frame of its run, or one that has a snapshot of its own
   */
  void separate(int first) {
    for (int i = first; i < count && (i == first || leader[i] == first); i++) {
      snapshot(i);
      if (i != first) {
        leader[i] = i;
      }
    }
  }

  /** The frame's own snapshot was lengthened or cut by whoever changes it. */
  void setCaptured(int i, int bytes) {
    captured[i] = bytes;
  }

  /** A frame that nobody else can write to, and that was classified elsewhere. */
  void needsNoSnapshot(int i) {
    captured[i] = 0;
    leader[i] = i;
  }

  /** As above for all frames: nobody looked at them. */
  void needNoSnapshots() {
    Arrays.fill(captured, 0, count, 0);
    for (int i = 0; i < count; i++) {
      leader[i] = i;
    }
  }

  /**
   * The header as it was classified, in {@link #headers}: what must leave in place of the frame's
   * first bytes when somebody else can write to them ({@link #isShared}). For a frame that was only
   * compared with the first one of its run the snapshot is taken now; the bits that were compared
   * come from the first one's, so whatever was written since then, they are those that were seen.
   *
   * @return its length in bytes
   */
  public int snapshot(int i) {
    int first = leader[i];
    if (first != i && captured[i] == 0) {
      capture(i, FIRST_CAPTURE);
      leader[i] = first;
      int to = i * HEADER_STRIDE;
      for (int at = 0; at < COMPARED; at += Long.BYTES) {
        long mask = comparedBits(first, at);
        long own = AddressSpace.getArrayLong(headers, to + at);
        long seen = AddressSpace.getArrayLong(headers, first * HEADER_STRIDE + at);
        AddressSpace.putArrayLong(headers, to + at, (own & ~mask) | (seen & mask));
      }
    }
    return captured[i];
  }

  /** Writes the frame to memory: header from the snapshot if shared, the rest from its buffer. */
  public void copyTo(int i, long target) {
    int fromSnapshot = isShared(i) ? snapshot(i) : 0;
    if (fromSnapshot > 0) {
      AddressSpace.copyFromArray(headers, i * HEADER_STRIDE, target, fromSnapshot);
    }
    int rest = length[i] - fromSnapshot;
    if (rest > 0) {
      AddressSpace.copy(address[i] + fromSnapshot, target + fromSnapshot, rest);
    }
    copiedBytes += length[i];
  }

  /**
   * As {@link #copyTo}, never inlined (conf/jvm.options): a fault in guest memory surfaces before
   * it returns, so before the copy counts as taken. What lies at the target then may be another
   * guest's.
   */
  public void copyToGuarded(int i, long target) {
    copyTo(i, target);
  }

  /**
   * As {@link #copyToGuarded}, and nobody need look at the frame's own memory again: where it has
   * no snapshot, one is taken.
   */
  void fetchGuarded(int i, long target) {
    if (captured[leader[i]] == 0) {
      capture(i, FIRST_CAPTURE);
    }
    copyTo(i, target);
  }

  /**
   * A hash of the frame's flow, from a snapshot: equal for frames of one flow. Covers both MAC
   * addresses and, for untagged IPv4, addresses and ports.
   */
  public int flowHash(int i) {
    int row = leader[i];
    if (captured[row] == 0) {
      capture(row, FIRST_CAPTURE);
    }
    int base = row * HEADER_STRIDE;
    long hash = 0;
    if (captured[row] >= FLOW_HASH_END) {
      hash = AddressSpace.getArrayLong(headers, base) * HASH_PRIME;
      hash = (hash ^ AddressSpace.getArrayLong(headers, base + 6)) * HASH_PRIME;
      hash = (hash ^ AddressSpace.getArrayLong(headers, base + 26)) * HASH_PRIME;
      hash = (hash ^ AddressSpace.getArrayLong(headers, base + FLOW_HASH_END - 8)) * HASH_PRIME;
      // A product's low bits know nothing of the high bits that went in, and there are the ports:
      // without this, flows that differ in a port's low byte all get the same remainder.
      hash = (hash ^ (hash >>> 32)) * HASH_PRIME;
    }
    return (int) (hash >>> 32);
  }

  /**
   * End of the run of frames behind {@code from} that surely have its flow key: untagged IPv4
   * without options, equal in length and in every header bit that a key can come from. A run may
   * end too early, never too late. Each frame is read once, and keeps what was compared: see {@link
   * #snapshot}.
   *
   * @param from a frame whose snapshot was taken
   */
  public int runEnd(int from) {
    byte[] h = headers;
    int a = from * HEADER_STRIDE;
    long types = AddressSpace.getArrayLong(h, a + 8);
    if (captured[from] < COMPARED || (types & IPV4_MASK) != IPV4_PLAIN) {
      return from + 1;
    }
    long macs = AddressSpace.getArrayLong(h, a);
    long protocol = AddressSpace.getArrayLong(h, a + 16);
    long source = AddressSpace.getArrayLong(h, a + 24);
    long ports = AddressSpace.getArrayLong(h, a + 32);
    long flags = AddressSpace.getArrayLong(h, a + 40);
    long flagsMask = flagsMask(from);
    int frameLength = length[from];
    int n = count;
    int end = from + 1;
    while (end < n && length[end] == frameLength) {
      long b = address[end];
      long difference =
          (AddressSpace.getLong(b) ^ macs)
              | (AddressSpace.getLong(b + 8) ^ types)
              | ((AddressSpace.getLong(b + 16) ^ protocol) & WITHOUT_ID)
              | ((AddressSpace.getLong(b + 24) ^ source) & WITHOUT_CHECKSUM)
              | ((AddressSpace.getLong(b + 32) ^ ports) & UP_TO_PORTS);
      if (flagsMask != 0) {
        difference |= (AddressSpace.getLong(b + 40) ^ flags) & flagsMask;
      }
      if (difference != 0) {
        break;
      }
      end++;
    }
    Arrays.fill(captured, from + 1, end, 0);
    Arrays.fill(leader, from + 1, end, from);
    return end;
  }

  /** Behind the ports only TCP has something that a key can come from: its flags. */
  private long flagsMask(int i) {
    return headers[i * HEADER_STRIDE + PROTOCOL] == UDP ? 0 : TCP_FLAGS;
  }

  /** Which bits of the eight bytes from {@code at} on {@link #runEnd} compares. */
  private long comparedBits(int first, int at) {
    return switch (at) {
      case 16 -> WITHOUT_ID;
      case 24 -> WITHOUT_CHECKSUM;
      case 32 -> UP_TO_PORTS;
      case 40 -> flagsMask(first);
      default -> ~0L;
    };
  }

  /** An output keeps the frame's buffer. */
  public void take(int i) {
    taken[i] = true;
    takenCount++;
  }

  /** A guest has these frames, in place: {@code index[from..to)}, each selected once. */
  void publishedInPlace(int[] index, int from, int to) {
    byte outcomeOrdinal = (byte) Outcome.WRITTEN_THROUGH.ordinal();
    if (isContiguous(index, from, to)) {
      Arrays.fill(taken, index[from], index[to - 1] + 1, true);
      Arrays.fill(outcome, index[from], index[to - 1] + 1, outcomeOrdinal);
    } else {
      for (int k = from; k < to; k++) {
        taken[index[k]] = true;
        outcome[index[k]] = outcomeOrdinal;
      }
    }
    takenCount += to - from;
  }

  /** Whether nothing of the batch is left to be given back. */
  boolean isAllTaken() {
    return takenCount == count;
  }

  /** End of the frames behind {@code from} that go back to the same owner, or are all taken. */
  int releaseEnd(int from) {
    if (takenCount == 0) {
      return ownerEnd(from, count);
    }
    int end = from + 1;
    while (end < count && taken[end] == taken[from] && owner[end] == owner[from]) {
      end++;
    }
    return end;
  }

  /** Bytes of all frames. */
  public int bytes() {
    return lengths.of(length, count).bytes();
  }

  /** Length of the shortest frame, bytes; {@link Integer#MAX_VALUE} if there is none. */
  public int shortest() {
    return lengths.of(length, count).shortest();
  }

  /** Length of the longest frame, bytes; 0 if there is none. */
  public int longest() {
    return lengths.of(length, count).longest();
  }

  /** A frame's length was changed. */
  void setLength(int i, int bytes) {
    length[i] = bytes;
    lengths.forget();
  }

  /** Bytes of the frames {@code index[from..to)}. */
  long bytes(int[] index, int from, int to) {
    if (to - from == count) {
      return bytes();
    }
    long bytes = 0;
    for (int k = from; k < to; k++) {
      bytes += length[index[k]];
    }
    return bytes;
  }

  /** End of the selected frames behind {@code from} that have the same owner as it. */
  int ownerEnd(int[] index, int from, int to) {
    if (isContiguous(index, from, to)) {
      return from + ownerEnd(index[from], index[to - 1] + 1) - index[from];
    }
    int end = from + 1;
    while (end < to && owner[index[end]] == owner[index[from]]) {
      end++;
    }
    return end;
  }

  /** End of the frames behind {@code from} that have the same owner as it. */
  public int ownerEnd(int from, int to) {
    // Compares the row with itself moved by one: many owners per instruction.
    int differs = Arrays.mismatch(owner, from, to - 1, owner, from + 1, to);
    return differs < 0 ? to : from + differs + 1;
  }

  /** Whether all frames have the same owner; there is one. */
  boolean isOfOneOwner() {
    return ownerEnd(0, count) == count;
  }

  /** Whether a selection, which never goes back, leaves no frame out. */
  private static boolean isContiguous(int[] index, int from, int to) {
    return index[to - 1] - index[from] == to - 1 - from;
  }

  /** Raises the frame's outcome; the one with the highest precedence stays. */
  public void raiseOutcome(int i, int outcomeOrdinal) {
    if (outcomeOrdinal > outcome[i]) {
      outcome[i] = (byte) outcomeOrdinal;
    }
  }

  /** {@link #raiseOutcome} for all frames. */
  public void raiseOutcomes(int outcomeOrdinal) {
    for (int i = 0; i < count; i++) {
      outcome[i] = (byte) Math.max(outcome[i], outcomeOrdinal);
    }
  }

  /** Notes why a frame could not be delivered; counts only while nobody else got it. */
  public void dropped(int i, int reasonOrdinal) {
    if (dropReason[i] >= 0) {
      dropReason[i] = (byte) reasonOrdinal;
    }
  }

  /** Notes a reason for all frames that have none yet, nor another loop that will know it. */
  void dropUndropped(int reasonOrdinal) {
    for (int i = 0; i < count; i++) {
      if (dropReason[i] == 0) {
        dropReason[i] = (byte) reasonOrdinal;
      }
    }
  }

  /** Notes that another loop has the frame; counts only while nobody else got it. */
  void handedOver(int i) {
    dropReason[i] = UNDECIDED;
    handedOver++;
  }

  /** Whether any frame went to another loop. */
  boolean isAnyHandedOver() {
    return handedOver > 0;
  }

  /** Whether only another loop will know what became of the frame. */
  boolean isUndecided(int i) {
    return outcome[i] == 0 && dropReason[i] < 0;
  }

  /** Whether the asker is the first, and so the one who will count the undecided frame. */
  boolean claim(int i) {
    boolean first = outcome[i] == 0 && dropReason[i] == UNDECIDED;
    if (first) {
      dropReason[i] = CLAIMED;
    }
    return first;
  }

  /** Empties the batch. */
  public void clear() {
    Arrays.fill(outcome, 0, count, (byte) 0);
    Arrays.fill(dropReason, 0, count, (byte) 0);
    Arrays.fill(taken, 0, count, false);
    takenCount = 0;
    count = 0;
    lengths.forget();
    number++;
    handedOver = 0;
    copiedBytes = 0;
    fillingOwner = HOST_POOL;
  }
}
