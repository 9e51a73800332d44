// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.DoublePredicate;

/**
 * The highest rate that a device forwards without losing more than is allowed, by bisection (RFC
 * 2544, 26.1): from a rate that it should not reach downwards, until the lowest rate that failed
 * and the highest that passed are close. Then the one that failed gets a second chance, and if it
 * takes it, the search goes on above: one trial that was spoilt does not decide the search.
 */
final class RateSearch {
  private final double resolution;

  /**
   * @param resolution how close, as a part of the rate that the search begins with; above 0, below
   *     1
   */
  RateSearch(double resolution) {
    if (!(resolution > 0 && resolution < 1)) {
      throw new IllegalArgumentException("resolution is above 0 and below 1: " + resolution);
    }
    this.resolution = resolution;
  }

  /**
   * Searches.
   *
   * @param rateMax where to begin
   * @param passes tries a rate
   * @return the highest rate that passed; 0 if none did
   */
  double highest(double rateMax, DoublePredicate passes) {
    if (passes.test(rateMax)) {
      return rateMax;
    }
    Deque<Double> failed = new ArrayDeque<>();
    failed.push(rateMax);
    double passed = 0;
    while (!failed.isEmpty()) {
      boolean close = failed.peek() - passed <= resolution * rateMax;
      double rate = close ? failed.pop() : (passed + failed.peek()) / 2;
      if (passes.test(rate)) {
        passed = rate;
      } else if (close) {
        return passed;
      } else {
        failed.push(rate);
      }
    }
    return passed;
  }
}
