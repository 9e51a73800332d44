// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import io.iovtee.vswitch.nic.pcap.PcapRecorder;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Writes transmitted frames to a pcap file, for looking at traffic. When the disk is slower than
 * the traffic the transmit queue drops. A write error takes the link down and says why.
 */
final class PcapSink implements FrameSink {
  private final Path file;
  private final PcapRecorder recorder;

  private PcapSink(Path file, PcapRecorder recorder) {
    this.file = file;
    this.recorder = recorder;
  }

  /** Creates the file and starts writing. */
  static PcapSink create(Path file, int txQueues, int frameLengthMax) throws IOException {
    return new PcapSink(
        file, PcapRecorder.create(file, Long.MAX_VALUE, 1, txQueues, frameLengthMax));
  }

  @Override
  public boolean accept(
      int txQueue, byte[] head, int headOffset, int headLength, long restAddress, int restLength) {
    return recorder.offer(txQueue, head, headOffset, headLength, restAddress, restLength);
  }

  @Override
  public boolean linkUp() {
    return recorder.failure().isEmpty();
  }

  @Override
  public String description() {
    String failure = recorder.failure();
    return failure.isEmpty()
        ? "pcap file " + file
        : "pcap file %s, not written any more, %d frames were lost: %s"
            .formatted(file, recorder.lost(), failure);
  }

  @Override
  public void close() {
    recorder.close();
  }
}
