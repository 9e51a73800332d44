// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import io.iovtee.vswitch.frames.LoadFrame;
import io.iovtee.vswitch.frontend.FrontendChannel;
import io.iovtee.vswitch.frontend.FrontendMemory;
import io.iovtee.vswitch.frontend.VhostUserFrontend;
import io.iovtee.vswitch.virtio.DriverVirtqueue;
import io.iovtee.vswitch.virtio.VirtioFeature;
import io.iovtee.vswitch.virtio.VirtioNetHeader;
import java.nio.file.Path;

/**
 * The generator's side of one vhost-user port, one queue pair: puts frames on its transmit ring and
 * takes frames from its receive ring. One thread; nothing is allocated per frame.
 *
 * <p>Each ring has as many buffers as entries. A transmit buffer holds a prepared frame for good;
 * only what differs from frame to frame is written.
 */
public final class LoadPort implements LoadSender, AutoCloseable {
  /** As DPDK's virtio-user does unless told otherwise. */
  private static final long FEATURES =
      VirtioFeature.VERSION_1.mask()
          | VirtioFeature.MRG_RXBUF.mask()
          | VirtioFeature.IN_ORDER.mask();

  /** Header and 2048 bytes, as DPDK posts them: every frame fits in one buffer. */
  private static final int BUFFER_LENGTH = VirtioNetHeader.LENGTH + 2048;

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
  private final long receiveBuffers;
  private final long transmitBuffers;

  /** Transmit buffers that are on no ring. */
  private final int[] idle;

  private int idleCount;

  /** Used buffers of one turn, and how many bytes the switch says it wrote. */
  private final int[] tokens = new int[BURST];

  private final int[] lengths = new int[BURST];

  private LoadPort(FrontendMemory memory, VhostUserFrontend frontend, int queueSize) {
    this.memory = memory;
    this.frontend = frontend;
    receiveQueue = frontend.queue(RECEIVE);
    transmitQueue = frontend.queue(TRANSMIT);
    receiveBuffers = memory.allocate((long) queueSize * STRIDE) + FIRST_BUFFER;
    transmitBuffers = memory.allocate((long) queueSize * STRIDE) + FIRST_BUFFER;
    idle = new int[queueSize];
    for (int buffer = 0; buffer < queueSize; buffer++) {
      post(buffer);
      idle[idleCount++] = buffer;
    }
    receiveQueue.publish();
    receiveQueue.suppressCalls(true);
    transmitQueue.suppressCalls(true);
  }

  /**
   * Connects to a switch that listens.
   *
   * @param queueSize entries of each ring, a power of two
   * @param hugePages share memory of 2 MiB pages
   */
  public static LoadPort connect(Path socket, int queueSize, boolean hugePages) {
    long rings = 2L * (DriverVirtqueue.bytes(queueSize) + FrontendMemory.ALIGNMENT);
    long buffers = 2L * ((long) queueSize * STRIDE + FrontendMemory.ALIGNMENT);
    FrontendMemory memory = FrontendMemory.create(rings + buffers, hugePages);
    try {
      VhostUserFrontend frontend =
          new VhostUserFrontend(FrontendChannel.connect(socket), memory, 1, queueSize);
      frontend.negotiate(FEATURES);
      LoadPort port = new LoadPort(memory, frontend, queueSize);
      frontend.start();
      return port;
    } catch (RuntimeException e) {
      memory.close();
      throw e;
    }
  }

  /** Features that both sides took, by name. */
  String features() {
    return VirtioFeature.describe(frontend.features());
  }

  /** Entries of each ring. */
  int queueSize() {
    return receiveQueue.size();
  }

  /** Makes every transmit buffer a frame; {@link #send} changes what differs. */
  @Override
  public void prepare(LoadFrame frame) {
    for (int buffer = 0; buffer < idle.length; buffer++) {
      frame.prepare(transmitFrame(buffer));
    }
  }

  private long transmitFrame(int buffer) {
    return transmitBuffers + (long) buffer * STRIDE + VirtioNetHeader.LENGTH;
  }

  @Override
  public int room() {
    if (idleCount < BURST) {
      takeBack();
    }
    return Math.min(BURST, idleCount);
  }

  private void takeBack() {
    int back = transmitQueue.reap(tokens, lengths, BURST);
    for (int i = 0; i < back; i++) {
      idle[idleCount++] = tokens[i];
    }
  }

  @Override
  public boolean allTaken() {
    takeBack();
    return idleCount == idle.length;
  }

  @Override
  public void send(LoadFrame frame, long sequence, long timeNs) {
    int buffer = idle[--idleCount];
    long address = transmitFrame(buffer);
    frame.stamp(address, sequence, timeNs);
    long header = FrontendMemory.guestAddress(address - VirtioNetHeader.LENGTH);
    transmitQueue.add(header, VirtioNetHeader.LENGTH + frame.length(), false, buffer);
  }

  @Override
  public void flush() {
    if (transmitQueue.publish() > 0 && transmitQueue.needsKick()) {
      frontend.kick(TRANSMIT);
    }
  }

  /** Takes up to {@link #BURST} received frames, for {@code count} and {@link #giveBack}. */
  public int poll() {
    return receiveQueue.reap(tokens, lengths, BURST);
  }

  /** Enters the frames of the last {@link #poll} in a ledger. */
  void count(int frames, Ledger ledger, long nowNs) {
    for (int i = 0; i < frames; i++) {
      if (lengths[i] > BUFFER_LENGTH) {
        throw new IllegalStateException(
            "switch wrote more than the buffer holds: written=%d, buffer=%d"
                .formatted(lengths[i], BUFFER_LENGTH));
      }
      long address = receiveBuffers + (long) tokens[i] * STRIDE + VirtioNetHeader.LENGTH;
      ledger.add(address, lengths[i] - VirtioNetHeader.LENGTH, nowNs);
    }
  }

  /** How many frames of the last {@link #poll} are so long, without FCS. */
  public int count(int frames, int frameLength) {
    int found = 0;
    for (int i = 0; i < frames; i++) {
      found += lengths[i] == VirtioNetHeader.LENGTH + frameLength ? 1 : 0;
    }
    return found;
  }

  /** Posts the buffers of the last {@link #poll} again. */
  public void giveBack(int frames) {
    for (int i = 0; i < frames; i++) {
      post(tokens[i]);
    }
    if (receiveQueue.publish() > 0 && receiveQueue.needsKick()) {
      frontend.kick(RECEIVE);
    }
  }

  private void post(int buffer) {
    long address = receiveBuffers + (long) buffer * STRIDE;
    receiveQueue.add(FrontendMemory.guestAddress(address), BUFFER_LENGTH, true, buffer);
  }

  @Override
  public void close() {
    frontend.stop();
    frontend.close();
    memory.close();
  }
}
