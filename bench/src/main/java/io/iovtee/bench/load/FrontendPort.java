// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import io.iovtee.vswitch.frontend.FrontendChannel;
import io.iovtee.vswitch.frontend.FrontendMemory;
import io.iovtee.vswitch.frontend.VhostUserFrontend;
import io.iovtee.vswitch.virtio.DriverVirtqueue;
import io.iovtee.vswitch.virtio.VirtioFeature;
import io.iovtee.vswitch.virtio.VirtioNetHeader;
import java.nio.file.Path;

/**
 * A guest's side of one vhost-user port: connection, one queue pair, and as many buffers as both
 * rings have entries, numbered from 0. One thread.
 */
public final class FrontendPort implements AutoCloseable {
  /** Header and 2048 bytes, as DPDK posts them: every frame fits in one buffer. */
  public static final int BUFFER_LENGTH = VirtioNetHeader.LENGTH + 2048;

  /** As DPDK's virtio-user does unless told otherwise. */
  private static final long FEATURES =
      VirtioFeature.VERSION_1.mask()
          | VirtioFeature.MRG_RXBUF.mask()
          | VirtioFeature.IN_ORDER.mask();

  /** From buffer to buffer: keeps each frame's first byte at a multiple of a cache line. */
  private static final int STRIDE = 2112;

  /** Of the first buffer, so that the byte after its header starts a cache line. */
  private static final int FIRST_BUFFER = 64 - VirtioNetHeader.LENGTH;

  private static final int RECEIVE = 0;
  private static final int TRANSMIT = 1;

  private final FrontendMemory memory;
  private final VhostUserFrontend frontend;
  private final DriverVirtqueue receiveQueue;
  private final DriverVirtqueue transmitQueue;
  private final long buffers;

  private FrontendPort(FrontendMemory memory, VhostUserFrontend frontend, int queueSize) {
    this.memory = memory;
    this.frontend = frontend;
    receiveQueue = frontend.queue(RECEIVE);
    transmitQueue = frontend.queue(TRANSMIT);
    buffers = memory.allocate(2L * queueSize * STRIDE) + FIRST_BUFFER;
    receiveQueue.suppressCalls(true);
    transmitQueue.suppressCalls(true);
  }

  /**
   * Connects to a switch that listens. The rings are empty, and stand still until {@link #start}.
   *
   * @param queueSize entries of each ring, a power of two
   * @param hugePages share memory of 2 MiB pages
   */
  public static FrontendPort connect(Path socket, int queueSize, boolean hugePages) {
    long rings = 2L * (DriverVirtqueue.bytes(queueSize) + FrontendMemory.ALIGNMENT);
    long buffers = 2L * queueSize * STRIDE + FrontendMemory.ALIGNMENT;
    FrontendMemory memory = FrontendMemory.create(rings + buffers, hugePages);
    try {
      VhostUserFrontend frontend =
          new VhostUserFrontend(FrontendChannel.connect(socket), memory, 1, queueSize);
      frontend.negotiate(FEATURES);
      return new FrontendPort(memory, frontend, queueSize);
    } catch (RuntimeException e) {
      memory.close();
      throw e;
    }
  }

  /** Lets the switch use the rings. */
  public void start() {
    frontend.start();
  }

  /** Features that both sides took, by name. */
  String features() {
    return VirtioFeature.describe(frontend.features());
  }

  /** Where frames come from. */
  public DriverVirtqueue receiveQueue() {
    return receiveQueue;
  }

  /** Where frames go to. */
  public DriverVirtqueue transmitQueue() {
    return transmitQueue;
  }

  /** Address of a buffer's virtio-net header in this process. */
  public long header(int buffer) {
    return buffers + (long) buffer * STRIDE;
  }

  /** Address of a buffer's frame in this process. */
  public long frame(int buffer) {
    return header(buffer) + VirtioNetHeader.LENGTH;
  }

  /** Puts a whole buffer on the receive ring; the switch sees it after {@link #publishPosted}. */
  public boolean post(int buffer) {
    long address = FrontendMemory.guestAddress(header(buffer));
    return receiveQueue.add(address, BUFFER_LENGTH, true, buffer);
  }

  /**
   * Puts a buffer on the transmit ring; the switch sees it after {@link #publishSent}.
   *
   * @param length bytes, the header's included
   */
  public boolean send(int buffer, int length) {
    return transmitQueue.add(FrontendMemory.guestAddress(header(buffer)), length, false, buffer);
  }

  /** Shows the switch what was {@linkplain #post posted}. */
  public void publishPosted() {
    if (receiveQueue.publish() > 0 && receiveQueue.needsKick()) {
      frontend.kick(RECEIVE);
    }
  }

  /** Shows the switch what was {@linkplain #send sent}. */
  public void publishSent() {
    if (transmitQueue.publish() > 0 && transmitQueue.needsKick()) {
      frontend.kick(TRANSMIT);
    }
  }

  /**
   * Refuses what a correct switch never says.
   *
   * @param written of a used buffer, bytes, the header's included
   * @throws IllegalStateException if it is more than a buffer holds
   */
  public static void checkWritten(int written) {
    if (Integer.compareUnsigned(written, BUFFER_LENGTH) > 0) {
      throw new IllegalStateException(
          "switch wrote more than the buffer holds: written=%s, buffer=%d"
              .formatted(Integer.toUnsignedString(written), BUFFER_LENGTH));
    }
  }

  @Override
  public void close() {
    frontend.stop();
    frontend.close();
    memory.close();
  }
}
