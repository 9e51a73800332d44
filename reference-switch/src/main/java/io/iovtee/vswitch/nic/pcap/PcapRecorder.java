// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.pcap;

import io.iovtee.vswitch.datapath.FrameRing;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Writes frames of several threads to a pcap file: each puts them on a wire of its own, a thread of
 * the recorder's takes them off and writes. Nobody waits for the disk: when it is slower than the
 * traffic the wire is full, and who offers a frame counts that. A write error ends the recording
 * and says why; the frames that were under way then are counted as lost.
 */
public final class PcapRecorder implements AutoCloseable {
  /** Frames on one wire. */
  private static final int WIRE_SIZE = 1024;

  private static final long SLEEP_NS = 1_000_000;

  /** Frames that a write error can cost, and that must not be counted as written then. */
  private static final int UNFLUSHED_MAX = 4096;

  /** When nothing is written any more, only counters wait. */
  private static final long SLEEP_FAILED_NS = 100_000_000;

  /** The writing thread ends within this at the close; a hanging disk must not hold it. */
  private static final long CLOSE_TIMEOUT_MS = 2000;

  private final PcapFiles files;
  private final Wire[] wires;
  private final Thread thread;

  /** Wall clock less {@link System#nanoTime}, at the start. */
  private final long clockOffsetNs;

  private volatile boolean closing;
  private volatile String failure = "";
  private final AtomicLong written = new AtomicLong();
  private final AtomicLong notWritten = new AtomicLong();
  private final AtomicLong lost = new AtomicLong();

  /** Frames that were given to the file since it was flushed. Writing thread. */
  private long unflushed;

  /** A wire whose frames carry the time at which they were put there. */
  private static final class Wire {
    final FrameRing ring;
    final long[] offeredNs = new long[WIRE_SIZE];
    int produced;
    int consumed;

    Wire(int frameLengthMax) {
      ring = new FrameRing(WIRE_SIZE, frameLengthMax);
    }
  }

  private PcapRecorder(PcapFiles files, Wire[] wires, String name) {
    this.files = files;
    this.wires = wires;
    Instant now = Instant.now();
    clockOffsetNs = now.getEpochSecond() * 1_000_000_000L + now.getNano() - System.nanoTime();
    thread = Thread.ofPlatform().name("iovtee-pcap-" + name).daemon().unstarted(this::run);
  }

  /**
   * Creates the file and starts writing.
   *
   * @param fileLengthMax bytes of one file at most
   * @param filesMax 1: when the file is full no more is written; else it goes to NAME.1 and so on
   * @param wireCount threads that offer frames
   */
  public static PcapRecorder create(
      Path file, long fileLengthMax, int filesMax, int wireCount, int frameLengthMax)
      throws IOException {
    PcapFiles files = PcapFiles.create(file, fileLengthMax, filesMax);
    return start(files, String.valueOf(file.getFileName()), wireCount, frameLengthMax);
  }

  static PcapRecorder start(PcapFiles files, String name, int wireCount, int frameLengthMax) {
    Wire[] wires = new Wire[wireCount];
    for (int i = 0; i < wireCount; i++) {
      wires[i] = new Wire(frameLengthMax);
    }
    PcapRecorder recorder = new PcapRecorder(files, wires, name);
    recorder.thread.start();
    return recorder;
  }

  /**
   * Takes a frame of two segments. The thread of that wire.
   *
   * @return false if the wire is full, or nothing is written any more
   */
  public boolean offer(
      int wire, byte[] head, int headOffset, int headLength, long restAddress, int restLength) {
    Wire to = wires[wire];
    if (to.ring.isFull() || !failure.isEmpty()) {
      return false;
    }
    to.offeredNs[to.produced & (WIRE_SIZE - 1)] = System.nanoTime();
    to.ring.offer(head, headOffset, headLength, restAddress, restLength);
    to.produced++;
    return true;
  }

  /** Why nothing is written any more; empty while it is. Any thread. */
  public String failure() {
    return failure;
  }

  /** Frames in the files. Any thread. */
  public long written() {
    return written.get();
  }

  /** Frames that came when the file was full. Any thread. */
  public long notWritten() {
    return notWritten.get();
  }

  /**
   * Frames that were taken and are in no file, because of a write error. Those between the last
   * time that the file was flushed and the error count as lost, though some may be there. Any
   * thread.
   */
  public long lost() {
    return lost.get();
  }

  private void run() {
    try (files) {
      boolean last = false;
      while (!last) {
        // Looked at before the wires: what is offered before close() is still written.
        last = closing;
        boolean idle = writeAll() == 0;
        if (idle || last || unflushed >= UNFLUSHED_MAX) {
          files.flush();
          unflushed = 0;
        }
        if (idle && !last) {
          LockSupport.parkNanos(SLEEP_NS);
        }
      }
    } catch (IOException | RuntimeException e) {
      failure = e.getMessage() == null ? e.toString() : e.getMessage();
      written.addAndGet(-unflushed);
      lost.addAndGet(unflushed);
    }
    if (!failure.isEmpty()) {
      countLost();
    }
  }

  /** Takes the frames off the wires of threads that had not heard of the failure. */
  private void countLost() {
    boolean last = false;
    while (!last) {
      last = closing;
      for (Wire wire : wires) {
        for (; wire.ring.peek() >= 0; wire.ring.remove()) {
          lost.incrementAndGet();
        }
      }
      if (!last) {
        LockSupport.parkNanos(SLEEP_FAILED_NS);
      }
    }
  }

  private int writeAll() throws IOException {
    int seen = 0;
    long more = 0;
    try {
      for (Wire wire : wires) {
        int length = wire.ring.peek();
        for (int i = 0; i < WIRE_SIZE && length >= 0; i++) {
          long timeNs = clockOffsetNs + wire.offeredNs[wire.consumed & (WIRE_SIZE - 1)];
          boolean room = files.frame(timeNs, wire.ring.bytes(), wire.ring.offset(), length);
          more += room ? 1 : 0;
          wire.ring.remove();
          wire.consumed++;
          seen++;
          length = wire.ring.peek();
        }
      }
    } finally {
      unflushed += more;
      written.addAndGet(more);
      notWritten.addAndGet(seen - more);
    }
    return seen;
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
