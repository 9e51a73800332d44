// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.cluster;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Follows the packets of one connection, and refuses one before memory for it is taken: Hazelcast
 * allocates what a packet's first eleven bytes ask for, up to two gigabytes, and a JVM without heap
 * ends, with all that the switch forwards. Hazelcast 5.7's packets: version (1 byte), flags (2),
 * partition (4), length (4), payload. One thread.
 */
final class PacketLimit {
  /** Longer than the longest rules by half and more; all else that members say is short. */
  static final int LENGTH_MAX = 8 << 20;

  static final int HEADER_LENGTH = 11;
  private static final int LENGTH_AT = 7;

  private long payloadLeft;

  /**
   * Looks at bytes that are about to be read. Of a header that is not there wholly nothing is read
   * now, so it is looked at again with the next bytes.
   *
   * @param bytes as they were received, from 0 up to its position; left as it is
   * @throws IOException if they begin a packet that is too long
   */
  void check(ByteBuffer bytes) throws IOException {
    int end = bytes.position();
    int at = 0;
    while (true) {
      int payload = (int) Math.min(payloadLeft, end - at);
      payloadLeft -= payload;
      at += payload;
      if (payloadLeft > 0 || end - at < HEADER_LENGTH) {
        return;
      }
      int length = bytes.getInt(at + LENGTH_AT);
      if (length < 0 || length > LENGTH_MAX) {
        throw new IOException("a packet of " + length + " bytes");
      }
      payloadLeft = length;
      at += HEADER_LENGTH;
    }
  }
}
