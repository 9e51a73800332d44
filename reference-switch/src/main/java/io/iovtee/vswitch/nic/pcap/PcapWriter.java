// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.pcap;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes Ethernet frames to a pcap file: little-endian, nanosecond time stamps. Buffered; not
 * thread-safe.
 */
public final class PcapWriter implements AutoCloseable {
  private static final int BUFFER_LENGTH = 1 << 18;
  private static final int RECORD_HEADER = 16;

  private final OutputStream out;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_LENGTH);

  private PcapWriter(OutputStream out) {
    this.out = out;
    buffer.order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Creates or overwrites a file and writes its header. */
  public static PcapWriter create(Path file) throws IOException {
    return write(Files.newOutputStream(file));
  }

  /** As {@link #create}, to a stream that this writer closes. */
  public static PcapWriter write(OutputStream out) {
    PcapWriter writer = new PcapWriter(out);
    writer
        .buffer
        .putInt(ClassicFormat.MAGIC_NANOSECONDS)
        .putShort((short) 2)
        .putShort((short) 4)
        .putInt(0)
        .putInt(0)
        .putInt(PcapReader.FRAME_LENGTH_MAX)
        .putInt(PcapReader.LINK_TYPE_ETHERNET);
    return writer;
  }

  /**
   * Adds a frame.
   *
   * @param timestampNs nanoseconds since 1970; 0 or more
   * @param length bytes, at most {@link PcapReader#FRAME_LENGTH_MAX}
   */
  public void frame(long timestampNs, byte[] bytes, int offset, int length) throws IOException {
    if (length > PcapReader.FRAME_LENGTH_MAX) {
      throw new IllegalArgumentException(
          "frame of " + length + " bytes; " + PcapReader.FRAME_LENGTH_MAX + " is the most");
    }
    if (buffer.remaining() < RECORD_HEADER) {
      drain();
    }
    buffer
        .putInt((int) (timestampNs / 1_000_000_000L))
        .putInt((int) (timestampNs % 1_000_000_000L))
        .putInt(length)
        .putInt(length);
    if (buffer.remaining() < length) {
      drain();
    }
    if (length > buffer.capacity()) {
      out.write(bytes, offset, length);
    } else {
      buffer.put(bytes, offset, length);
    }
  }

  /** Hands all frames so far to the operating system. */
  public void flush() throws IOException {
    drain();
    out.flush();
  }

  private void drain() throws IOException {
    out.write(buffer.array(), 0, buffer.position());
    buffer.clear();
  }

  @Override
  public void close() throws IOException {
    try (out) {
      flush();
    }
  }
}
