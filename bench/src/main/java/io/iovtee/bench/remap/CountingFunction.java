// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.remap;

import io.iovtee.vswitch.frontend.FrontendChannel;
import io.iovtee.vswitch.frontend.FrontendMemory;
import io.iovtee.vswitch.frontend.VhostUserFrontend;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.virtio.DriverVirtqueue;
import io.iovtee.vswitch.virtio.VirtioFeature;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/**
 * A network function that notes the number of each frame it receives and posts the buffer again.
 */
final class CountingFunction implements AutoCloseable {
  private static final int RECEIVE = 0;
  private static final int TRANSMIT = 1;
  private static final int HEADER = 12;
  private static final int BUFFER_LENGTH = HEADER + 2048;
  private static final int BUFFER_STRIDE = 2304;
  private static final int BURST = 64;

  /** Short beside what is measured, and the other threads get the core. */
  private static final long PAUSE_NS = 50_000;

  private final Deliveries deliveries;
  private final FrontendMemory memory;
  private final VhostUserFrontend frontend;
  private final DriverVirtqueue ring;
  private final long buffers;
  private final int[] tokens = new int[BURST];
  private final int[] lengths = new int[BURST];
  private final Thread thread;
  private volatile boolean stopping;

  /** Written by one thread. */
  private volatile long received;

  CountingFunction(Path socket, int queueSize, Deliveries deliveries) {
    this.deliveries = deliveries;
    memory =
        FrontendMemory.create(
            (long) BUFFER_STRIDE * queueSize + 2 * DriverVirtqueue.bytes(queueSize) + 4096, false);
    frontend = new VhostUserFrontend(FrontendChannel.connect(socket), memory, 1, queueSize);
    frontend.negotiate(
        VirtioFeature.VERSION_1.mask()
            | VirtioFeature.MRG_RXBUF.mask()
            | VirtioFeature.PROTOCOL_FEATURES.mask());
    ring = frontend.queue(RECEIVE);
    buffers = memory.allocate((long) BUFFER_STRIDE * queueSize);
    for (int i = 0; i < queueSize; i++) {
      post(i);
    }
    ring.suppressCalls(true);
    frontend.queue(TRANSMIT).suppressCalls(true);
    ring.publish();
    frontend.start();
    frontend.kick(RECEIVE);
    thread = new Thread(this::run, "counting-function");
    thread.setDaemon(true);
    thread.start();
  }

  /** Frames so far. */
  long received() {
    return received;
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes
  private void run() {
    while (!stopping) {
      int count = ring.reap(tokens, lengths, BURST);
      long nowNs = System.nanoTime();
      for (int i = 0; i < count; i++) {
        long frame = buffers + (long) tokens[i] * BUFFER_STRIDE + HEADER;
        deliveries.arrived(
            Long.reverseBytes(AddressSpace.getLong(frame + NumberedTraffic.NUMBER_OFFSET)), nowNs);
        post(tokens[i]);
      }
      if (count > 0) {
        ring.publish();
        received += count;
      } else {
        LockSupport.parkNanos(PAUSE_NS);
      }
    }
  }

  private void post(int token) {
    long address = FrontendMemory.guestAddress(buffers + (long) token * BUFFER_STRIDE);
    if (!ring.add(address, BUFFER_LENGTH, true, token)) {
      throw new IllegalStateException("as many buffers as descriptors, and none is free");
    }
  }

  /** Ends the thread, so that all arrivals can be read, and leaves the switch. */
  @Override
  public void close() {
    stopping = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    frontend.close();
    memory.close();
  }
}
