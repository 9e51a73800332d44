// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.config;

import java.util.Map;

/**
 * How many frame buffers the configured ports take. Every receive queue of a NIC keeps its ring
 * full, whether frames come or not; so the pool must carry all rings and a reserve, or the ports
 * that were there first leave nothing to the others.
 */
final class PoolSize {
  /** Of the rings' buffers one more for so many: frames on their way, and copies. */
  private static final int RESERVE_DIVISOR = 3;

  private static final int SOFT_RING_SIZE = 1024;
  private static final int XDP_RING_SIZE = 2048;

  private PoolSize() {}

  /**
   * Buffers that carry all rings and the reserve.
   *
   * @param loops poll loops: each has an equal share of the pool, and queue {@code i} of each port
   *     is on loop {@code i % loops}
   */
  static long wanted(Map<String, Section> ports, int loops) {
    long largest = 0;
    for (int loop = 0; loop < loops; loop++) {
      largest = Math.max(largest, onLoop(ports, loop, loops));
    }
    return (largest + largest / RESERVE_DIVISOR) * loops;
  }

  private static long onLoop(Map<String, Section> ports, int loop, int loops) {
    long sum = 0;
    for (Section port : ports.values()) {
      Object type = port.values().get("type");
      if ("soft".equals(type) || "xdp".equals(type)) {
        long queues = Math.max(1, positive(port, "queues", 1)); // xdp: 0 is all, at least one
        int defaultSize = "soft".equals(type) ? SOFT_RING_SIZE : XDP_RING_SIZE;
        long ringSize = positive(port, "ring-size", defaultSize);
        sum += (queues + loops - 1 - loop) / loops * ringSize;
      }
    }
    return sum;
  }

  /** What is wrong here is told when the port is made, in the words of its type. */
  private static long positive(Section port, String key, long otherwise) {
    return port.values().get(key) instanceof Integer number && number > 0 && number <= 1 << 16
        ? number
        : otherwise;
  }
}
