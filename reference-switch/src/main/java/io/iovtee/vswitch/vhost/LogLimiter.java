// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.event.Level;

/**
 * A port's log lines, at most {@link #LINES_PER_PERIOD} per second: a hostile front-end must not
 * fill the disk. What was left out is counted and said with the next line. One thread.
 */
final class LogLimiter {
  /** Enough for one port to connect, start and stop within a second, with its reasons. */
  static final int LINES_PER_PERIOD = 10;

  private static final long PERIOD_NS = TimeUnit.SECONDS.toNanos(1);

  private final Logger logger;
  private final String port;
  private long periodStartNs;
  private int lines;
  private long suppressed;

  LogLimiter(Logger logger, String port, long nowNs) {
    this.logger = logger;
    this.port = port;
    this.periodStartNs = nowNs;
  }

  /** Writes {@code port <name>: <text>}, or counts it as left out. */
  void log(Level level, long nowNs, String text) {
    if (nowNs - periodStartNs >= PERIOD_NS) {
      periodStartNs = nowNs;
      lines = 0;
    }
    if (lines >= LINES_PER_PERIOD) {
      suppressed++;
      return;
    }
    lines++;
    String more = suppressed == 0 ? "" : " (" + suppressed + " lines were left out before)";
    suppressed = 0;
    logger.atLevel(level).log("port {}: {}{}", port, text, more);
  }
}
