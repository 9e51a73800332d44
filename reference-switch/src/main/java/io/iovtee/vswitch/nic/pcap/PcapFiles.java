// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.pcap;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;

/**
 * Frames in a pcap file of bounded size. A full file either is the end, or goes to {@code NAME.1}
 * and gives way to a new one, as logrotate does; the oldest is deleted. Not thread-safe.
 */
final class PcapFiles implements AutoCloseable {
  private static final int FILE_HEADER = 24;
  private static final int RECORD_HEADER = 16;

  private final Path file;
  private final long lengthMax;
  private final int filesMax;
  private @Nullable PcapWriter writer;
  private long length;

  private PcapFiles(Path file, long lengthMax, int filesMax) {
    this.file = file;
    this.lengthMax = lengthMax;
    this.filesMax = filesMax;
  }

  /**
   * Creates or overwrites the file.
   *
   * @param lengthMax bytes of one file at most, headers and all
   * @param filesMax files at most: 1 for an end when it is full
   */
  static PcapFiles create(Path file, long lengthMax, int filesMax) throws IOException {
    PcapFiles files = new PcapFiles(file, lengthMax, filesMax);
    files.open();
    return files;
  }

  /** One file without bound, to a stream that this closes. */
  static PcapFiles of(OutputStream out) {
    PcapFiles files = new PcapFiles(Path.of(""), Long.MAX_VALUE, 1);
    files.writer = PcapWriter.write(out);
    return files;
  }

  private void open() throws IOException {
    writer = PcapWriter.create(file);
    length = FILE_HEADER;
  }

  /**
   * Adds a frame.
   *
   * @param timestampNs nanoseconds since 1970
   * @return false if the file is full and the only one
   */
  boolean frame(long timestampNs, byte[] bytes, int offset, int frameLength) throws IOException {
    if (length + RECORD_HEADER + frameLength > lengthMax && !next()) {
      return false;
    }
    if (writer == null) {
      return false;
    }
    writer.frame(timestampNs, bytes, offset, frameLength);
    length += RECORD_HEADER + frameLength;
    return true;
  }

  private boolean next() throws IOException {
    if (filesMax == 1) {
      return false;
    }
    close();
    for (int n = filesMax - 1; n > 0; n--) {
      Path older = n == 1 ? file : numbered(n - 1);
      if (Files.exists(older)) {
        Files.move(older, numbered(n), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    open();
    return true;
  }

  private Path numbered(int n) {
    return file.resolveSibling(file.getFileName() + "." + n);
  }

  void flush() throws IOException {
    if (writer != null) {
      writer.flush();
    }
  }

  @Override
  public void close() throws IOException {
    PcapWriter open = writer;
    writer = null;
    if (open != null) {
      open.close();
    }
  }
}
