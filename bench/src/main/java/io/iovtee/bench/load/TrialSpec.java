// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One trial: frames of a mix at a rate for a time.
 *
 * @param mix which frames
 * @param framesPerSecond offered; 0 for as many as the transmit ring takes
 * @param lengthMs how long frames are sent, 1 or more
 */
record TrialSpec(FrameMix mix, double framesPerSecond, int lengthMs) {
  private static final String COMMAND = "trial";

  TrialSpec {
    if (framesPerSecond < 0 || lengthMs < 1) {
      throw new IllegalArgumentException(
          "no trial: framesPerSecond=" + framesPerSecond + ", lengthMs=" + lengthMs);
    }
  }

  /** {@code trial 64 5000000.0 2000}: how the two processes exchange it. */
  String format() {
    return String.format(
        Locale.ROOT, "%s %s %.3f %d", COMMAND, mix.label(), framesPerSecond, lengthMs);
  }

  /** Reads {@link #format}; null if the line is another command. */
  static @Nullable TrialSpec parse(String line) {
    String[] words = line.strip().split(" ");
    if (words.length != 4 || !words[0].equals(COMMAND)) {
      return null;
    }
    return new TrialSpec(
        FrameMix.parse(words[1]), Double.parseDouble(words[2]), Integer.parseInt(words[3]));
  }
}
