// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.pcap;

import io.iovtee.api.DropReason;
import io.iovtee.api.Outcome;
import io.iovtee.vswitch.datapath.FrameBatch;
import io.iovtee.vswitch.datapath.LoopBuffers;
import io.iovtee.vswitch.datapath.NicPort;
import io.iovtee.vswitch.datapath.NicRxQueue;
import io.iovtee.vswitch.datapath.OutputCounters;
import io.iovtee.vswitch.memory.HostPool;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A port whose frames end in a pcap file: what mirrors copy to it, or rules send there. Nothing
 * comes from it. Each loop has a transmit queue, and none waits for the disk.
 */
public final class PcapPort implements NicPort {
  private final Path file;
  private final PcapRecorder recorder;
  private final Map<String, Object> details;
  private final List<Queue> queues = new ArrayList<>();

  private PcapPort(Path file, PcapRecorder recorder, Map<String, Object> details, int loops) {
    this.file = file;
    this.recorder = recorder;
    this.details = details;
    for (int i = 0; i < loops; i++) {
      queues.add(new Queue(recorder, i));
    }
  }

  /**
   * Creates or overwrites the file.
   *
   * @param fileMib mebibytes of one file at most
   * @param files 1: when the file is full no more is written; else how many are kept
   * @param loops poll loops that send to the port
   */
  public static PcapPort open(Path file, int fileMib, int files, int loops) throws IOException {
    return open(file, (long) fileMib << 20, files, loops, fileMib);
  }

  private static PcapPort open(Path file, long lengthMax, int files, int loops, int fileMib)
      throws IOException {
    return new PcapPort(
        file,
        PcapRecorder.create(file, lengthMax, files, loops, HostPool.FRAME_LENGTH_MAX),
        Map.of("file", file.toString(), "max-mib", fileMib, "files", files),
        loops);
  }

  @Override
  public String type() {
    return "pcap";
  }

  @Override
  public boolean emulated() {
    return false;
  }

  @Override
  public int rxQueues() {
    return 0;
  }

  @Override
  public NicRxQueue rxQueue(int queue) {
    throw new IllegalArgumentException("nothing comes from a pcap file: queue=" + queue);
  }

  @Override
  public int txQueues() {
    return queues.size();
  }

  @Override
  public NicTxQueue txQueue(int queue) {
    return queues.get(queue);
  }

  @Override
  public boolean linkUp() {
    return recorder.failure().isEmpty();
  }

  @Override
  public String linkReason() {
    if (!linkUp()) {
      return "%s is not written any more, %d frames were lost: %s"
          .formatted(file, recorder.lost(), recorder.failure());
    }
    long late = recorder.notWritten();
    return late == 0
        ? "pcap file " + file
        : "pcap file %s is full, %d frames came later".formatted(file, late);
  }

  @Override
  public Map<String, Object> details() {
    return details;
  }

  /** One loop's; the first one's counters have the frames that came into no file. */
  private static final class Queue implements NicTxQueue {
    private final PcapRecorder recorder;
    private final int wire;
    private final OutputCounters counters = new OutputCounters();

    Queue(PcapRecorder recorder, int wire) {
      this.recorder = recorder;
      this.wire = wire;
    }

    @Override
    public void bind(LoopBuffers buffers) {}

    @Override
    public void transmit(FrameBatch batch, int[] index, int count, boolean mayTake) {
      boolean works = recorder.failure().isEmpty();
      for (int k = 0; k < count; k++) {
        int i = index[k];
        if (!works) {
          drop(batch, i, DropReason.PORT_DOWN);
        } else if (batch.length[i] > HostPool.FRAME_LENGTH_MAX) {
          drop(batch, i, DropReason.TOO_LONG);
        } else if (offer(batch, i)) {
          counters.add(1, batch.length[i], 0);
          batch.copiedBytes += batch.length[i];
          batch.raiseOutcome(i, Outcome.FORWARDED.ordinal());
        } else {
          drop(batch, i, DropReason.TX_RING_FULL);
        }
      }
    }

    private boolean offer(FrameBatch batch, int i) {
      int head = batch.isShared(i) ? batch.snapshot(i) : 0;
      return recorder.offer(
          wire,
          batch.headers,
          i * FrameBatch.HEADER_STRIDE,
          head,
          batch.address[i] + head,
          batch.length[i] - head);
    }

    private void drop(FrameBatch batch, int i, DropReason reason) {
      counters.add(0, 0, 1);
      batch.dropped(i, reason.ordinal());
    }

    @Override
    public int flush() {
      return 0;
    }

    @Override
    public Map<String, Long> counters() {
      long late = wire == 0 ? recorder.notWritten() : 0;
      long lost = wire == 0 ? recorder.lost() : 0;
      return Map.of(
          "tx_packets",
          counters.frames(),
          "tx_bytes",
          counters.bytes(),
          "tx_dropped",
          counters.dropped() + late + lost,
          "file_full",
          late,
          "write_error",
          lost);
    }

    @Override
    public void close() {}
  }

  @Override
  public void close() {
    recorder.close();
  }
}
