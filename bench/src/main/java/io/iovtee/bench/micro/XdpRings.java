// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.micro;

import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.linux.Mmap;
import io.iovtee.vswitch.linux.XdpAbi.XdpDesc;
import io.iovtee.vswitch.linux.Xsk;
import io.iovtee.vswitch.nic.xdp.CompletionRing;
import io.iovtee.vswitch.nic.xdp.FillRing;
import io.iovtee.vswitch.nic.xdp.RingMemory;
import io.iovtee.vswitch.nic.xdp.RxRing;
import io.iovtee.vswitch.nic.xdp.TxRing;

/** The four rings of an AF_XDP socket on memory of our own, with the kernel's side. */
final class XdpRings implements AutoCloseable {
  static final int SIZE = 2048;
  private static final int CHUNK_SIZE = 2048;
  private static final int FRAME_LENGTH = 64;

  /** Each word on a line of its own, as the kernel lays them out. */
  private static final Xsk.RingOffsets OFFSETS = new Xsk.RingOffsets(0, 64, 192, 128);

  private final RingMemory fillMemory = memory();
  private final RingMemory completionMemory = memory();
  private final RingMemory rxMemory = memory();
  private final RingMemory txMemory = memory();
  private final FillRing fillRing = new FillRing(fillMemory);
  private final CompletionRing completionRing = new CompletionRing(completionMemory);
  private final RxRing rxRing = new RxRing(rxMemory);
  private final TxRing txRing = new TxRing(txMemory);

  /**
   * What the last step of our side read: written so that no compiler leaves the loads out, and in
   * the middle of two lines that the kernel's side does not touch.
   */
  private final long[] read = new long[16];

  private static RingMemory memory() {
    Mmap mapping = Mmap.anonymous(OFFSETS.descriptors() + (long) SIZE * XdpDesc.SIZEOF);
    return new RingMemory(mapping, OFFSETS, SIZE);
  }

  /** Gives the kernel as many buffers as there is room for, at most {@code count}. */
  int fill(int count) {
    int room = fillRing.reserve(count);
    for (int i = 0; i < room; i++) {
      int index = fillRing.index(i);
      fillRing.write(index, (long) (index & SIZE - 1) * CHUNK_SIZE);
    }
    fillRing.submit(room);
    return room;
  }

  /** Gives the kernel as many frames as there is room for, at most {@code count}. */
  int transmit(int count) {
    int room = txRing.reserve(count);
    for (int i = 0; i < room; i++) {
      int index = txRing.index(i);
      txRing.write(index, (long) (index & SIZE - 1) * CHUNK_SIZE, FRAME_LENGTH);
    }
    txRing.submit(room);
    return room;
  }

  /**
   * Takes received frames, at most {@code count}.
   *
   * @return how many
   */
  int receive(int count) {
    int ready = rxRing.peek(count);
    long sum = 0;
    for (int i = 0; i < ready; i++) {
      int index = rxRing.index(i);
      sum += rxRing.frameOffset(index) + rxRing.length(index);
    }
    rxRing.release(ready);
    read[8] = sum;
    return ready;
  }

  /** As {@link #receive}, buffers whose frames were sent. */
  int complete(int count) {
    int ready = completionRing.peek(count);
    long sum = 0;
    for (int i = 0; i < ready; i++) {
      sum += completionRing.offset(completionRing.index(i));
    }
    completionRing.release(ready);
    read[8] = sum;
    return ready;
  }

  /** The kernel reads and takes all buffers of the fill ring. */
  long kernelTakesBuffers() {
    int producer = AddressSpace.getIntAcquire(fillMemory.producerAddress());
    int consumer = AddressSpace.getInt(fillMemory.consumerAddress());
    long sum = 0;
    for (; consumer != producer; consumer++) {
      sum += AddressSpace.getLong(entry(fillMemory, consumer, FillRing.ENTRY_LENGTH));
    }
    AddressSpace.putIntRelease(fillMemory.consumerAddress(), consumer);
    return sum;
  }

  /** The kernel reads and takes all frames of the Tx ring. */
  long kernelTakesFrames() {
    int producer = AddressSpace.getIntAcquire(txMemory.producerAddress());
    int consumer = AddressSpace.getInt(txMemory.consumerAddress());
    long sum = 0;
    for (; consumer != producer; consumer++) {
      sum += AddressSpace.getLong(entry(txMemory, consumer, XdpDesc.SIZEOF));
    }
    AddressSpace.putIntRelease(txMemory.consumerAddress(), consumer);
    return sum;
  }

  /** The kernel puts frames into the Rx ring, if there is room. */
  void kernelReceives(int count) {
    int producer = AddressSpace.getInt(rxMemory.producerAddress());
    if (hasRoom(rxMemory, producer, count)) {
      for (int i = 0; i < count; i++) {
        long entry = entry(rxMemory, producer + i, XdpDesc.SIZEOF);
        AddressSpace.putLong(entry + XdpDesc.ADDR, (long) (producer + i & SIZE - 1) * CHUNK_SIZE);
        AddressSpace.putInt(entry + XdpDesc.LEN, FRAME_LENGTH);
      }
      AddressSpace.putIntRelease(rxMemory.producerAddress(), producer + count);
    }
  }

  /** The kernel gives sent buffers back, if there is room. */
  void kernelCompletes(int count) {
    int producer = AddressSpace.getInt(completionMemory.producerAddress());
    if (hasRoom(completionMemory, producer, count)) {
      for (int i = 0; i < count; i++) {
        long offset = (long) (producer + i & SIZE - 1) * CHUNK_SIZE;
        AddressSpace.putLong(
            entry(completionMemory, producer + i, CompletionRing.ENTRY_LENGTH), offset);
      }
      AddressSpace.putIntRelease(completionMemory.producerAddress(), producer + count);
    }
  }

  private static boolean hasRoom(RingMemory ring, int producer, int count) {
    return SIZE - (producer - AddressSpace.getIntAcquire(ring.consumerAddress())) >= count;
  }

  private static long entry(RingMemory ring, int index, int length) {
    return ring.entriesAddress() + (long) (index & SIZE - 1) * length;
  }

  @Override
  public void close() {
    fillMemory.close();
    completionMemory.close();
    rxMemory.close();
    txMemory.close();
  }
}
