// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.peer;

import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a process has written so far. One thread appends, others wait for text. Positions count
 * characters since the start and stay valid when the oldest text is forgotten.
 */
final class Transcript {
  /** Characters kept: hours of statistics, and bounded whatever a peer prints. */
  static final int LENGTH_MAX = 4 << 20;

  private final StringBuilder text = new StringBuilder();
  private long forgotten;
  private boolean ended;

  /** Appends; forgets the older half when the text is too long. */
  synchronized void append(String part) {
    text.append(part);
    if (text.length() > LENGTH_MAX) {
      int half = text.length() / 2;
      text.delete(0, half);
      forgotten += half;
    }
    notifyAll();
  }

  /** The writer has ended: nothing more will come. */
  synchronized void end() {
    ended = true;
    notifyAll();
  }

  /** Whether the writer has ended. */
  synchronized boolean ended() {
    return ended;
  }

  /** Where the next text will stand. */
  synchronized long position() {
    return forgotten + text.length();
  }

  /** Text from a position on; what was forgotten is missing. */
  synchronized String from(long position) {
    return text.substring(Math.clamp(position - forgotten, 0, text.length()));
  }

  /** The last characters, for error messages. */
  synchronized String tail(int length) {
    return text.substring(Math.max(0, text.length() - length));
  }

  /**
   * Waits until the text from {@code position} on contains the pattern.
   *
   * @return the text from {@code position} to the end of the match, or null if the time is over or
   *     the writer has ended without it
   */
  synchronized @Nullable String await(long position, Pattern pattern, long timeoutMs)
      throws InterruptedException {
    long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
    while (true) {
      String part = from(position);
      Matcher matcher = pattern.matcher(part);
      if (matcher.find()) {
        return part.substring(0, matcher.end());
      }
      long leftNs = deadlineNs - System.nanoTime();
      if (ended || leftNs <= 0) {
        return null;
      }
      // Rounded up: 0 would wait for ever.
      wait(TimeUnit.NANOSECONDS.toMillis(leftNs) + 1);
    }
  }
}
