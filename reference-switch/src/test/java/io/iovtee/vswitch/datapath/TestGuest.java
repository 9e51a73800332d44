// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.linux.EventFd;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Memfd;
import io.iovtee.vswitch.linux.Mmap;
import io.iovtee.vswitch.memory.GuestMemory;
import io.iovtee.vswitch.memory.MemoryRegion;
import io.iovtee.vswitch.virtio.DriverVirtqueue;
import io.iovtee.vswitch.virtio.VirtioFeature;
import io.iovtee.vswitch.virtio.VirtqueueSetup;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * A guest with one queue pair whose driver the test plays: it sends and receives whole frames and
 * knows which of its buffers each came in.
 */
final class TestGuest implements AutoCloseable {
  static final int SIZE = 256;
  static final int HEADER = 12;
  private static final int BUFFER = 2048;
  private static final int NO_INTERRUPT = 1; // VIRTQ_AVAIL_F_NO_INTERRUPT
  private static final int RX_RING = 0;
  private static final int TX_RING = 0x1_0000;
  static final int RX_BUFFERS = 0x2_0000;
  private static final int TX_BUFFERS = RX_BUFFERS + SIZE * BUFFER;
  private static final int BYTES = TX_BUFFERS + SIZE * BUFFER;

  /** Negotiated by default. */
  static final long FEATURES = VirtioFeature.VERSION_1.mask();

  /** Wakes the guest for its receive ring; signalled as one that came from a guest. */
  final EventFd call = EventFd.adopt(EventFd.create().fd());

  /** One received frame and the buffer that it lay in. */
  record Received(int buffer, byte[] frame) {}

  final GuestBinding binding;
  final Mmap mapping;
  private final TurnedLoops loops;
  private final Fd file = Memfd.create("test-guest", BYTES);
  private final GuestMemory memory;
  private final DriverVirtqueue receive;
  private final DriverVirtqueue transmit;
  private final long features;
  private final ArrayDeque<Integer> free = new ArrayDeque<>();
  private final int[] tokens = new int[SIZE];
  private final int[] lengths = new int[SIZE];
  private int nextSent;
  private int preparedLength;

  /** Connects to the port with so many receive buffers posted. */
  TestGuest(TurnedLoops loops, PollLoop loop, int port, int buffers, long features) {
    this.loops = loops;
    this.features = features;
    mapping = Mmap.shared(file, 0, BYTES, true);
    memory = GuestMemory.ofMapped(List.of(new MemoryRegion(0, BYTES, 0, 0, mapping.address())));
    binding = new GuestBinding(port, 1, loop);
    receive = new DriverVirtqueue(mapping.address() + RX_RING, RX_RING, SIZE, features);
    transmit = new DriverVirtqueue(mapping.address() + TX_RING, TX_RING, SIZE, features);
    for (int i = 0; i < SIZE; i++) {
      free.add(i);
    }
    post(buffers);
    wantCalls(false);
    loops.run(() -> binding.startRing(0, setup(receive), true, call, null).join());
    loops.run(() -> binding.startRing(1, setup(transmit), true, null, null).join());
  }

  private VirtqueueSetup setup(DriverVirtqueue driver) {
    return VirtqueueSetup.of(
        "test",
        memory,
        driver.descAddress(),
        driver.availAddress(),
        driver.usedAddress(),
        SIZE,
        0,
        0,
        features);
  }

  Fd file() {
    return file;
  }

  /** Whether the guest wants to be woken when it has received something. */
  void wantCalls(boolean want) {
    long flags = mapping.address() + receive.availAddress();
    AddressSpace.putShort(flags, (short) (want ? 0 : NO_INTERRUPT));
  }

  GuestMemory memory() {
    return memory;
  }

  /** Posts receive buffers, the longest unused ones first. */
  void post(int buffers) {
    for (int i = 0; i < buffers; i++) {
      int buffer = free.remove();
      receive.add(RX_BUFFERS + (long) buffer * BUFFER, BUFFER, true, buffer);
    }
    receive.publish();
  }

  /** Where a buffer's frame lies in this process. */
  long frameAddress(int buffer) {
    return mapping.address() + RX_BUFFERS + (long) buffer * BUFFER + HEADER;
  }

  /** All frames that came since the last call; their buffers are free, not posted. */
  List<Received> received() {
    int[] tokens = new int[SIZE];
    int[] lengths = new int[SIZE];
    List<Received> all = new ArrayList<>();
    for (int n = receive.reap(tokens, lengths, SIZE); n > 0; ) {
      for (int i = 0; i < n; i++) {
        byte[] frame = new byte[Math.max(0, lengths[i] - HEADER)];
        AddressSpace.copyToArray(frameAddress(tokens[i]), frame, 0, frame.length);
        all.add(new Received(tokens[i], frame));
        free.add(tokens[i]);
      }
      n = receive.reap(tokens, lengths, SIZE);
    }
    return all;
  }

  /** As {@link #received}, the bytes alone. */
  List<byte[]> frames() {
    return received().stream().map(Received::frame).toList();
  }

  /** Sends the frames and turns the loops until the switch has taken them. */
  void send(byte[]... frames) {
    for (byte[] frame : frames) {
      put(frame);
    }
    transmit.publish();
    loops.turn();
    int[] tokens = new int[SIZE];
    transmit.reap(tokens, new int[SIZE], SIZE);
  }

  /** Makes one frame ready to send; returns where it lies in this process. */
  long put(byte[] frame) {
    int buffer = nextSent++ % SIZE;
    long at = TX_BUFFERS + (long) buffer * BUFFER;
    AddressSpace.fill(mapping.address() + at, HEADER, (byte) 0);
    AddressSpace.copyFromArray(frame, 0, mapping.address() + at + HEADER, frame.length);
    if (!transmit.add(at, HEADER + frame.length, false, buffer)) {
      throw new IllegalStateException("the test sends more than it reaps");
    }
    return mapping.address() + at + HEADER;
  }

  /** Lets the switch see what was put. */
  void publish() {
    transmit.publish();
  }

  /** Takes back the buffers of frames that the switch has sent; returns how many. */
  int reapSent() {
    return transmit.reap(new int[SIZE], new int[SIZE], SIZE);
  }

  /** Looks at no frame and posts each buffer again; allocates nothing. */
  void recycle() {
    int n = receive.reap(tokens, lengths, SIZE);
    for (int i = 0; i < n; i++) {
      receive.add(RX_BUFFERS + (long) tokens[i] * BUFFER, BUFFER, true, tokens[i]);
    }
    receive.publish();
  }

  /** Writes one frame into so many buffers, for {@link #sendPrepared}. */
  void prepare(byte[] frame, int buffers) {
    preparedLength = HEADER + frame.length;
    for (int i = 0; i < buffers; i++) {
      put(frame);
    }
    publish();
  }

  /** Sends again what was sent; allocates nothing. */
  void sendPrepared() {
    int n = transmit.reap(tokens, lengths, SIZE);
    for (int i = 0; i < n; i++) {
      transmit.add(TX_BUFFERS + (long) tokens[i] * BUFFER, preparedLength, false, tokens[i]);
    }
    transmit.publish();
  }

  InputCounters input() {
    return binding.inputCounters(0);
  }

  OutputCounters output() {
    return binding.outputCounters();
  }

  @Override
  public void close() {
    call.close();
    mapping.close();
    file.close();
  }
}
