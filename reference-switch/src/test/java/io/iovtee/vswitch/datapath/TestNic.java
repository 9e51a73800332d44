// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.api.Arrival;
import io.iovtee.api.BufferList;
import io.iovtee.api.DmaConstraints;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.memory.GuestMemory;
import io.iovtee.vswitch.memory.HostPool;
import java.lang.foreign.Arena;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A NIC in an array: one receive queue that the test fills, one transmit queue that it reads. */
final class TestNic implements NicPort {
  static final int RING = 256;

  /** A buffer that is with the NIC, or a frame that waits in one. */
  private record Buffer(long address, int token, int owner, byte reason, int length) {}

  private final ArrayDeque<Buffer> posted = new ArrayDeque<>();
  private final ArrayDeque<Buffer> filled = new ArrayDeque<>();
  private final List<byte[]> sent = new ArrayList<>();
  private final Rx rx = new Rx();
  private final Tx tx = new Tx();
  private final HostPool pool;

  /** As AF_XDP: buffers that it once has can not be recalled. */
  boolean keepsBuffers;

  /** Runs before each frame is sent: what a guest does at the worst moment. */
  Runnable beforeSending = () -> {};

  /** Of each post the first so many buffers are refused. */
  int refuses;

  /** Frames that found no buffer. */
  int missed;

  NicBinding binding;

  TestNic(HostPool pool) {
    this.pool = pool;
  }

  void bind(int port, List<PollLoop> loops) {
    binding = new NicBinding(port, this, loops.subList(0, 1));
    binding.start(loops);
  }

  /** Writes each frame into the next posted buffer, as a NIC's DMA does. */
  void receive(byte[]... frames) {
    for (byte[] frame : frames) {
      Buffer buffer = posted.poll();
      if (buffer == null) {
        missed++;
        continue;
      }
      AddressSpace.copyFromArray(frame, 0, buffer.address(), frame.length);
      filled.add(
          new Buffer(
              buffer.address(), buffer.token(), buffer.owner(), buffer.reason(), frame.length));
    }
  }

  /** Where the last received frame lies. */
  long lastAddress() {
    return filled.getLast().address();
  }

  /** Buffers of an owner that are with the NIC. */
  int held(int owner) {
    return rx.outstanding(owner);
  }

  /** Frames that left through this NIC since the last call. */
  List<byte[]> sent() {
    List<byte[]> all = List.copyOf(sent);
    sent.clear();
    return all;
  }

  InputCounters input() {
    return binding.inputCounters(0);
  }

  private final class Rx implements NicRxQueue {
    @Override
    public int poll(FrameBatch batch) {
      int n = 0;
      while (n < FrameBatch.CAPACITY && !filled.isEmpty()) {
        Buffer frame = filled.remove();
        batch.add(frame.address(), frame.length(), frame.token(), frame.owner(), frame.reason());
        n++;
      }
      return n;
    }

    @Override
    public int freeSlots() {
      return RING - posted.size() - filled.size();
    }

    @Override
    public int post(BufferList list, int owner, byte copyReason) {
      int refused = owner == FrameBatch.HOST_POOL ? 0 : Math.min(refuses, list.count);
      int n = list.count - refused;
      for (int i = refused; i < list.count; i++) {
        posted.add(new Buffer(list.address[i], list.token[i], owner, copyReason, 0));
      }
      list.count = refused;
      return n;
    }

    @Override
    public int outstanding(int owner) {
      return (int)
          (posted.stream().filter(b -> b.owner() == owner).count()
              + filled.stream().filter(b -> b.owner() == owner).count());
    }

    @Override
    public int nextOwner() {
      return posted.isEmpty() ? -1 : posted.peek().owner();
    }

    @Override
    public byte nextCopyReason() {
      return posted.isEmpty() ? 0 : posted.peek().reason();
    }

    @Override
    public Admission admission(byte[] frame) {
      return new Admission(Arrival.Entry.ENTERS, "");
    }

    @Override
    public int recall(int owner, BufferList out) {
      if (keepsBuffers) {
        return -1;
      }
      int n = 0;
      for (Iterator<Buffer> all = posted.iterator();
          all.hasNext() && out.count < BufferList.CAPACITY; ) {
        Buffer buffer = all.next();
        if (buffer.owner() == owner) {
          out.add(buffer.address(), buffer.token());
          all.remove();
          n++;
        }
      }
      return n;
    }

    @Override
    public DmaConstraints constraints() {
      return new DmaConstraints(0, Long.MAX_VALUE, 0, 0, HostPool.FRAME_LENGTH_MAX);
    }

    @Override
    public void rebind(@Nullable GuestMemory guest, Recovered recovered) {
      posted.forEach(buffer -> recovered.buffer(buffer.owner(), buffer.token()));
      filled.forEach(buffer -> recovered.buffer(buffer.owner(), buffer.token()));
      posted.clear();
      filled.clear();
    }

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

  private final class Tx implements NicTxQueue {
    private final Arena arena = Arena.ofAuto();
    private final long scratch = arena.allocate(HostPool.CHUNK_SIZE).address();

    @Override
    public void bind(LoopBuffers buffers) {}

    @Override
    public void transmit(FrameBatch batch, int[] index, int count, boolean mayTake) {
      for (int k = 0; k < count; k++) {
        int i = index[k];
        beforeSending.run();
        batch.copyTo(i, scratch);
        byte[] frame = new byte[batch.length[i]];
        AddressSpace.copyToArray(scratch, frame, 0, frame.length);
        sent.add(frame);
        batch.raiseOutcome(i, io.iovtee.api.Outcome.FORWARDED.ordinal());
      }
    }

    @Override
    public int flush() {
      return 0;
    }

    @Override
    public Map<String, Long> counters() {
      return Map.of();
    }

    @Override
    public void close() {}
  }

  @Override
  public String type() {
    return "test";
  }

  @Override
  public boolean emulated() {
    return true;
  }

  @Override
  public int rxQueues() {
    return 1;
  }

  @Override
  public NicRxQueue rxQueue(int queue) {
    return rx;
  }

  @Override
  public int txQueues() {
    return 1;
  }

  @Override
  public NicTxQueue txQueue(int queue) {
    return tx;
  }

  @Override
  public boolean linkUp() {
    return true;
  }

  @Override
  public String linkReason() {
    return "test, chunks=" + pool.chunks();
  }

  @Override
  public Map<String, Object> details() {
    return Map.of();
  }

  @Override
  public void close() {}
}
