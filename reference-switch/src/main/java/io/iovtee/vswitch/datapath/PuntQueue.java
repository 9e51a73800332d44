// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.flow.FlowRule;
import io.iovtee.vswitch.memory.HostPool;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Copies of frames that rules hand over to the switch's API: a ring from one poll loop to one
 * taker, behind a limit on frames a second, so that whatever comes in, the loop's time for it and
 * the taker's have a bound. What does not fit is counted and not waited for.
 */
public final class PuntQueue {
  /** Frames that can wait, and come at once: the taker looks a hundred times a second. */
  public static final int SIZE = 256;

  private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(long[].class);
  private static final int PUNTED = 0;
  private static final int LIMITED = 1;
  private static final long SECOND_NS = 1_000_000_000;

  private final FrameRing ring = new FrameRing(SIZE, HostPool.FRAME_LENGTH_MAX);
  private final int[] ports = new int[SIZE];
  private final int[] lengths = new int[SIZE];
  private final @Nullable FlowRule[] rules = new FlowRule[SIZE];
  private final long[] counts = new long[2];
  private long tokenNs;
  private int produced;
  private int consumed;

  /** Tokens, in nanoseconds of their making; at most those of {@link #SIZE} frames. */
  private long saved;

  private long savedAtNs;

  /** Told of each frame that waits. */
  @FunctionalInterface
  public interface Taker {
    /**
     * Takes one frame.
     *
     * @param port number of the port that it came from
     * @param rule what handed it over
     * @param length bytes of the frame
     * @param bytes its first bytes, or all
     */
    void take(int port, FlowRule rule, int length, byte[] bytes);
  }

  /**
   * An empty queue.
   *
   * @param framesPerSecond the limit, 1 to a thousand million
   */
  public PuntQueue(int framesPerSecond) {
    setRate(framesPerSecond);
    saved = tokenNs * SIZE;
    savedAtNs = System.nanoTime();
  }

  /**
   * Changes the limit. Poll thread, once a loop has the queue.
   *
   * @param framesPerSecond 1 to a thousand million
   */
  public void setRate(int framesPerSecond) {
    tokenNs = SECOND_NS / framesPerSecond;
  }

  /**
   * Takes a copy of the frame as it is. Poll thread.
   *
   * @param lengthMax of its bytes at most
   * @return false if the limit is reached, or nobody takes what waits
   */
  boolean offer(FrameBatch batch, int i, int inPort, FlowRule rule, int lengthMax) {
    if (ring.isFull() || !takeToken()) {
      counts[LIMITED]++;
      return false;
    }
    int length = Math.min(Math.min(batch.length[i], lengthMax), HostPool.FRAME_LENGTH_MAX);
    int head = Math.min(length, batch.snapshot(i));
    int slot = produced & (SIZE - 1);
    ports[slot] = inPort;
    lengths[slot] = batch.length[i];
    rules[slot] = rule;
    ring.offer(
        batch.headers, i * FrameBatch.HEADER_STRIDE, head, batch.address[i] + head, length - head);
    produced++;
    counts[PUNTED]++;
    return true;
  }

  private boolean takeToken() {
    long now = System.nanoTime();
    saved = Math.min(saved + now - savedAtNs, tokenNs * SIZE);
    savedAtNs = now;
    boolean enough = saved >= tokenNs;
    saved -= enough ? tokenNs : 0;
    return enough;
  }

  /** Hands on what waits, {@link #SIZE} frames at most. One thread at a time. */
  public void drain(Taker taker) {
    int length = ring.peek();
    for (int n = 0; n < SIZE && length >= 0; n++) {
      int slot = consumed++ & (SIZE - 1);
      byte[] bytes = new byte[length];
      System.arraycopy(ring.bytes(), ring.offset(), bytes, 0, length);
      int port = ports[slot];
      int frameLength = lengths[slot];
      FlowRule rule = rules[slot];
      ring.remove();
      if (rule != null) {
        taker.take(port, rule, frameLength, bytes);
      }
      length = ring.peek();
    }
  }

  /** Frames that were handed over. Any thread. */
  public long punted() {
    return (long) SLOT.getOpaque(counts, PUNTED);
  }

  /** Frames that were not, for the limit. Any thread. */
  public long limited() {
    return (long) SLOT.getOpaque(counts, LIMITED);
  }
}
