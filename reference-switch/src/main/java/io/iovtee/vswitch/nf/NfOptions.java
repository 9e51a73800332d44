// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nf;

import java.nio.file.Path;

/**
 * How the sample NF runs.
 *
 * @param socket the switch's vhost-user socket
 * @param mode what it does with frames
 * @param queuePairs 1..8
 * @param queueSize entries per ring, a power of two, 64..32768
 * @param sleep wait for the switch's call instead of spinning: for machines with fewer cores than
 *     busy threads
 * @param mac its MAC address, 48 bits
 * @param ipv4 its IPv4 address, for {@link NfMode#echo}
 * @param frameBytes length of the frames that {@link NfMode#source} sends, 60..1514
 */
public record NfOptions(
    Path socket,
    NfMode mode,
    int queuePairs,
    int queueSize,
    boolean sleep,
    long mac,
    int ipv4,
    int frameBytes) {
  private static final int QUEUE_PAIRS_MAX = 8;
  private static final int QUEUE_SIZE_MIN = 64;
  private static final int QUEUE_SIZE_MAX = 32768;
  private static final int FRAME_BYTES_MIN = 60;
  private static final int FRAME_BYTES_MAX = 1514;

  public NfOptions {
    check("queues", queuePairs, 1, QUEUE_PAIRS_MAX);
    check("queue-size", queueSize, QUEUE_SIZE_MIN, QUEUE_SIZE_MAX);
    check("frame-bytes", frameBytes, FRAME_BYTES_MIN, FRAME_BYTES_MAX);
    if (Integer.bitCount(queueSize) != 1) {
      throw new IllegalArgumentException("queue-size must be a power of two: " + queueSize);
    }
  }

  private static void check(String what, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          "%s must be %d to %d: %d".formatted(what, min, max, value));
    }
  }
}
