// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.classifier;

import java.util.Arrays;
import java.util.SplittableRandom;

/** Which flow the next frame belongs to: a long sequence that repeats. */
final class Flows {
  /** How flows share the frames. */
  enum Spread {
    /** All the same. */
    UNIFORM,
    /** The n-th has a share of 1/n. */
    ZIPF
  }

  private static final long SEED = 20_261_123;
  private static final int LENGTH = 1 << 20;

  private final int[] sequence = new int[LENGTH];
  private int next;

  Flows(int count, Spread spread) {
    SplittableRandom random = new SplittableRandom(SEED);
    double[] upTo = new double[spread == Spread.ZIPF ? count : 0];
    double sum = 0;
    for (int i = 0; i < upTo.length; i++) {
      sum += 1.0 / (i + 1);
      upTo[i] = sum;
    }
    for (int i = 0; i < LENGTH; i++) {
      if (spread == Spread.UNIFORM) {
        sequence[i] = random.nextInt(count);
      } else {
        int found = Arrays.binarySearch(upTo, random.nextDouble() * sum);
        sequence[i] = Math.min(count - 1, found < 0 ? ~found : found);
      }
    }
  }

  int next() {
    next = (next + 1) & (LENGTH - 1);
    return sequence[next];
  }
}
