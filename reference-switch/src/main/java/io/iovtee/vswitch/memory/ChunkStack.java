// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.memory;

/**
 * Free chunks of one owner, last in first out (a chunk just freed is still in the cache). One
 * thread. A chunk's token is its index in the {@link HostPool}.
 */
public final class ChunkStack {
  private final long poolBase;

  /** A cache line. */
  private static final int LINE = 64;

  /** Lines at which frames start, in turns. */
  private static final int COLOURS = HostPool.FRAME_OFFSET / LINE;

  private final int[] free;
  private int count;

  ChunkStack(long poolBase, int firstChunk, int chunks) {
    this.poolBase = poolBase;
    free = new int[chunks];
    for (int i = 0; i < chunks; i++) {
      free[i] = firstChunk + chunks - 1 - i;
    }
    count = chunks;
  }

  /** Chunks that are free now. */
  public int available() {
    return count;
  }

  /** Takes a chunk, or returns -1 when none is free. */
  public int take() {
    return count == 0 ? -1 : free[--count];
  }

  /** Takes {@code n} chunks, of which there are so many: {@code out[from..from + n)}. */
  public void take(int[] out, int from, int n) {
    count -= n;
    System.arraycopy(free, count, out, from, n);
  }

  /** Gives {@code chunks[from..to)} back. */
  public void give(int[] chunks, int from, int to) {
    System.arraycopy(chunks, from, free, count, to - from);
    count += to - from;
  }

  /** Gives a chunk back; giving back more than were taken is an error of ours. */
  public void give(int chunk) {
    free[count++] = chunk;
  }

  /**
   * Where the chunk's frame starts when we write it, at {@link HostPool#FRAME_OFFSET} or before.
   * Chunks are apart by a power of two; if their frames began at the same byte, a batch's headers
   * would share two sets of the core's first cache and push each other out. (A NIC puts frames
   * where it is told to: AF_XDP all at the same offset.)
   */
  public long frameAddress(int chunk) {
    return poolBase + (long) chunk * HostPool.CHUNK_SIZE + (1 + (chunk & COLOURS - 1)) * LINE;
  }
}
