// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import io.iovtee.api.BufferList;
import io.iovtee.vswitch.datapath.FrameBatch;
import io.iovtee.vswitch.datapath.LoopBuffers;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.memory.ChunkStack;
import io.iovtee.vswitch.memory.HostPool;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** A poll loop's part for tests: posts host chunks, polls, copies frames out, gives chunks back. */
final class Driver implements LoopBuffers {
  private static final long AWAIT_NS = 20_000_000_000L;

  /** A time slice: what passes between two looks without a stop. */
  private static final long STEP_NS_MAX = 20_000_000;

  final FrameBatch batch = new FrameBatch();
  final BufferList list = new BufferList();
  final ChunkStack chunks;

  Driver(HostPool pool, int count) {
    chunks = pool.slice(count);
  }

  /** Posts at most {@code max} host chunks; returns how many. */
  int post(SoftRxQueue queue, int max) {
    int posted = 0;
    while (posted < max && queue.freeSlots() > 0 && chunks.available() > 0) {
      list.count = 0;
      int n = Math.min(Math.min(max - posted, queue.freeSlots()), BufferList.CAPACITY);
      for (int i = 0; i < n && chunks.available() > 0; i++) {
        int chunk = chunks.take();
        list.add(chunks.frameAddress(chunk), chunk);
      }
      posted += queue.post(list, FrameBatch.HOST_POOL, (byte) 0);
      if (list.count != 0) {
        throw new AssertionError("a host chunk was refused");
      }
    }
    return posted;
  }

  int post(SoftRxQueue queue) {
    return post(queue, Integer.MAX_VALUE);
  }

  /** Polls once and returns copies of the frames; their chunks are free again. */
  List<byte[]> poll(SoftRxQueue queue) {
    batch.clear();
    int n = queue.poll(batch);
    List<byte[]> frames = new ArrayList<>(n);
    for (int i = 0; i < n; i++) {
      byte[] frame = new byte[batch.length[i]];
      AddressSpace.copyToArray(batch.address[i], frame, 0, frame.length);
      frames.add(frame);
      chunks.give(batch.token[i]);
    }
    return frames;
  }

  /** Polls until a poll brings nothing {@code idleMax} times in a row, posting all the time. */
  List<byte[]> pollAll(SoftRxQueue queue, int idleMax) {
    List<byte[]> all = new ArrayList<>();
    int idle = 0;
    while (idle < idleMax) {
      post(queue);
      List<byte[]> frames = poll(queue);
      all.addAll(frames);
      idle = frames.isEmpty() ? idle + 1 : 0;
    }
    return all;
  }

  /**
   * Waits for another thread; long enough for a busy machine, and not for ever. While this process
   * is stopped (a suspended laptop, a frozen container) no time passes.
   */
  static void await(String what, BooleanSupplier condition) {
    long waitedNs = 0;
    long last = System.nanoTime();
    while (!condition.getAsBoolean()) {
      long now = System.nanoTime();
      waitedNs += Math.min(now - last, STEP_NS_MAX);
      last = now;
      if (waitedNs > AWAIT_NS) {
        throw new AssertionError("waited in vain: " + what);
      }
      Thread.onSpinWait();
    }
  }

  @Override
  public int takeChunk() {
    return chunks.take();
  }

  @Override
  public long frameAddress(int chunk) {
    return chunks.frameAddress(chunk);
  }

  @Override
  public void giveBack(int owner, int token) {
    if (owner != FrameBatch.HOST_POOL) {
      throw new AssertionError("buffer " + token + " of unknown owner " + owner);
    }
    chunks.give(token);
  }
}
