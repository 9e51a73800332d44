// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.iovtee.api.BufferList;
import io.iovtee.api.DmaConstraints;
import io.iovtee.api.RxBufferSource;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.memory.ChunkStack;
import io.iovtee.vswitch.memory.GuestMemory;
import io.iovtee.vswitch.virtio.ReceiveVirtqueue;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A poll loop in steady state allocates nothing, whatever its frames go through. */
final class AllocationTest {
  private static final int FRAMES = 1_000_000;
  private static final int WARM_UP = 300_000;
  private static final int ROUNDS_MAX = 3;

  /** What one measurement itself may cost; a thousandth of a byte per frame. */
  private static final long BYTES_MAX = 1000;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** A full batch of 16 flows, again and again, in chunks that come back. */
  private static final class Endless implements FrameInput {
    private static final int STRIDE = 128;
    private final ChunkStack chunks;
    private final long base;

    Endless(ChunkStack chunks, Arena arena) {
      this.chunks = chunks;
      base = arena.allocate((FrameBatch.CAPACITY + 1L) * STRIDE, 64).address() + HEADROOM;
      for (int i = 0; i < FrameBatch.CAPACITY; i++) {
        byte[] frame = TestFrames.frame(2 + i % 16, 1, i);
        AddressSpace.copyFromArray(frame, 0, base + (long) i * STRIDE, frame.length);
      }
    }

    @Override
    public int poll(FrameBatch batch) {
      for (int i = 0; i < FrameBatch.CAPACITY; i++) {
        batch.add(base + (long) i * STRIDE, 60, chunks.take(), FrameBatch.HOST_POOL, (byte) 0);
      }
      return FrameBatch.CAPACITY;
    }
  }

  private interface Cycle {
    void run();
  }

  private static final String GROUPS =
      """
      group_id=1,type=select,bucket=watch_port:p2,p2,bucket=p3,bucket=meter:1,p4
      group_id=2,type=all,bucket=p2,bucket=mod_dl_src:02:00:00:00:00:66,p3,bucket=mod_nw_ttl:3,group:1
      group_id=3,type=ff,bucket=watch_port:p2,resubmit(p2,1),bucket=watch_port:p3,p3
      meter=1,pktps,bands=type=drop,rate=4000000000
      meter=2,kbps,burst,bands=type=drop,rate=1,burst_size=100
      table=1,actions=output:p2
      """;

  private static void assertAllocatesNothing(PollLoop loop, InputCounters input, Cycle others) {
    cycles(loop, input, others, WARM_UP);
    long allocated = Long.MAX_VALUE;
    // The compiler giving up on compiled code may cost something once.
    for (int round = 0; round < ROUNDS_MAX && allocated >= BYTES_MAX; round++) {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      cycles(loop, input, others, input.frames() + FRAMES);
      allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
    }
    assertThat(allocated).as("bytes for %d frames", FRAMES).isLessThan(BYTES_MAX);
    TurnedLoops.assertSums(input);
  }

  private static void cycles(PollLoop loop, InputCounters input, Cycle others, long until) {
    while (input.frames() < until) {
      loop.doWork();
      others.run();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "actions=output:p2",
        "actions=drop",
        "actions=normal",
        "actions=flood",
        "actions=output:p2,output:p3",
        "actions=output:p4",
        "actions=mirror:p4,mirror:p2,output:p3",
        "actions=punt,output:p3",
        "actions=group:1",
        "actions=group:2,output:p4",
        "actions=group:3",
        "actions=meter:1,output:p2",
        "actions=meter:2,output:p2",
        "actions=mod_dl_src:02:00:00:00:00:77,output:p2",
        "actions=push_vlan:0x8100,mod_vlan_vid:7,output:p2",
        "actions=push_vlan:0x8100,output:p2,output:p3",
        "actions=move:dl_src[0..7]->reg1[0..7],resubmit(p3,0),output:p2"
      })
  void fromAQueueToGuests(String rule) {
    try (TurnedLoops loops = new TurnedLoops(2, "in_port=p9," + rule, "actions=drop", GROUPS);
        Arena arena = Arena.ofConfined()) {
      TestGuest second = loops.guest(2);
      TestGuest third = loops.guest(3);
      TestGuest far = loops.guest(loops.loops.get(1), 4, 128);
      loops.run(() -> far.binding.connectFrom(loops.loops));
      loops.macs.learn(TestFrames.mac(2), 2, 0);
      loops.macs.learn(TestFrames.mac(3), 3, 0);
      LoopInput row =
          new LoopInput(new Endless(loops.chunks.getFirst(), arena), 9, new InputCounters());
      loops.loop().addInput(row);
      PollLoop other = loops.loops.get(1);
      MirrorTable.Mirror all =
          new MirrorTable.Mirror(new int[] {9}, new int[] {2, 3}, 4); // with whatever rule
      loops.loop().setMirrors(new MirrorTable(rule.contains("mirror") ? List.of(all) : List.of()));
      PuntQueue punts = new PuntQueue(1_000_000_000);
      loops.loop().setPunts(punts);
      Thread taker = Thread.ofPlatform().daemon().start(() -> drain(punts));
      assertAllocatesNothing(
          loops.loop(),
          row.counters,
          () -> {
            other.doWork();
            second.recycle();
            third.recycle();
            far.recycle();
          });
      taker.interrupt();
      assertThat(loops.faults).isEmpty();
    }
  }

  private static void drain(PuntQueue punts) {
    while (!Thread.interrupted()) {
      punts.drain((_, _, _, _) -> {});
      LockSupport.parkNanos(100_000);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void fromAGuest(boolean lend) {
    try (TurnedLoops loops = new TurnedLoops(1, "in_port=p1,actions=output:p2", "actions=drop")) {
      TestGuest sender = loops.guest(1);
      TestGuest receiver = loops.guest(2);
      loops.run(() -> sender.binding.setTransmitLending(lend).join());
      sender.prepare(TestFrames.frame(2, 1, 0), 32);
      assertAllocatesNothing(
          loops.loop(),
          sender.input(),
          () -> {
            sender.sendPrepared();
            receiver.recycle();
          });
      assertThat(receiver.output().frames()).isGreaterThan(FRAMES);
    }
  }

  /** A source that lends what the guest posts, and a NIC that fills it at once. */
  @Test
  void writeThrough() {
    try (TurnedLoops loops = new TurnedLoops(1, "in_port=p9,actions=output:p1", "actions=drop")) {
      TestGuest guest = loops.guest(1);
      Instant nic = new Instant(TestFrames.frame(1, 9, 0));
      NicInput input = new NicInput(nic, loops.chunks.getFirst(), loops.loop().clockNs());
      LoopInput row = new LoopInput(input, 9, input.counters());
      GuestRing<ReceiveVirtqueue> ring = guest.binding.receiveRing(0);
      RxBufferSource source = new LendingSource(ring.queue);
      input.lendFrom(source, OwnerIds.receive(1, 0), ring);
      loops.loop().addInput(row);
      assertAllocatesNothing(loops.loop(), input.counters(), guest::recycle);
      assertThat(input.counters().outcome(io.iovtee.api.Outcome.WRITTEN_THROUGH))
          .isGreaterThan(FRAMES);
    }
  }

  /** Receives one frame into each buffer as soon as it is posted. */
  private static final class Instant implements NicRxQueue {
    private static final int RING = 256;
    private final byte[] frame;
    private final long[] address = new long[RING];
    private final int[] token = new int[RING];
    private final int[] owner = new int[RING];
    private long posted;
    private long polled;

    Instant(byte[] frame) {
      this.frame = frame;
    }

    @Override
    public int poll(FrameBatch batch) {
      int n = (int) Math.min(FrameBatch.CAPACITY, posted - polled);
      for (int i = 0; i < n; i++) {
        int slot = (int) polled++ & (RING - 1);
        AddressSpace.copyFromArray(frame, 0, address[slot], frame.length);
        batch.add(address[slot], frame.length, token[slot], owner[slot], (byte) 0);
      }
      return n;
    }

    @Override
    public int freeSlots() {
      return RING - (int) (posted - polled);
    }

    @Override
    public int post(BufferList list, int ownerId, byte copyReason) {
      int n = list.count;
      for (int i = 0; i < n; i++) {
        int slot = (int) posted++ & (RING - 1);
        address[slot] = list.address[i];
        token[slot] = list.token[i];
        owner[slot] = ownerId;
      }
      list.count = 0;
      return n;
    }

    @Override
    public int outstanding(int ownerId) {
      return ownerId == FrameBatch.HOST_POOL ? 0 : (int) (posted - polled);
    }

    @Override
    public int nextOwner() {
      return posted == polled ? -1 : owner[(int) polled & (RING - 1)];
    }

    @Override
    public byte nextCopyReason() {
      return 0;
    }

    @Override
    public Admission admission(byte[] frame) {
      return new Admission(io.iovtee.api.Arrival.Entry.ENTERS, "");
    }

    @Override
    public int recall(int ownerId, BufferList out) {
      return -1;
    }

    @Override
    public DmaConstraints constraints() {
      return new DmaConstraints(0, Long.MAX_VALUE, 0, 0, 1536);
    }

    @Override
    public void rebind(@Nullable GuestMemory guest, Recovered recovered) {}

    @Override
    public boolean steer(String match) {
      return false;
    }

    @Override
    public boolean unsteer(String match) {
      return false;
    }

    @Override
    public Map<String, Long> counters() {
      return Map.of();
    }

    @Override
    public void close() {}
  }
}
