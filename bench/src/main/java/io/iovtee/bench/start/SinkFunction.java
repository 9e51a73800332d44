// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.start;

import io.iovtee.bench.peer.PeerException;
import io.iovtee.vswitch.frontend.FrontendChannel;
import io.iovtee.vswitch.frontend.FrontendMemory;
import io.iovtee.vswitch.frontend.VhostUserFrontend;
import io.iovtee.vswitch.linux.ErrnoException;
import io.iovtee.vswitch.linux.Scheduler;
import io.iovtee.vswitch.virtio.DriverVirtqueue;
import io.iovtee.vswitch.virtio.VirtioFeature;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A network function that waits for a switch's socket, connects at once, takes all frames and notes
 * when they came. From the first frame on it polls a core of its own, so that it never makes the
 * switch wait. Posts buffers as DPDK does (2,060 bytes, one descriptor).
 */
final class SinkFunction {
  private static final int RECEIVE = 0;
  private static final int TRANSMIT = 1;
  private static final int BUFFER_LENGTH = 12 + 2048;
  private static final int BUFFER_STRIDE = 2304;
  private static final int BURST = 64;

  /** Between two looks for the socket: small beside any start. */
  private static final long LOOK_NS = 200_000;

  private final int cpu;
  private final int queueSize;
  private final int[] tokens = new int[BURST];
  private final int[] lengths = new int[BURST];

  /**
   * Prepares.
   *
   * @param cpu the core to poll on
   * @param queueSize entries of the virtqueue, and buffers
   */
  SinkFunction(int cpu, int queueSize) {
    this.cpu = cpu;
    this.queueSize = queueSize;
  }

  /**
   * Receives from a switch that is being started.
   *
   * @param sinceNs {@link System#nanoTime()} from which on times count
   * @param timeoutMs for the first frame
   * @param forMs how long to go on after it
   */
  Arrivals receive(Path socket, long sinceNs, long timeoutMs, long forMs) {
    BitSet before = Scheduler.affinity();
    BitSet own = new BitSet();
    own.set(cpu);
    Scheduler.setAffinity(own);
    long deadlineNs = sinceNs + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
    long length = (long) BUFFER_STRIDE * queueSize + 2 * DriverVirtqueue.bytes(queueSize) + 4096;
    try (FrontendMemory memory = FrontendMemory.create(length, false);
        VhostUserFrontend frontend =
            new VhostUserFrontend(connect(socket, deadlineNs), memory, 1, queueSize)) {
      frontend.negotiate(
          VirtioFeature.VERSION_1.mask()
              | VirtioFeature.MRG_RXBUF.mask()
              | VirtioFeature.PROTOCOL_FEATURES.mask());
      DriverVirtqueue ring = frontend.queue(RECEIVE);
      long buffers = memory.allocate((long) BUFFER_STRIDE * queueSize);
      for (int i = 0; i < queueSize; i++) {
        post(ring, buffers, i);
      }
      ring.suppressCalls(true);
      frontend.queue(TRANSMIT).suppressCalls(true);
      ring.publish();
      frontend.start();
      frontend.kick(RECEIVE);
      return poll(ring, buffers, new Arrivals(sinceNs, forMs), deadlineNs);
    } finally {
      Scheduler.setAffinity(before);
    }
  }

  private static FrontendChannel connect(Path socket, long deadlineNs) {
    while (System.nanoTime() < deadlineNs) {
      if (Files.exists(socket)) {
        try {
          return FrontendChannel.connect(socket);
        } catch (ErrnoException e) {
          // It is bound, and nobody listens yet.
        }
      }
      LockSupport.parkNanos(LOOK_NS);
    }
    throw new PeerException("the switch made no socket in time: " + socket);
  }

  private Arrivals poll(DriverVirtqueue ring, long buffers, Arrivals arrivals, long deadlineNs) {
    while (!arrivals.isOver(System.nanoTime())) {
      int count = ring.reap(tokens, lengths, BURST);
      if (count > 0) {
        arrivals.add(count, System.nanoTime());
        for (int i = 0; i < count; i++) {
          post(ring, buffers, tokens[i]);
        }
        ring.publish();
      } else if (arrivals.frames() == 0) {
        if (System.nanoTime() > deadlineNs) {
          throw new PeerException("the switch delivered no frame in time");
        }
        LockSupport.parkNanos(LOOK_NS); // the switch's other threads need the core now
      }
    }
    return arrivals;
  }

  private static void post(DriverVirtqueue ring, long buffers, int token) {
    long address = FrontendMemory.guestAddress(buffers + (long) token * BUFFER_STRIDE);
    if (!ring.add(address, BUFFER_LENGTH, true, token)) {
      throw new IllegalStateException("as many buffers as descriptors, and none is free");
    }
  }
}
