// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nf;

import io.iovtee.vswitch.vhost.SocketRole;
import java.nio.file.Path;

/**
 * How the sample NF runs.
 *
 * @param socket the vhost-user socket
 * @param role CLIENT: the switch listens, we connect; SERVER: the other way round
 * @param mode what it does with frames
 * @param queuePairs 1..8
 * @param queueSize entries per ring, a power of two, 64..32768
 * @param sleep wait for the switch's call instead of spinning: for machines with fewer cores than
 *     busy threads
 * @param hugePages share memory of 2 MiB pages; the machine must have them
 * @param verify check every received frame: is it one of ours, unchanged, in order, for us
 * @param mac its MAC address, 48 bits
 * @param ipv4 its IPv4 address, for {@link NfMode#echo} and as the source of test frames
 * @param traffic test frames to send and to expect
 */
public record NfOptions(
    Path socket,
    SocketRole role,
    NfMode mode,
    int queuePairs,
    int queueSize,
    boolean sleep,
    boolean hugePages,
    boolean verify,
    long mac,
    int ipv4,
    NfTraffic traffic) {
  private static final int QUEUE_PAIRS_MAX = 8;
  private static final int QUEUE_SIZE_MIN = 64;
  private static final int QUEUE_SIZE_MAX = 32768;

  public NfOptions {
    check("queues", queuePairs, 1, QUEUE_PAIRS_MAX);
    check("queue-size", queueSize, QUEUE_SIZE_MIN, QUEUE_SIZE_MAX);
    if (Integer.bitCount(queueSize) != 1) {
      throw new IllegalArgumentException("queue-size must be a power of two: " + queueSize);
    }
  }

  static void check(String what, long value, long min, long max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          "%s must be %d to %d: %d".formatted(what, min, max, value));
    }
  }
}
