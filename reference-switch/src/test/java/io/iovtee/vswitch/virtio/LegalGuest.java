// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A driver that keeps all rules and uses all freedoms: chains, tables, both mixed, odd lengths,
 * buffers across two regions. It remembers by itself what it posted where, and so is the
 * independent witness of what the device did.
 */
final class LegalGuest {
  /** Bytes between the starts of two chains' buffers. */
  private static final int SLOT_BYTES = 4096;

  private static final int PIECES_MAX = 5;

  /** One buffer of a chain. */
  record Piece(long guest, int length) {}

  /** What was posted as one head. */
  record Chain(int head, List<Integer> descriptors, List<Piece> pieces, long slot) {
    int bytes() {
      return pieces.stream().mapToInt(Piece::length).sum();
    }
  }

  final FakeDriver driver;
  private final SplittableRandom random;
  private final int flags;
  private final boolean indirect;
  private final Deque<Integer> freeDescriptors = new ArrayDeque<>();
  private final List<Long> freeSlots = new ArrayList<>();
  private final Map<Integer, Chain> posted = new HashMap<>();
  private final Deque<Integer> order = new ArrayDeque<>();
  private int reaped;

  /**
   * @param deviceWritable true for a receiveq
   * @param indirect whether tables may be used
   */
  LegalGuest(FakeDriver driver, SplittableRandom random, boolean deviceWritable, boolean indirect) {
    this.driver = driver;
    this.random = random;
    this.indirect = indirect;
    flags = deviceWritable ? VirtqDesc.Flag.WRITE : 0;
    reaped = driver.nextAvail();
    for (int i = 0; i < driver.size; i++) {
      freeDescriptors.add(i);
    }
    for (long slot = FakeDriver.BUFFERS; slot < GuestArena.NEXT - SLOT_BYTES; slot += SLOT_BYTES) {
      freeSlots.add(slot);
    }
    // One that begins in the first region and ends in the second.
    freeSlots.add(GuestArena.NEXT - SLOT_BYTES / 2);
    freeSlots.add(GuestArena.FAR);
  }

  /** Chains posted and not reaped. */
  int outstanding() {
    return posted.size();
  }

  /** What the device has now: it may write there at any time. */
  List<Chain> postedChains() {
    return List.copyOf(posted.values());
  }

  /** Posts a chain of so many bytes in all, cut at random; null when there is no room. */
  Chain post(int bytes) {
    if (freeDescriptors.size() < PIECES_MAX || freeSlots.isEmpty()) {
      return null;
    }
    long slot = freeSlots.remove(random.nextInt(freeSlots.size()));
    List<Piece> pieces = cut(slot, bytes);
    List<Integer> descriptors = new ArrayList<>();
    int direct = indirect ? random.nextInt(pieces.size() + 1) : pieces.size();
    if (pieces.size() == 1 && random.nextInt(4) != 0) {
      direct = 1;
    }
    int count = direct < pieces.size() ? direct + 1 : direct;
    for (int i = 0; i < count; i++) {
      descriptors.add(freeDescriptors.remove());
    }
    for (int i = 0; i < count; i++) {
      int next = i + 1 < count ? descriptors.get(i + 1) : random.nextInt(0x1_0000);
      int more = i + 1 < count ? VirtqDesc.Flag.NEXT : 0;
      if (i < direct) {
        Piece piece = pieces.get(i);
        driver.descriptor(descriptors.get(i), piece.guest, piece.length, flags | more, next);
      } else {
        long table = GuestArena.FAR + 0x1_0000 + descriptors.get(i) * 16L * PIECES_MAX;
        writeTable(table, pieces.subList(direct, pieces.size()));
        int length = (pieces.size() - direct) * 16;
        driver.descriptor(descriptors.get(i), table, length, VirtqDesc.Flag.INDIRECT, next);
      }
    }
    Chain chain = new Chain(descriptors.getFirst(), descriptors, pieces, slot);
    posted.put(chain.head, chain);
    order.add(chain.head);
    driver.offer(chain.head);
    return chain;
  }

  private List<Piece> cut(long slot, int bytes) {
    List<Piece> pieces = new ArrayList<>();
    int left = bytes;
    long at = slot + random.nextInt(16);
    while (left > 0) {
      boolean last = pieces.size() == PIECES_MAX - 1 || random.nextInt(3) != 0;
      int length = last ? left : 1 + random.nextInt(left);
      pieces.add(new Piece(at, length));
      at += length + random.nextInt(3);
      left -= length;
    }
    return pieces;
  }

  private void writeTable(long table, List<Piece> pieces) {
    for (int i = 0; i < pieces.size(); i++) {
      int more = i + 1 < pieces.size() ? VirtqDesc.Flag.NEXT : 0;
      Piece piece = pieces.get(i);
      driver.descriptorAt(table, i, piece.guest, piece.length, flags | more, i + 1);
    }
  }

  /** Writes bytes into the pieces of a chain. */
  void write(Chain chain, byte[] bytes) {
    int at = 0;
    for (Piece piece : chain.pieces) {
      byte[] part = new byte[piece.length];
      System.arraycopy(bytes, at, part, 0, piece.length);
      driver.arena.writeBytes(piece.guest, part);
      at += piece.length;
    }
  }

  /** Reads the first bytes of a chain. */
  byte[] read(Chain chain, int bytes) {
    var out = new ByteArrayOutputStream();
    int left = bytes;
    for (Piece piece : chain.pieces) {
      int part = Math.min(left, piece.length);
      out.writeBytes(driver.arena.bytesAt(piece.guest, part));
      left -= part;
    }
    if (left > 0) {
      throw new AssertionError("device says it wrote more than there is: " + bytes);
    }
    return out.toByteArray();
  }

  /** Whether a used element waits. */
  boolean hasUsed() {
    return reaped != driver.usedIndex();
  }

  /** The length in the next used element. */
  int usedLength() {
    return driver.usedLength(reaped);
  }

  /** Position of the next used element. */
  int usedPosition() {
    return reaped;
  }

  /** The head that was posted first of those outstanding. */
  int oldest() {
    return order.element();
  }

  /** Takes the next used element's chain back; fails if it is not outstanding. */
  Chain reap() {
    int head = driver.usedHead(reaped);
    Chain chain = posted.remove(head);
    if (chain == null) {
      throw new AssertionError("used head %d is not outstanding".formatted(head));
    }
    order.remove(head);
    reaped = reaped + 1 & 0xffff;
    freeDescriptors.addAll(chain.descriptors);
    freeSlots.add(chain.slot);
    return chain;
  }
}
