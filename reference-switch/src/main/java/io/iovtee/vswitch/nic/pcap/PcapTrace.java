// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.pcap;

import io.iovtee.vswitch.nic.pcap.PcapReader.CapturedFrame;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A capture file in memory, for replay without file access on the replaying thread. Immutable after
 * {@link #load}.
 */
public final class PcapTrace {
  /** Bytes of frames in one trace: it lies in one array. */
  public static final int BYTES_MAX = 1 << 29;

  private byte[] bytes = new byte[1 << 16];
  private int bytesUsed;
  private int[] start = new int[256];
  private long[] timestampNs = new long[256];
  private int frames;
  private long tooLong;

  private PcapTrace() {}

  /**
   * Reads a whole file.
   *
   * @param frameLengthMax longer frames are left out and counted in {@link #tooLong}
   * @throws PcapException for a malformed file, one without usable frames, or one of more than
   *     {@link #BYTES_MAX} bytes
   */
  public static PcapTrace load(Path file, int frameLengthMax) throws IOException {
    PcapTrace trace = new PcapTrace();
    try (PcapReader reader = PcapReader.open(file)) {
      while (reader.next()) {
        CapturedFrame frame = reader.frame();
        if (frame.length() > frameLengthMax) {
          trace.tooLong++;
        } else {
          trace.add(file, frame);
        }
      }
    }
    if (trace.frames == 0) {
      throw new PcapException(
          file.toString(),
          0,
          "no frame of at most " + frameLengthMax + " bytes (" + trace.tooLong + " are longer)");
    }
    return trace;
  }

  private void add(Path file, CapturedFrame frame) throws PcapException {
    int length = frame.length();
    if (length > BYTES_MAX - bytesUsed) {
      throw new PcapException(
          file.toString(),
          0,
          "more than " + BYTES_MAX + " bytes of frames; split the file (editcap -c)");
    }
    if (length > bytes.length - bytesUsed) {
      int wanted = Math.max(bytesUsed + length, bytes.length + (bytes.length >> 1));
      bytes = Arrays.copyOf(bytes, Math.min(wanted, BYTES_MAX));
    }
    if (frames + 1 == start.length) {
      start = Arrays.copyOf(start, start.length + (start.length >> 1));
      timestampNs = Arrays.copyOf(timestampNs, start.length);
    }
    System.arraycopy(frame.bytes(), 0, bytes, bytesUsed, length);
    timestampNs[frames] = frame.timestampNs();
    bytesUsed += length;
    start[++frames] = bytesUsed;
  }

  /** Frames; 1 or more. */
  public int frames() {
    return frames;
  }

  /** Frames of the file that were left out because they are too long. */
  public long tooLong() {
    return tooLong;
  }

  /** The array all frames lie in. */
  public byte[] bytes() {
    return bytes;
  }

  /** Where a frame starts in {@link #bytes}. */
  public int offset(int frame) {
    return start[frame];
  }

  /** A frame's length in bytes. */
  public int length(int frame) {
    return start[frame + 1] - start[frame];
  }

  /** Nanoseconds from the first frame to this one; 0 where the file's clock went back. */
  public long elapsedNs(int frame) {
    return Math.max(0, timestampNs[frame] - timestampNs[0]);
  }
}
