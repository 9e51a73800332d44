// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import io.iovtee.vswitch.datapath.FrameRing;
import io.iovtee.vswitch.nic.pcap.PcapWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.locks.LockSupport;

/**
 * Writes transmitted frames to a pcap file, for looking at traffic: the emulating threads put them
 * on one wire per transmit queue, a thread of its own takes them off and writes. When the disk is
 * slower than the traffic, the wire is full and the transmit queue drops. A write error takes the
 * link down and says why.
 */
final class PcapSink implements FrameSink {
  private static final int WIRE_SIZE = 1024;
  private static final long SLEEP_NS = 1_000_000;

  /** The writing thread ends within this when the port closes; a hanging disk must not hold it. */
  private static final long CLOSE_TIMEOUT_MS = 2000;

  private final Path file;
  private final PcapWriter writer;
  private final FrameRing[] wires;
  private final Thread thread;
  private volatile boolean closing;
  private volatile String failure = "";

  private PcapSink(Path file, PcapWriter writer, FrameRing[] wires) {
    this.file = file;
    this.writer = writer;
    this.wires = wires;
    thread =
        Thread.ofPlatform().name("iovtee-pcap-" + file.getFileName()).daemon().unstarted(this::run);
  }

  /** Creates the file and starts writing. */
  static PcapSink create(Path file, int txQueues, int frameLengthMax) throws IOException {
    FrameRing[] wires = new FrameRing[txQueues];
    for (int i = 0; i < txQueues; i++) {
      wires[i] = new FrameRing(WIRE_SIZE, frameLengthMax);
    }
    PcapSink sink = new PcapSink(file, PcapWriter.create(file), wires);
    sink.thread.start();
    return sink;
  }

  @Override
  public boolean accept(
      int txQueue, byte[] head, int headOffset, int headLength, long restAddress, int restLength) {
    return wires[txQueue].offer(head, headOffset, headLength, restAddress, restLength);
  }

  @Override
  public boolean linkUp() {
    return failure.isEmpty();
  }

  @Override
  public String description() {
    return "pcap file " + file + (failure.isEmpty() ? "" : ", not written any more: " + failure);
  }

  private void run() {
    try (writer) {
      boolean last = false;
      while (!last) {
        // Looked at before the wires: what is sent before close() is still written.
        last = closing;
        if (writeAll() == 0 && !last) {
          writer.flush();
          LockSupport.parkNanos(SLEEP_NS);
        }
      }
    } catch (IOException | RuntimeException e) {
      failure = e.toString();
    }
  }

  private int writeAll() throws IOException {
    int written = 0;
    for (FrameRing wire : wires) {
      int length = wire.peek();
      for (int i = 0; i < WIRE_SIZE && length >= 0; i++) {
        writer.frame(nowNs(), wire.bytes(), wire.offset(), length);
        wire.remove();
        written++;
        length = wire.peek();
      }
    }
    return written;
  }

  private static long nowNs() {
    Instant now = Instant.now();
    return now.getEpochSecond() * 1_000_000_000L + now.getNano();
  }

  @Override
  public void close() {
    closing = true;
    LockSupport.unpark(thread);
    try {
      thread.join(CLOSE_TIMEOUT_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
