// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

/** When a mapping that failed is tried again: the wait doubles with each failure in a row. */
final class RetryTimer {
  /** Doublings after which the wait is at its longest anyway. */
  private static final int DOUBLINGS_MAX = 16;

  private final MappingThread thread;
  private final MappingTimeouts timeouts;
  private int failuresInRow;
  private long dueMs;

  RetryTimer(MappingThread thread, MappingTimeouts timeouts) {
    this.thread = thread;
    this.timeouts = timeouts;
  }

  void failed() {
    long wait = timeouts.retryMinMs() << Math.min(failuresInRow, DOUBLINGS_MAX);
    dueMs = thread.timeMs() + Math.min(wait, timeouts.retryMaxMs());
    failuresInRow++;
  }

  /** The next failure counts as the first. */
  void forget() {
    failuresInRow = 0;
  }

  boolean isDue() {
    return thread.timeMs() >= dueMs;
  }
}
