// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.ovs;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What left through an emulated port since the last look: the capture file that it writes. */
final class SentFrames {
  private static final int FILE_HEADER = 24;
  private static final int RECORD_HEADER = 16;

  /** A turn of the daemon's main loop takes a millisecond at most, unless the machine is busy. */
  private static final int TURNS_MAX = 500;

  private final Path file;
  private long position = FILE_HEADER;

  SentFrames(Path file) {
    this.file = file;
  }

  /** All there are; waits while they are less than expected, but not for ever. */
  List<String> take(OpenVSwitch ovs, long expected) throws IOException, InterruptedException {
    List<String> frames = new ArrayList<>(take());
    for (int i = 0; i < TURNS_MAX && frames.size() < expected; i++) {
      Thread.sleep(1);
      ovs.ask("version");
      frames.addAll(take());
    }
    return frames;
  }

  private List<String> take() throws IOException {
    List<String> frames = new ArrayList<>();
    if (!Files.exists(file)) {
      return frames;
    }
    try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
      while (in.length() - position >= RECORD_HEADER) {
        byte[] header = new byte[RECORD_HEADER];
        in.seek(position);
        in.readFully(header);
        int length = ByteBuffer.wrap(header).order(ByteOrder.nativeOrder()).getInt(8);
        byte[] frame = new byte[length];
        in.readFully(frame);
        frames.add(OpenVSwitch.hex(frame));
        position += RECORD_HEADER + length;
      }
    }
    return frames;
  }
}
