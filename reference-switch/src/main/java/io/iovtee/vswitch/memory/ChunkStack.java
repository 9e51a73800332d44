// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.memory;

/**
 * Free chunks of one owner, last in first out (a chunk just freed is still in the cache). One
 * thread. A chunk's token is its index in the {@link HostPool}.
 */
public final class ChunkStack {
  private final long poolBase;
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

  /** Gives a chunk back; giving back more than were taken is an error of ours. */
  public void give(int chunk) {
    free[count++] = chunk;
  }

  /** Where the chunk's frame starts. */
  public long frameAddress(int chunk) {
    return poolBase + (long) chunk * HostPool.CHUNK_SIZE + HostPool.FRAME_OFFSET;
  }
}
