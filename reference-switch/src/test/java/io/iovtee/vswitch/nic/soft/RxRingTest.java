// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.api.BufferList;
import io.iovtee.vswitch.datapath.FrameBatch;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.memory.HostPool;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The descriptor ring against a plain model of it. */
class RxRingTest {
  private static final long SEED = 4711;
  private static final int SIZE = 64;
  private static final int FRAME_LENGTH_MAX = 1518;

  private final HostPool pool = HostPool.create(1024, false);
  private final DmaWindow window = DmaWindow.pool(pool.baseAddress(), pool.length());
  private final RxRing ring = new RxRing(0, SIZE, FRAME_LENGTH_MAX, window);
  private final BufferList list = new BufferList();
  private final FrameBatch batch = new FrameBatch();

  private record Buffer(long address, int token, int owner, byte reason) {}

  @AfterEach
  void closePool() {
    pool.close();
  }

  private long address(int chunk) {
    return pool.baseAddress() + (long) chunk * HostPool.CHUNK_SIZE + HostPool.FRAME_OFFSET;
  }

  private int postOne(long address, int token) {
    list.count = 0;
    list.add(address, token);
    return ring.post(list, 0, (byte) 0);
  }

  private static byte[] frame(int number) {
    byte[] frame = new byte[60 + number % 100];
    frame[0] = (byte) number;
    frame[1] = (byte) (number >> 8);
    frame[2] = (byte) (number >> 16);
    return frame;
  }

  /** One step of the engine that receives one frame. */
  private boolean receiveOne(byte[] frame, int length) {
    boolean received = ring.receive(frame, 0, length);
    ring.publish();
    return received;
  }

  /** Random posts, frames, polls and recalls; order and identity must be those of the model. */
  @Test
  void keepsOrderAndIdentityOverManyWraps() {
    Model model = new Model(new Random(SEED));
    for (int round = 0; round < 50_000; round++) {
      model.step("seed " + SEED + " round " + round);
    }
    assertThat(model.polled).isGreaterThan(100L * SIZE);
    assertThat(ring.driverCounters.get(RxRing.PACKETS)).isEqualTo(model.polled);
    assertThat(ring.driverCounters.get(RxRing.WINDOW_VIOLATIONS)).isZero();
  }

  /** What the ring should hold, in queues. */
  private final class Model {
    private final Random random;
    private final Deque<Buffer> posted = new ArrayDeque<>();
    private final Deque<Buffer> filled = new ArrayDeque<>();
    private final Deque<byte[]> frames = new ArrayDeque<>();
    private final Set<Integer> free = new HashSet<>();
    private int number;
    private long polled;

    Model(Random random) {
      this.random = random;
      for (int i = 0; i < 256; i++) {
        free.add(i);
      }
    }

    void step(String as) {
      switch (random.nextInt(4)) {
        case 0 -> post(as);
        case 1 -> receive(as);
        case 2 -> drain(as);
        default -> recall(as);
      }
      for (int owner = 0; owner < 3; owner++) {
        int wanted = owner;
        long count =
            posted.stream().filter(b -> b.owner() == wanted).count()
                + filled.stream().filter(b -> b.owner() == wanted).count();
        assertThat(ring.outstanding(owner)).as(as).isEqualTo((int) count);
      }
    }

    private void post(String as) {
      byte reason = (byte) random.nextInt(5);
      int owner = random.nextInt(3);
      List<Integer> chosen = free.stream().limit(random.nextInt(40)).toList();
      list.count = 0;
      chosen.forEach(chunk -> list.add(address(chunk), chunk));
      int room = SIZE - posted.size() - filled.size();
      assertThat(ring.freeSlots()).as(as).isEqualTo(room);
      int done = ring.post(list, owner, reason);
      assertThat(done).as(as).isEqualTo(Math.min(room, chosen.size()));
      assertThat(list.count).as(as).isEqualTo(chosen.size() - done);
      for (int i = 0; i < done; i++) {
        posted.add(new Buffer(address(chosen.get(i)), chosen.get(i), owner, reason));
        free.remove(chosen.get(i));
      }
    }

    private void receive(String as) {
      for (int i = random.nextInt(30); i > 0; i--) {
        byte[] frame = frame(number++);
        assertThat(receiveOne(frame, frame.length)).as(as).isEqualTo(!posted.isEmpty());
        if (!posted.isEmpty()) {
          filled.add(posted.remove());
          frames.add(frame);
        }
      }
    }

    private void drain(String as) {
      batch.clear();
      int n = ring.drain(batch);
      assertThat(n).as(as).isEqualTo(Math.min(filled.size(), FrameBatch.CAPACITY));
      for (int i = 0; i < n; i++) {
        polled++;
        Buffer buffer = filled.remove();
        byte[] frame = frames.remove();
        assertThat(
                new Buffer(batch.address[i], batch.token[i], batch.owner[i], batch.copyReason[i]))
            .as(as)
            .isEqualTo(buffer);
        byte[] got = new byte[batch.length[i]];
        AddressSpace.copyToArray(batch.address[i], got, 0, got.length);
        assertThat(got).as(as).isEqualTo(frame);
        free.add(buffer.token());
      }
    }

    private void recall(String as) {
      int owner = random.nextInt(3);
      list.count = 0;
      int n = ring.recall(owner, list);
      List<Buffer> expected =
          posted.stream().filter(b -> b.owner() == owner).limit(BufferList.CAPACITY).toList();
      assertThat(n).as(as).isEqualTo(expected.size()).isEqualTo(list.count);
      for (int i = 0; i < n; i++) {
        assertThat(list.address[i]).as(as).isEqualTo(expected.get(i).address());
        assertThat(list.token[i]).as(as).isEqualTo(expected.get(i).token());
        free.add(list.token[i]);
      }
      posted.removeAll(expected);
    }
  }

  @Test
  void refusesBuffersOutsideOfTheWindow() {
    long end = pool.baseAddress() + pool.length();
    long[] outside = {
      0,
      -1,
      Long.MIN_VALUE,
      Long.MAX_VALUE,
      pool.baseAddress() - 1,
      end - FRAME_LENGTH_MAX + 1,
      end,
      pool.baseAddress() + Long.MIN_VALUE
    };
    for (long address : outside) {
      assertThat(postOne(address, 7)).as("address 0x%x", address).isZero();
      assertThat(list.count).isEqualTo(1);
      assertThat(list.address[0]).isEqualTo(address);
      assertThat(list.token[0]).isEqualTo(7);
    }
    assertThat(ring.driverCounters.get(RxRing.WINDOW_VIOLATIONS)).isEqualTo(outside.length);
    assertThat(postOne(pool.baseAddress(), 1)).isEqualTo(1);
    assertThat(postOne(end - FRAME_LENGTH_MAX, 2)).isEqualTo(1);
  }

  @Test
  void refusedBuffersMoveToTheFrontAndTheRestIsPosted() {
    list.count = 0;
    list.add(address(1), 1);
    list.add(12, 2);
    list.add(address(3), 3);
    list.add(-12, 4);
    list.add(address(5), 5);
    assertThat(ring.post(list, 0, (byte) 0)).isEqualTo(3);
    assertThat(list.count).isEqualTo(2);
    assertThat(Map.of(list.token[0], list.address[0], list.token[1], list.address[1]))
        .isEqualTo(Map.of(2, 12L, 4, -12L));
    for (int i = 0; i < 3; i++) {
      receiveOne(frame(i), 60);
    }
    batch.clear();
    assertThat(ring.drain(batch)).isEqualTo(3);
    assertThat(batch.token).as("in order").startsWith(1, 3, 5);
  }

  @Test
  void buffersThatOverlapAreTheGuestsAffair() {
    assertThat(postOne(address(8), 1)).isEqualTo(1);
    assertThat(postOne(address(8) + 100, 2)).isEqualTo(1);
    receiveOne(frame(1), 60);
    receiveOne(frame(2), 60);
    batch.clear();
    assertThat(ring.drain(batch)).isEqualTo(2);
    assertThat(batch.token).startsWith(1, 2);
  }

  @Test
  void theEngineChecksTheWindowAgain() {
    postOne(address(1), 1);
    postOne(address(2), 2);
    long before = AddressSpace.getLong(address(1));
    ring.useWindow(DmaWindow.pool(address(2), HostPool.CHUNK_SIZE));
    assertThat(receiveOne(frame(9), 60)).isTrue();
    assertThat(receiveOne(frame(9), 60)).isTrue();
    assertThat(AddressSpace.getLong(address(1))).isEqualTo(before);
    assertThat(ring.engineCounters.get(RxRing.DMA_FAULTS)).isEqualTo(1);
    ring.useWindow(window);
    batch.clear();
    assertThat(ring.drain(batch)).as("the buffer comes back, empty").isEqualTo(2);
    assertThat(batch.length).startsWith(0, 60);
    assertThat(ring.driverCounters.get(RxRing.PACKETS)).isEqualTo(1);
  }

  @Test
  void framesLongerThanTheBufferAreNotWritten() {
    postOne(address(1), 1);
    AddressSpace.putLong(address(1), 42);
    assertThat(ring.receive(new byte[FRAME_LENGTH_MAX + 1], 0, FRAME_LENGTH_MAX + 1)).isTrue();
    assertThat(AddressSpace.getLong(address(1))).isEqualTo(42);
    assertThat(ring.engineCounters.get(RxRing.TOO_LONG)).isEqualTo(1);
    batch.clear();
    assertThat(ring.drain(batch)).isZero();
  }

  @Test
  void rebindTellsEachBufferOnceAndKeepsFramesIfWanted() {
    for (int chunk = 0; chunk < 10; chunk++) {
      postOne(address(chunk), chunk);
    }
    for (int i = 0; i < 6; i++) {
      receiveOne(frame(i), 60);
    }
    List<Integer> tokens = new ArrayList<>();
    Deque<byte[]> kept = new ArrayDeque<>();
    ring.rebind(window, kept, (owner, token) -> tokens.add(token));
    assertThat(tokens).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    assertThat(ring.freeSlots()).isEqualTo(SIZE);
    assertThat(ring.outstanding(0)).isZero();
    assertThat(ring.unfilled()).isZero();
    assertThat(kept).hasSize(6);
    for (int i = 0; i < 6; i++) {
      assertThat(kept.remove()).hasSize(60).startsWith((byte) i);
    }
    assertThat(ring.driverCounters.get(RxRing.DROPPED_BY_REBIND)).isZero();
    assertThat(postOne(address(3), 3)).as("forgotten, so free again").isEqualTo(1);
  }

  @Test
  void rebindCountsFramesThatItDrops() {
    for (int chunk = 0; chunk < 10; chunk++) {
      postOne(address(chunk), chunk);
    }
    for (int i = 0; i < 6; i++) {
      receiveOne(frame(i), 60);
    }
    ring.rebind(window, null, (owner, token) -> {});
    assertThat(ring.driverCounters.get(RxRing.DROPPED_BY_REBIND)).isEqualTo(6);
    batch.clear();
    assertThat(ring.drain(batch)).isZero();
  }

  @Test
  void whatAFaultTookBackIsNeverSeen() {
    for (int chunk = 0; chunk < 10; chunk++) {
      postOne(address(chunk), chunk);
    }
    receiveOne(frame(1), 60);
    ring.receive(frame(2), 0, 60);
    ring.receive(frame(3), 0, 60);
    batch.clear();
    assertThat(ring.drain(batch)).as("the step is not over").isEqualTo(1);
    ring.rewind();
    InternalError fault = new InternalError("a page is gone");
    assertThat(ring.failBurst(4, fault)).isEqualTo(4);
    assertThatThrownBy(() -> ring.drain(batch)).as("told before the buffers come").isSameAs(fault);
    ring.publish();
    batch.clear();
    assertThat(ring.drain(batch)).as("told once").isEqualTo(4);
    assertThat(batch.token).startsWith(1, 2, 3, 4);
    assertThat(batch.length).startsWith(0, 0, 0, 0);
    assertThat(ring.engineCounters.get(RxRing.DMA_FAULTS)).isEqualTo(4);
    assertThat(ring.driverCounters.get(RxRing.PACKETS)).isEqualTo(1);
  }

  @Test
  void aFaultIsNotLeftToTheNextUserOfTheQueue() {
    postOne(address(1), 1);
    ring.failBurst(1, new InternalError("a page is gone"));
    ring.publish();
    ring.rebind(window, null, (owner, token) -> {});
    batch.clear();
    assertThat(ring.drain(batch)).isZero();
  }

  @Test
  void aClosedRingTakesNoFrame() {
    postOne(address(1), 1);
    ring.close();
    assertThat(receiveOne(frame(1), 60)).isFalse();
  }
}
