// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against devices that forward up to a known rate. */
final class RateSearchTest {
  private static final double RATE_MAX = 20e6;

  @ParameterizedTest
  @CsvSource({
    "1, 0.01",
    "19999999, 0.01",
    "7654321, 0.01",
    "7654321, 0.001",
    "10000000, 0.5",
    "123456, 0.1"
  })
  void findsTheThreshold(double threshold, double resolution) {
    List<Double> tried = new ArrayList<>();
    double found =
        new RateSearch(resolution)
            .highest(
                RATE_MAX,
                rate -> {
                  tried.add(rate);
                  return rate <= threshold;
                });
    assertThat(found).isBetween(threshold - resolution * RATE_MAX, threshold);
    // The first, one for each halving, and the second chance of the last one.
    double halvings = Math.ceil(Math.log(1 / resolution) / Math.log(2));
    assertThat((double) tried.size()).isLessThanOrEqualTo(2 + halvings);
  }

  @Test
  void aDeviceThatIsFasterThanTheFirstRate() {
    assertThat(new RateSearch(0.01).highest(RATE_MAX, rate -> true)).isEqualTo(RATE_MAX);
  }

  @Test
  void aDeviceThatForwardsNothing() {
    assertThat(new RateSearch(0.01).highest(RATE_MAX, rate -> false)).isZero();
  }

  /** A loss that the machine caused, in the first trial that should have passed. */
  @Test
  void oneSpoiltTrialDoesNotDecide() {
    double threshold = 7_654_321;
    double resolution = 0.01;
    AtomicBoolean spoilt = new AtomicBoolean();
    double found =
        new RateSearch(resolution)
            .highest(RATE_MAX, rate -> rate <= threshold && spoilt.getAndSet(true));
    assertThat(found).isBetween(threshold - resolution * RATE_MAX, threshold);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 1, -0.1, Double.NaN})
  void thereIsNoSuchResolution(double resolution) {
    assertThatThrownBy(() -> new RateSearch(resolution))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
