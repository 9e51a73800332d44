// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.start;

/** Starts a switch, lets a network function receive from it, and ends it. */
interface Starter {
  /**
   * One start.
   *
   * @param timeoutMs for the first frame
   * @param forMs how long to count after it
   */
  Arrivals start(SinkFunction function, long timeoutMs, long forMs);
}
