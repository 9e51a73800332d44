// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import java.util.function.LongSupplier;

/**
 * What a loop does while nothing comes, and what time it goes by. Tests have their own.
 *
 * @param sleepMaxNs longest sleep
 * @param clockNs what inputs wait for lots by
 */
record LoopTiming(IdleStrategy idle, long sleepMaxNs, LongSupplier clockNs) {
  static LoopTiming standard() {
    return new LoopTiming(new IdleStrategy(), LoopSleep.SLEEP_MAX_NS, System::nanoTime);
  }
}
