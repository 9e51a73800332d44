// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * With IN_ORDER (virtio 1.2, 2.7.9 "In-order use of descriptors"): the heads in the order in which
 * they were taken, which is the order in which they must be used, and the lengths of those that
 * were completed before their turn. Positions count heads since the ring began. Poll thread, except
 * {@link #waiting}.
 */
final class TakenOrder {
  private static final VarHandle WAITING;

  static {
    try {
      WAITING = MethodHandles.lookup().findVarHandle(TakenOrder.class, "waiting", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final int[] heads;
  private final int mask;

  /** By head: the length to be written when its turn comes. */
  private final int[] length;

  /** Heads that were completed before their turn. */
  private int waiting;

  /**
   * Notes nothing yet.
   *
   * @param size ring entries; 0 where the order does not matter and nothing is noted
   */
  TakenOrder(int size) {
    heads = new int[size];
    length = new int[size];
    mask = size - 1;
  }

  void note(long position, int head) {
    heads[(int) (position & mask)] = head;
  }

  void note(long position, int[] taken, int count) {
    int slot = (int) position & mask;
    int first = Math.min(count, heads.length - slot);
    System.arraycopy(taken, 0, heads, slot, first);
    System.arraycopy(taken, first, heads, 0, count - first);
  }

  /** The head that was taken as that one. */
  int at(long position) {
    return heads[(int) (position & mask)];
  }

  /** Whether these heads, {@code taken[from..to)}, are just those whose turn is next. */
  boolean continues(long position, int[] taken, int from, int to) {
    int slot = (int) position & mask;
    int middle = from + Math.min(to - from, heads.length - slot);
    return waiting == 0
        && Arrays.equals(taken, from, middle, heads, slot, slot + middle - from)
        && Arrays.equals(taken, middle, to, heads, 0, to - middle);
  }

  /** Whether {@code following} was taken next after {@code head}; both from {@code first} on. */
  boolean areNeighbours(long first, long end, int head, int following) {
    long position = first;
    while (position < end && at(position) != head) {
      position++;
    }
    return position + 1 < end && at(position + 1) == following;
  }

  /** A head is completed before its turn. */
  void hold(int head, int writtenLength) {
    length[head] = writtenLength;
    WAITING.setOpaque(this, waiting + 1);
  }

  /** Its turn has come; what is to be written for it. */
  int release(int head) {
    WAITING.setOpaque(this, waiting - 1);
    return length[head];
  }

  /** Heads that were completed before their turn, 0..size. Any thread. */
  int waiting() {
    return (int) WAITING.getOpaque(this);
  }
}
