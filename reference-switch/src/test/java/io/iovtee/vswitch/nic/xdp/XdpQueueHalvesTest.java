// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.BufferList;
import io.iovtee.vswitch.datapath.FrameBatch;
import io.iovtee.vswitch.datapath.LoopBuffers;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Memfd;
import io.iovtee.vswitch.linux.Mmap;
import io.iovtee.vswitch.linux.Xsk.RingOffsets;
import io.iovtee.vswitch.memory.ChunkStack;
import io.iovtee.vswitch.memory.HostPool;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Both halves of a queue on rings whose kernel is the test: it also does what no kernel should. */
class XdpQueueHalvesTest {
  private static final int SIZE = 64;
  private static final int PRODUCER = 0;
  private static final int CONSUMER = 64;
  private static final int FLAGS = 128;
  private static final int ENTRIES = 256;

  private final HostPool pool = HostPool.create(1024, false);
  private final ChunkStack chunks = pool.slice(1024);
  private final Umem umem = Umem.of(pool);
  private final Mmap fill = Mmap.anonymous(4096);
  private final Mmap completion = Mmap.anonymous(4096);
  private final Mmap rx = Mmap.anonymous(4096);
  private final Mmap tx = Mmap.anonymous(4096);
  private final FrameBatch batch = new FrameBatch();
  private final List<Integer> givenBack = new ArrayList<>();
  private XdpSocket socket;
  private XdpRxQueue receiver;
  private XdpTxQueue transmitter;

  @BeforeEach
  void start() {
    List<RingMemory> rings = new ArrayList<>();
    for (Mmap mapping : new Mmap[] {fill, completion, rx, tx}) {
      rings.add(new RingMemory(mapping, new RingOffsets(PRODUCER, CONSUMER, ENTRIES, FLAGS), SIZE));
    }
    // Not a socket: a wake-up of it fails, which must be counted and no more.
    Fd fd = Memfd.create("stands-for-a-socket", 4096);
    socket = new XdpSocket(fd, rings);
    receiver = new XdpRxQueue(null, SIZE);
    receiver.start(socket, umem);
    transmitter = new XdpTxQueue(null, pool);
    transmitter.start(socket, umem);
    transmitter.bind(new Loop());
  }

  @AfterEach
  void close() {
    socket.close();
    pool.close();
  }

  private final class Loop implements LoopBuffers {
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
      assertThat(owner).isEqualTo(FrameBatch.HOST_POOL);
      givenBack.add(token);
    }
  }

  private int post(int count) {
    BufferList list = new BufferList();
    for (int i = 0; i < count; i++) {
      int chunk = chunks.take();
      list.add(chunks.frameAddress(chunk), chunk);
    }
    return receiver.post(list, FrameBatch.HOST_POOL, (byte) 0);
  }

  /** The kernel fills the chunk at an offset. */
  private void deliver(long frameOffset, int length) {
    int producer = AddressSpace.getInt(rx.address() + PRODUCER);
    long entry = rx.address() + ENTRIES + 16L * (producer & (SIZE - 1));
    AddressSpace.putLong(entry, frameOffset);
    AddressSpace.putInt(entry + 8, length);
    AddressSpace.putInt(rx.address() + PRODUCER, producer + 1);
  }

  private void complete(long frameOffset) {
    int producer = AddressSpace.getInt(completion.address() + PRODUCER);
    long entry = completion.address() + ENTRIES + 8L * (producer & (SIZE - 1));
    AddressSpace.putLong(entry, frameOffset);
    AddressSpace.putInt(completion.address() + PRODUCER, producer + 1);
  }

  private long rxCount(int counter) {
    return receiver.counters.get(counter);
  }

  private long txCount(int counter) {
    return transmitter.counters.get(counter);
  }

  @Test
  void fillEntriesAreChunkStarts() {
    assertThat(post(3)).isEqualTo(3);
    for (int i = 0; i < 3; i++) {
      assertThat(AddressSpace.getLong(fill.address() + ENTRIES + 8L * i)).isEqualTo(i * 2048L);
    }
    assertThat(AddressSpace.getInt(fill.address() + PRODUCER)).isEqualTo(3);
  }

  @Test
  void neverPostsMoreThanTheRxRingHoldsEvenWhenTheFillRingHasRoom() {
    assertThat(receiver.freeSlots()).isEqualTo(SIZE);
    assertThat(post(SIZE)).isEqualTo(SIZE);
    AddressSpace.putInt(fill.address() + CONSUMER, SIZE);
    assertThat(receiver.freeSlots()).isZero();
    assertThat(post(1)).isZero();
    deliver(512, 60);
    assertThat(receiver.freeSlots()).as("the frame is still in the Rx ring").isZero();
    assertThat(receiver.poll(batch)).isEqualTo(1);
    assertThat(receiver.freeSlots()).isEqualTo(1);
    assertThat(post(2)).isEqualTo(1);
  }

  @Test
  void frameAtAnAddressThatWasNeverPostedIsIgnoredAndCounted() {
    post(2);
    for (long offset : new long[] {513, 2048 * 5 + 512, -1, Long.MAX_VALUE, 0}) {
      deliver(offset, 60);
    }
    deliver(512, 60);
    deliver(512, 60);
    assertThat(receiver.poll(batch)).isEqualTo(1);
    assertThat(batch.count).isEqualTo(1);
    assertThat(batch.token[0]).isZero();
    assertThat(rxCount(QueueCounters.RX_UNKNOWN_ADDRESS)).isEqualTo(6);
    assertThat(rxCount(QueueCounters.RX_PACKETS)).isEqualTo(1);
    assertThat(receiver.outstanding(FrameBatch.HOST_POOL)).isEqualTo(1);
    assertThat(AddressSpace.getInt(rx.address() + CONSUMER)).isEqualTo(7);
  }

  @Test
  void framesOutOfOrderKeepTheirBuffers() {
    post(4);
    for (int chunk : new int[] {3, 1, 0, 2}) {
      deliver(chunk * 2048L + 512, 60 + chunk);
    }
    assertThat(receiver.poll(batch)).isEqualTo(4);
    assertThat(new int[] {batch.token[0], batch.token[1], batch.token[2], batch.token[3]})
        .containsExactly(3, 1, 0, 2);
    assertThat(batch.length[1]).isEqualTo(61);
    assertThat(rxCount(QueueCounters.RX_OUT_OF_ORDER)).isPositive();
  }

  @Test
  void lengthThatNoChunkHoldsBecomesAnEmptyFrame() {
    post(4);
    int[] lengths = {1537, -1, 0, 1536};
    for (int i = 0; i < lengths.length; i++) {
      deliver(i * 2048L + 512, lengths[i]);
    }
    assertThat(receiver.poll(batch)).isEqualTo(4);
    assertThat(batch.length).startsWith(0, 0, 0, 1536);
    assertThat(rxCount(QueueCounters.RX_BAD_LENGTH)).isEqualTo(3);
    assertThat(rxCount(QueueCounters.RX_BYTES)).isEqualTo(1536);
  }

  @Test
  void wakesTheKernelOnlyWhenItAsksAndSurvivesAFailure() {
    post(1);
    assertThat(rxCount(QueueCounters.RX_WAKEUPS)).isZero();
    AddressSpace.putInt(fill.address() + FLAGS, 1);
    post(1);
    assertThat(rxCount(QueueCounters.RX_WAKEUPS)).isEqualTo(1);
    assertThat(rxCount(QueueCounters.RX_WAKEUP_ERRORS)).as("ENOTSOCK").isEqualTo(1);
    receiver.poll(batch);
    assertThat(rxCount(QueueCounters.RX_WAKEUPS)).as("it may sleep again").isEqualTo(2);
    deliver(512, 60);
    deliver(2560, 60);
    receiver.poll(batch);
    receiver.poll(batch);
    assertThat(rxCount(QueueCounters.RX_WAKEUPS)).as("nothing is posted").isEqualTo(2);
  }

  @Test
  void withoutASocketThereIsNothingToDo() {
    post(1);
    receiver.stop();
    assertThat(receiver.poll(batch)).isZero();
    assertThat(receiver.freeSlots()).isZero();
    assertThat(post(1)).isZero();
    transmitter.pause();
    transmitter.stop();
    transmitter.resume();
    assertThat(transmitter.flush()).isZero();
  }

  @Test
  void framesThatNobodyLooksAtAnyMoreAreCounted() {
    post(3);
    deliver(512, 60);
    receiver.poll(batch);
    deliver(4712, 60); // an address that we did not post
    receiver.poll(batch);
    deliver(2560, 60);
    receiver.stop();
    receiver.countLost(4);
    assertThat(rxCount(QueueCounters.RX_LOST_IN_REBIND)).as("in the ring, under way").isEqualTo(2);
    receiver.countLost(4);
    assertThat(rxCount(QueueCounters.RX_LOST_IN_REBIND)).as("counted before").isEqualTo(2);
    receiver.countLost(5);
    assertThat(rxCount(QueueCounters.RX_LOST_IN_REBIND)).isEqualTo(3);
  }

  private void transmit(int count) {
    batch.clear();
    int[] index = new int[count];
    for (int i = 0; i < count; i++) {
      int chunk = chunks.take();
      index[i] = i;
      batch.add(chunks.frameAddress(chunk), 60, chunk, FrameBatch.HOST_POOL, (byte) 0);
    }
    transmitter.transmit(batch, index, count, true);
  }

  @Test
  void completionsGiveBackEachChunkOnce() {
    transmit(3);
    complete(2 * 2048 + 512);
    complete(512);
    complete(512);
    assertThat(transmitter.flush()).isEqualTo(2);
    assertThat(givenBack).containsExactly(2, 0);
    assertThat(txCount(QueueCounters.TX_UNKNOWN_COMPLETIONS)).isEqualTo(1);
    complete(2048 + 512);
    transmitter.flush();
    assertThat(givenBack).containsExactly(2, 0, 1);
  }

  @Test
  void completionOfWhatWasNeverSentIsIgnored() {
    transmit(1);
    for (long offset : new long[] {-1, pool.length(), Long.MAX_VALUE, 7 * 2048}) {
      complete(offset);
    }
    assertThat(transmitter.flush()).isZero();
    assertThat(givenBack).isEmpty();
    assertThat(txCount(QueueCounters.TX_UNKNOWN_COMPLETIONS)).isEqualTo(4);
    complete(512);
    assertThat(transmitter.flush()).isEqualTo(1);
  }

  @Test
  void wakesTheKernelOnlyForFramesThatItHasNotTaken() {
    AddressSpace.putInt(tx.address() + FLAGS, 1);
    transmit(2);
    transmitter.flush();
    assertThat(txCount(QueueCounters.TX_WAKEUPS)).isEqualTo(1);
    assertThat(txCount(QueueCounters.TX_WAKEUP_ERRORS)).as("ENOTSOCK").isEqualTo(1);
    AddressSpace.putInt(tx.address() + CONSUMER, 2);
    transmitter.flush();
    assertThat(txCount(QueueCounters.TX_WAKEUPS)).isEqualTo(1);
    AddressSpace.putInt(tx.address() + FLAGS, 0);
    transmit(1);
    transmitter.flush();
    assertThat(txCount(QueueCounters.TX_WAKEUPS)).isEqualTo(1);
  }

  @Test
  void pausedHalfSendsNothing() {
    transmitter.pause();
    transmit(1);
    assertThat(batch.taken[0]).isFalse();
    assertThat(AddressSpace.getInt(tx.address() + PRODUCER)).isZero();
    assertThat(txCount(QueueCounters.TX_DROPPED)).isEqualTo(1);
    assertThat(transmitter.flush()).isZero();
    transmitter.resume();
    transmit(1);
    assertThat(batch.taken[0]).isTrue();
  }
}
