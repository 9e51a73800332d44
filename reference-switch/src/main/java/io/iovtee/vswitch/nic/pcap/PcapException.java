// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.pcap;

import java.io.IOException;

/** A capture file that does not follow its format: the message names file, offset and values. */
public final class PcapException extends IOException {
  private static final long serialVersionUID = 1L;

  private final long offset;

  /**
   * @param file the file's name
   * @param offset where in the file the offending record or block starts, bytes
   * @param problem what is wrong, with the values
   */
  public PcapException(String file, long offset, String problem) {
    super(file + ": offset " + offset + ": " + problem);
    this.offset = offset;
  }

  /** Where in the file the offending record or block starts, bytes. */
  public long offset() {
    return offset;
  }
}
