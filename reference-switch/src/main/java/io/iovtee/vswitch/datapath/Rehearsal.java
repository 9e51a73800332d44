// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Memfd;
import io.iovtee.vswitch.linux.Mmap;
import io.iovtee.vswitch.memory.ChunkStack;
import io.iovtee.vswitch.memory.GuestMemory;
import io.iovtee.vswitch.memory.MemoryRegion;
import io.iovtee.vswitch.virtio.DriverVirtqueue;
import io.iovtee.vswitch.virtio.VirtioFeature;
import io.iovtee.vswitch.virtio.VirtqueueSetup;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;

/**
 * Runs the data path on frames of its own before there is any port, so that the JVM has compiled it
 * when the first real frame comes: the very code, between a NIC, a loop and a guest that nobody
 * else knows. So no counter, no learned address and no real port sees anything of it.
 *
 * <p>All on the thread that calls: the loop is turned by hand, and so is the guest, which sends
 * every frame back.
 */
public final class Rehearsal implements AutoCloseable {
  /** Port numbers in the program. */
  public static final int NIC = 1;

  public static final int GUEST = 2;

  private static final int SIZE = 256;
  private static final int BUFFER = 2048;
  private static final int TRANSMIT_RING = 0x1_0000;
  private static final int RECEIVE_BUFFERS = 0x2_0000;
  private static final int TRANSMIT_BUFFERS = RECEIVE_BUFFERS + SIZE * BUFFER;
  private static final int BYTES = TRANSMIT_BUFFERS + SIZE * BUFFER;
  private static final int HEADER = 12;
  private static final long FEATURES = VirtioFeature.VERSION_1.mask();

  /** Turns between two looks at the clock: far less than a millisecond. */
  private static final int TURNS_PER_LOOK = 64;

  private final PollLoop loop;
  private final GuestBinding binding;
  private final InputCounters counters;
  private final Fd file = Memfd.create("iovtee-rehearsal", BYTES);
  private final Mmap mapping = Mmap.shared(file, 0, BYTES, true);
  private final GuestMemory memory =
      GuestMemory.ofMapped(List.of(new MemoryRegion(0, BYTES, 0, 0, mapping.address())));
  private final DriverVirtqueue receive = ring(0);
  private final DriverVirtqueue transmit = ring(TRANSMIT_RING);
  private final int[] tokens = new int[SIZE];
  private final int[] lengths = new int[SIZE];

  /**
   * Puts the pieces together.
   *
   * @param nic one that always has frames; stays the caller's
   * @param pool chunks of its own
   * @param program what is between port {@link #NIC} and port {@link #GUEST}
   */
  public Rehearsal(NicPort nic, ChunkStack pool, FlowProgram program) {
    loop = new PollLoop("rehearsal", -1, pool, program, new MacTable(), port -> {});
    NicInput input = new NicInput(nic.rxQueue(0), pool, loop.clockNs());
    counters = input.counters();
    loop.addInput(new LoopInput(input, NIC, counters));
    NicPort.NicTxQueue output = nic.txQueue(0);
    output.bind(loop);
    loop.setOutput(NIC, output);
    loop.addNicOutput(output);
    binding = new GuestBinding(GUEST, 1, loop);
    for (int i = 0; i < SIZE; i++) {
      receive.add(RECEIVE_BUFFERS + (long) i * BUFFER, BUFFER, true, i);
    }
    receive.publish();
    turnUntil(binding.startRing(0, setup(receive), true, null, null));
    turnUntil(binding.startRing(1, setup(transmit), true, null, null));
  }

  private DriverVirtqueue ring(int offset) {
    return new DriverVirtqueue(mapping.address() + offset, offset, SIZE, FEATURES);
  }

  private VirtqueueSetup setup(DriverVirtqueue driver) {
    return VirtqueueSetup.of(
        "rehearsal",
        memory,
        driver.descAddress(),
        driver.availAddress(),
        driver.usedAddress(),
        SIZE,
        0,
        0,
        FEATURES);
  }

  /**
   * Lets frames run, there and back; in turns the guest's frames are copied and travel in its own
   * buffers.
   *
   * @param limitNs how long, nanoseconds; asked again and again, for it may change meanwhile
   * @return frames that the NIC received
   */
  public long run(LongSupplier limitNs) {
    long beginNs = System.nanoTime();
    boolean lend = false;
    while (System.nanoTime() - beginNs < limitNs.getAsLong()) {
      lend = !lend;
      turnUntil(binding.setTransmitLending(lend));
      for (int i = 0; i < TURNS_PER_LOOK; i++) {
        loop.doWork();
        sendBack();
      }
    }
    return counters.frames();
  }

  private void turnUntil(CompletableFuture<?> command) {
    while (!command.isDone()) {
      loop.doWork();
    }
    command.join();
  }

  /** The guest: posts the buffers of what came again, and sends as many frames. */
  private void sendBack() {
    int came = receive.reap(tokens, lengths, SIZE);
    for (int i = 0; i < came; i++) {
      receive.add(RECEIVE_BUFFERS + (long) tokens[i] * BUFFER, BUFFER, true, tokens[i]);
    }
    receive.publish();
    int frameLength = came == 0 ? 0 : lengths[0];
    transmit.reap(tokens, lengths, SIZE);
    for (int i = 0; i < came && transmit.freeDescriptors() > 0; i++) {
      transmit.add(TRANSMIT_BUFFERS + (long) i * BUFFER, Math.max(HEADER, frameLength), false, i);
    }
    transmit.publish();
  }

  @Override
  public void close() {
    try {
      turnUntil(binding.stopRing(1));
      turnUntil(binding.stopRing(0));
    } finally {
      mapping.close();
      file.close();
    }
  }
}
