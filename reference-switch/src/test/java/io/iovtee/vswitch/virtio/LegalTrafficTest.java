// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.PostedBuffers;
import io.iovtee.vswitch.linux.AddressSpace;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Random traffic of a guest that keeps the rules: contents, order, exactly once, no buffer lost,
 * and no byte of guest memory changed that the guest did not offer.
 */
final class LegalTrafficTest {
  private static final int CASES = 150;
  private static final int STEPS = 150;
  private static final int[] SIZES = {8, 16, 64, 256};

  private final GuestArena arena = new GuestArena();

  @AfterEach
  void release() {
    arena.close();
  }

  private static long features(SplittableRandom random) {
    long features = VirtioFeature.VERSION_1.mask();
    for (VirtioFeature feature :
        new VirtioFeature[] {
          VirtioFeature.MRG_RXBUF,
          VirtioFeature.INDIRECT_DESC,
          VirtioFeature.EVENT_IDX,
          VirtioFeature.IN_ORDER
        }) {
      features |= random.nextBoolean() ? feature.mask() : 0;
    }
    return features;
  }

  private static byte[] bytes(SplittableRandom random, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  private LegalGuest guest(SplittableRandom random, boolean deviceWritable, long features) {
    int size = SIZES[random.nextInt(SIZES.length)];
    int start = random.nextBoolean() ? 0 : 0xffff - random.nextInt(2 * size);
    arena.fill(GuestArena.LOW, GuestArena.LOW_BYTES, 0);
    return new LegalGuest(
        new FakeDriver(arena, size, FakeDriver.RINGS, start),
        random,
        deviceWritable,
        VirtioFeature.INDIRECT_DESC.in(features));
  }

  @Test
  void transmitted() {
    for (int seed = 0; seed < CASES; seed++) {
      var random = new SplittableRandom(seed);
      long features = features(random);
      LegalGuest guest = guest(random, false, features);
      new TransmitRun(seed, random, guest, guest.driver.transmit(features)).run();
    }
  }

  /** One case of the guest sending. */
  private final class TransmitRun {
    private final String name;
    private final SplittableRandom random;
    private final LegalGuest guest;
    private final TransmitVirtqueue queue;
    private final TransmitFrames frames = new TransmitFrames();
    private final Deque<byte[]> sent = new ArrayDeque<>();
    private final List<Integer> held = new ArrayList<>();

    TransmitRun(int seed, SplittableRandom random, LegalGuest guest, TransmitVirtqueue queue) {
      name = "seed " + seed;
      this.random = random;
      this.guest = guest;
      this.queue = queue;
    }

    void run() {
      for (int step = 0; step < STEPS; step++) {
        for (int i = random.nextInt(4); i > 0; i--) {
          send();
        }
        receive(random.nextInt(6));
        for (int i = random.nextInt(5); i > 0 && !held.isEmpty(); i--) {
          queue.complete(held.remove(random.nextInt(held.size())), 0);
        }
        queue.publish();
        reap();
      }
      receive(TransmitFrames.CAPACITY);
      while (!sent.isEmpty()) {
        receive(TransmitFrames.CAPACITY);
      }
      held.forEach(head -> queue.complete(head, 0));
      queue.publish();
      reap();
      assertThat(guest.outstanding()).as(name).isZero();
      assertThat(queue.outstanding()).as(name).isZero();
      assertThat(queue.isBroken()).as(name).isFalse();
    }

    private void send() {
      byte[] frame = bytes(random, 14 + random.nextInt(random.nextBoolean() ? 60 : 2000));
      LegalGuest.Chain chain = guest.post(VirtioNetHeader.LENGTH + frame.length);
      if (chain != null) {
        byte[] all = new byte[VirtioNetHeader.LENGTH + frame.length];
        System.arraycopy(frame, 0, all, VirtioNetHeader.LENGTH, frame.length);
        guest.write(chain, all);
        sent.add(frame);
      }
    }

    private void receive(int max) {
      int count = queue.takeTransmit(frames, max);
      for (int i = 0; i < count; i++) {
        byte[] expected = sent.remove();
        assertThat(frames.length[i]).as(name).isEqualTo(expected.length);
        byte[] got = new byte[expected.length];
        if (frames.contiguous[i]) {
          AddressSpace.copyToArray(frames.address[i], got, 0, got.length);
        } else {
          assertThat(frames.gather(i, arena.hostArea(), 65536)).isEqualTo(got.length);
          AddressSpace.copyToArray(arena.hostArea(), got, 0, got.length);
        }
        assertThat(got).as(name).isEqualTo(expected);
        held.add(frames.head[i]);
      }
    }

    private void reap() {
      while (guest.hasUsed()) {
        assertThat(guest.usedLength()).as(name).isZero();
        int oldest = guest.oldest();
        LegalGuest.Chain chain = guest.reap();
        if (queue.inOrder()) {
          assertThat(chain.head()).as(name).isEqualTo(oldest);
        }
      }
    }
  }

  @Test
  void received() {
    for (int seed = 0; seed < CASES; seed++) {
      var random = new SplittableRandom(seed);
      long features = features(random);
      LegalGuest guest = guest(random, true, features);
      ReceiveVirtqueue queue = guest.driver.receive(features);
      boolean mergeable = VirtioFeature.MRG_RXBUF.in(features);
      new ReceiveRun(seed, random, guest, queue, mergeable).run();
    }
  }

  /** One case of the guest receiving: copies and frames published in place, mixed. */
  private final class ReceiveRun {
    private final String name;
    private final SplittableRandom random;
    private final LegalGuest guest;
    private final ReceiveVirtqueue queue;
    private final boolean mergeable;
    private final PostedBuffers posted = new PostedBuffers();

    /** Heads that are lent, with the address of their buffer, 0 if it can not be written. */
    private final Map<Integer, Long> lent = new HashMap<>();

    private final Map<Integer, Integer> lentLength = new HashMap<>();

    /** Frames on their way, by their first eight bytes. */
    private final Map<Long, byte[]> expected = new HashMap<>();

    private final Deque<Long> copied = new ArrayDeque<>();
    private long nextId = 1;

    /** What guest memory must look like. */
    private byte[] shadow = new byte[0];

    private int delivered;

    ReceiveRun(
        int seed,
        SplittableRandom random,
        LegalGuest guest,
        ReceiveVirtqueue queue,
        boolean mergeable) {
      name = "seed " + seed;
      this.random = random;
      this.guest = guest;
      this.queue = queue;
      this.mergeable = mergeable;
    }

    void run() {
      for (int step = 0; step < STEPS; step++) {
        for (int i = random.nextInt(4); i > 0; i--) {
          guest.post(VirtioNetHeader.LENGTH + 20 + random.nextInt(1800));
        }
        shadow = step % 10 == 0 ? arena.snapshot() : new byte[0];
        work();
        queue.publish();
        reap();
        if (shadow.length > 0) {
          for (LegalGuest.Chain chain : guest.postedChains()) {
            mark(chain, new byte[chain.bytes()]);
          }
          assertThat(Arrays.equals(arena.snapshot(), shadow)).as(name).isTrue();
        }
      }
      lent.keySet().forEach(queue::giveBack);
      int base = queue.baseForStop();
      reap();
      assertThat(expected).as(name).isEmpty();
      int waiting = guest.driver.nextAvail() - base & 0xffff;
      assertThat(guest.outstanding()).as(name).isEqualTo(waiting);
      assertThat(queue.isBroken()).as(name).isFalse();
      assertThat(delivered).as(name).isPositive();
    }

    private void work() {
      for (int i = random.nextInt(3); i > 0; i--) {
        copy();
      }
      int taken = queue.take(posted, random.nextInt(3));
      for (int i = 0; i < taken; i++) {
        lent.put(posted.head[i], posted.address[i]);
        lentLength.put(posted.head[i], posted.length[i]);
      }
      for (Integer head : List.copyOf(lent.keySet())) {
        if (random.nextInt(3) == 0) {
          inPlaceOrBack(head);
        }
      }
    }

    private byte[] newFrame(int length) {
      byte[] frame = bytes(random, length);
      for (int i = 0; i < 8; i++) {
        frame[i] = (byte) (nextId >>> (8 * i));
      }
      expected.put(nextId++, frame);
      return frame;
    }

    private void copy() {
      byte[] frame = newFrame(14 + random.nextInt(random.nextBoolean() ? 60 : 4000));
      int header = random.nextInt(Math.min(128, frame.length) + 1);
      long address = arena.hostFrame(frame);
      int result = queue.deliver(frame, 0, header, address, frame.length);
      assertThat(result).as(name).isBetween(0, ReceiveVirtqueue.TOO_SMALL);
      if (result == ReceiveVirtqueue.DELIVERED) {
        copied.add(nextId - 1);
      } else {
        expected.remove(nextId - 1);
      }
      assertThat(mergeable && result == ReceiveVirtqueue.TOO_SMALL).as(name).isFalse();
    }

    private void inPlaceOrBack(int head) {
      long buffer = lent.remove(head);
      int room = lentLength.remove(head) - VirtioNetHeader.LENGTH;
      if (buffer == 0 || random.nextBoolean()) {
        queue.giveBack(head);
        return;
      }
      byte[] frame = newFrame(14 + random.nextInt(room - 13));
      AddressSpace.copyFromArray(frame, 0, buffer + VirtioNetHeader.LENGTH, frame.length);
      queue.completeFrame(head, buffer + VirtioNetHeader.LENGTH, frame.length);
    }

    private void reap() {
      while (guest.hasUsed()) {
        int oldest = guest.oldest();
        int length = usedElement();
        LegalGuest.Chain chain = guest.reap();
        if (queue.inOrder()) {
          assertThat(chain.head()).as(name).isEqualTo(oldest);
        }
        if (length > 0) {
          frame(guest.read(chain, length), chain);
        }
      }
      shadowIndex();
    }

    /** Puts the rest of a merged frame together and compares. */
    private void frame(byte[] first, LegalGuest.Chain chain) {
      byte[] all = first;
      mark(chain, first);
      assertThat(Arrays.copyOf(first, 10)).as(name).containsOnly(0);
      int buffers = (first[10] & 0xff) | (first[11] & 0xff) << 8;
      assertThat(buffers).as(name).isBetween(1, mergeable ? 64 : 1);
      for (int i = 1; i < buffers; i++) {
        assertThat(guest.hasUsed()).as(name + ": all buffers are visible together").isTrue();
        int length = usedElement();
        LegalGuest.Chain more = guest.reap();
        byte[] part = guest.read(more, length);
        mark(more, part);
        all = Arrays.copyOf(all, all.length + part.length);
        System.arraycopy(part, 0, all, all.length - part.length, part.length);
      }
      byte[] frame = Arrays.copyOfRange(all, VirtioNetHeader.LENGTH, all.length);
      long id = 0;
      for (int i = 7; i >= 0; i--) {
        id = id << 8 | (frame[i] & 0xff);
      }
      assertThat(frame).as(name + " frame " + id).isEqualTo(expected.remove(id));
      if (copied.contains(id) && !queue.inOrder()) {
        assertThat(copied.remove()).as(name + ": copies keep their order").isEqualTo(id);
      }
      delivered++;
    }

    private int usedElement() {
      int position = guest.usedPosition() & guest.driver.size - 1;
      markMemory(guest.driver.usedGuest + 4 + 8L * position, 8);
      return guest.usedLength();
    }

    private void shadowIndex() {
      markMemory(guest.driver.usedGuest + 2, 2);
    }

    /** The chain's first bytes may have changed to these, and nothing else. */
    private void mark(LegalGuest.Chain chain, byte[] written) {
      int at = 0;
      for (LegalGuest.Piece piece : chain.pieces()) {
        int part = Math.min(piece.length(), written.length - at);
        markMemory(piece.guest(), part);
        at += part;
      }
    }

    private void markMemory(long guestAddress, int length) {
      for (int i = 0; i < length && shadow.length > 0; i++) {
        shadow[GuestArena.snapshotOffset(guestAddress + i)] = arena.byteAt(guestAddress + i);
      }
    }
  }
}
