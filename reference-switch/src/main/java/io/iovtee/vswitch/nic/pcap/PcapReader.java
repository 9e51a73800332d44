// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.pcap;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Reads the Ethernet frames of a capture file, front to back. The format is told from the first
 * four bytes: pcap (draft-ietf-opsawg-pcap; either byte order, micro- or nanoseconds) or pcapng
 * (draft-ietf-opsawg-pcapng; section, interface, enhanced and simple packet blocks; others are
 * skipped). One thread.
 */
public final class PcapReader implements AutoCloseable {
  /** Longest frame taken, bytes: what tcpdump and Wireshark take at most (MAXIMUM_SNAPLEN). */
  public static final int FRAME_LENGTH_MAX = 262_144;

  /** LINKTYPE_ETHERNET, the only one that is read. */
  static final int LINK_TYPE_ETHERNET = 1;

  private final CaptureInput input;
  private final Format format;
  private final CapturedFrame frame = new CapturedFrame();

  private PcapReader(CaptureInput input, Format format) {
    this.input = input;
    this.format = format;
  }

  /**
   * Opens a file and reads its header.
   *
   * @throws PcapException when it is no capture file of Ethernet frames
   */
  public static PcapReader open(Path file) throws IOException {
    InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
    try {
      return read(file.toString(), in);
    } catch (IOException | RuntimeException e) {
      in.close();
      throw e;
    }
  }

  /** As {@link #open}, for a stream; {@code name} appears in messages. */
  public static PcapReader read(String name, InputStream in) throws IOException {
    CaptureInput input = new CaptureInput(name, in);
    byte[] magic = new byte[4];
    input.require(magic, 0, 4, 0, "the file header");
    int first = input.integer(magic, 0);
    Format format =
        first == PcapNgFormat.SECTION_HEADER_BLOCK
            ? new PcapNgFormat(input)
            : new ClassicFormat(input, first);
    return new PcapReader(input, format);
  }

  /** Reads the next frame into {@link #frame}; false at the end of the file. */
  public boolean next() throws IOException {
    return format.next(frame);
  }

  /** The frame that the last {@link #next} read; overwritten by the following one. */
  public CapturedFrame frame() {
    return frame;
  }

  @Override
  public void close() throws IOException {
    input.close();
  }

  /** One of the two file formats. */
  interface Format {
    boolean next(CapturedFrame frame) throws IOException;
  }

  /** One captured frame; reused. */
  public static final class CapturedFrame {
    private byte[] bytes = new byte[2048];
    private int length;
    private long originalLength;
    private long timestampNs;

    CapturedFrame() {}

    /** The captured bytes are {@code [0, length())}. */
    public byte[] bytes() {
      return bytes;
    }

    /** Captured bytes; 0..{@link #FRAME_LENGTH_MAX}. */
    public int length() {
      return length;
    }

    /**
     * Bytes that the frame had on the wire; larger than {@link #length} when cut by a snap length.
     */
    public long originalLength() {
      return originalLength;
    }

    /** Time of capture, nanoseconds since 1970. */
    public long timestampNs() {
      return timestampNs;
    }

    /** Where {@code newLength} bytes (already checked against the limit) can be put. */
    byte[] room(int newLength) {
      if (bytes.length < newLength) {
        bytes = new byte[Math.min(FRAME_LENGTH_MAX, Integer.highestOneBit(newLength - 1) << 1)];
      }
      return bytes;
    }

    void set(int newLength, long newOriginalLength, long newTimestampNs) {
      length = newLength;
      originalLength = newOriginalLength;
      timestampNs = newTimestampNs;
    }
  }
}
