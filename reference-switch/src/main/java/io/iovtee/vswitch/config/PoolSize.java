// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.config;

import java.util.Map;
import java.util.function.ToIntFunction;

/**
 * How many frame buffers the configured ports take. Every receive queue of a NIC keeps its ring
 * full, whether frames come or not; so the pool must carry all rings and a reserve, or the ports
 * that were there first leave nothing to the others.
 *
 * @param general the section {@code switch}, which may name a number
 * @param ports by name
 * @param loops poll loops: each has an equal share of the pool, and queue {@code i} of each port is
 *     on loop {@code i % loops}
 */
public record PoolSize(Section general, Map<String, Section> ports, int loops) {
  /** Of the rings' buffers one more for so many: frames on their way, and copies. */
  private static final int RESERVE_DIVISOR = 3;

  private static final int SOFT_RING_SIZE = 1024;
  private static final int XDP_RING_SIZE = 2048;
  private static final int TAP_RING_SIZE = 256;
  private static final int VXLAN_RING_SIZE = 1024;

  /** 32 MiB, if the ports' rings take no more. */
  private static final int CHUNKS_DEFAULT = 16 * 1024;

  private static final int CHUNKS_STEP = 1024;

  /** 8 GiB. */
  private static final int CHUNKS_MAX = 4 << 20;

  /**
   * Buffers of the pool: the configured number, or what carries all rings and the reserve.
   *
   * @param allQueues how many receive queues an AF_XDP port has that is to serve all of them
   * @throws ConfigException when the configured number does not carry the rings
   */
  public int chunks(ToIntFunction<Section> allQueues) {
    long wanted = Math.ceilDiv(wanted(allQueues), CHUNKS_STEP) * CHUNKS_STEP;
    long fitting = Math.clamp(wanted, CHUNKS_DEFAULT, (long) CHUNKS_MAX);
    int chunks = (int) general.number("pool-chunks", fitting, CHUNKS_STEP, CHUNKS_MAX);
    if (chunks % CHUNKS_STEP != 0) {
      throw general.error(
          "pool-chunks", "must be a multiple of %d: %d".formatted(CHUNKS_STEP, chunks));
    }
    if (chunks < wanted) {
      throw general.error(
          "pool-chunks",
          ("%d chunks do not carry the rings of all ports: set %d or more, or smaller ring-size,"
                  + " or leave the key out")
              .formatted(chunks, wanted));
    }
    return chunks;
  }

  private long wanted(ToIntFunction<Section> allQueues) {
    long largest = 0;
    for (int loop = 0; loop < loops; loop++) {
      largest = Math.max(largest, onLoop(loop, allQueues));
    }
    return (largest + largest / RESERVE_DIVISOR) * loops;
  }

  private long onLoop(int loop, ToIntFunction<Section> allQueues) {
    long sum = 0;
    for (Section port : ports.values()) {
      String type = String.valueOf(port.values().get("type"));
      long ringSize = ringSize(port, type);
      if (ringSize > 0) {
        long queues = positive(port, "queues", 0);
        if (queues == 0) {
          queues = type.equals("xdp") ? allQueues.applyAsInt(port) : 1;
        }
        sum += (queues + loops - 1 - loop) / loops * ringSize;
      }
    }
    return sum;
  }

  /** Buffers that each receive queue keeps; 0 for a port that keeps none. */
  private static long ringSize(Section port, String type) {
    return switch (type) {
      case "soft" -> positive(port, "ring-size", SOFT_RING_SIZE);
      case "xdp" -> positive(port, "ring-size", XDP_RING_SIZE);
      case "tap" -> TAP_RING_SIZE;
      case "vxlan" -> positive(port, "ring-size", VXLAN_RING_SIZE);
      default -> 0;
    };
  }

  /** What is wrong here is told when the port is made, in the words of its type. */
  private static long positive(Section port, String key, long otherwise) {
    return port.values().get(key) instanceof Integer number && number > 0 && number <= 1 << 16
        ? number
        : otherwise;
  }
}
