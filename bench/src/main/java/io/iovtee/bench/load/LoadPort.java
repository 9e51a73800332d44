// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import io.iovtee.vswitch.frames.LoadFrame;
import io.iovtee.vswitch.virtio.DriverVirtqueue;
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
  private final FrontendPort port;
  private final DriverVirtqueue receiveQueue;
  private final DriverVirtqueue transmitQueue;

  /** Transmit buffers that are on no ring. They are numbered from the ring's size on. */
  private final int[] idle;

  private int idleCount;

  /** Used buffers of one turn, and how many bytes the switch says it wrote. */
  private final int[] tokens = new int[BURST];

  private final int[] lengths = new int[BURST];

  private LoadPort(FrontendPort port) {
    this.port = port;
    receiveQueue = port.receiveQueue();
    transmitQueue = port.transmitQueue();
    idle = new int[queueSize()];
    for (int buffer = 0; buffer < idle.length; buffer++) {
      port.post(buffer);
      idle[idleCount++] = idle.length + buffer;
    }
    port.publishPosted();
  }

  /**
   * Connects to a switch that listens.
   *
   * @param queueSize entries of each ring, a power of two
   * @param hugePages share memory of 2 MiB pages
   */
  public static LoadPort connect(Path socket, int queueSize, boolean hugePages) {
    FrontendPort rings = FrontendPort.connect(socket, queueSize, hugePages);
    LoadPort port = new LoadPort(rings);
    rings.start();
    return port;
  }

  /** Features that both sides took, by name. */
  String features() {
    return port.features();
  }

  /** Entries of each ring. */
  int queueSize() {
    return receiveQueue.size();
  }

  /** Makes every transmit buffer a frame; {@link #send} changes what differs. */
  @Override
  public void prepare(LoadFrame frame) {
    for (int buffer = idle.length; buffer < 2 * idle.length; buffer++) {
      frame.prepare(port.frame(buffer));
    }
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
    frame.stamp(port.frame(buffer), sequence, timeNs);
    port.send(buffer, VirtioNetHeader.LENGTH + frame.length());
  }

  @Override
  public void flush() {
    port.publishSent();
  }

  /** Takes up to {@link #BURST} received frames, for {@code count} and {@link #giveBack}. */
  public int poll() {
    return receiveQueue.reap(tokens, lengths, BURST);
  }

  /** Enters the frames of the last {@link #poll} in a ledger. */
  void count(int frames, Ledger ledger, long nowNs) {
    for (int i = 0; i < frames; i++) {
      FrontendPort.checkWritten(lengths[i]);
      ledger.add(port.frame(tokens[i]), lengths[i] - VirtioNetHeader.LENGTH, nowNs);
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
      port.post(tokens[i]);
    }
    port.publishPosted();
  }

  @Override
  public void close() {
    port.close();
  }
}
