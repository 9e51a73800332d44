// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** What two processes tell each other of a trial, and what is made of it. */
final class TrialTest {
  private static final FrameMix MIX = FrameMix.parse("64");

  /** A million frames a second for a second, with 40 refused and 60 lost on the way. */
  private static final TrialResult LOSSY = result(1_000_000, 999_900, 0, 1000);

  private static TrialResult result(long offered, long received, long skipped, long gapMaxNs) {
    return new TrialResult(
        offered,
        40,
        received,
        3,
        4,
        5,
        6,
        7,
        skipped,
        1_000_000_000,
        gapMaxNs,
        10,
        11,
        12,
        13,
        14,
        15);
  }

  private static Attempt attempt(TrialResult result, long switchLossNs) {
    return new Attempt(new TrialSpec(MIX, 1e6, 1000), result, switchLossNs, 100, 1024);
  }

  @Test
  void aSpecCrossesTheProcessBorder() {
    TrialSpec spec = new TrialSpec(FrameMix.parse("imix"), 14_880_952.381, 250);
    assertThat(TrialSpec.parse(spec.format() + "\n")).isEqualTo(spec);
    TrialSpec oneLength = new TrialSpec(MIX, 0, 1);
    assertThat(TrialSpec.parse(oneLength.format())).isEqualTo(oneLength);
    assertThat(TrialSpec.parse("quit")).isNull();
    assertThatThrownBy(() -> new TrialSpec(MIX, -1, 250)).hasMessageContaining("-1");
    assertThatThrownBy(() -> new TrialSpec(MIX, 1, 0)).hasMessageContaining("lengthMs=0");
  }

  @Test
  void aResultCrossesTheProcessBorder() {
    assertThat(TrialResult.parse(LOSSY.format() + "\n")).isEqualTo(LOSSY);
    assertThatThrownBy(() -> TrialResult.parse("result offered=5"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no refused");
  }

  @Test
  void whatIsNotReceivedIsLost() {
    assertThat(LOSSY.lost()).isEqualTo(100);
    assertThat(LOSSY.lossRatio()).isCloseTo(1e-4, within(1e-12));
    assertThat(LOSSY.receivedPerSecond()).isCloseTo(999_900, within(1e-6));
  }

  @Test
  void passesWithALossThatIsAllowed() {
    assertThat(attempt(LOSSY, 0).passes(1e-4)).isTrue();
    assertThat(attempt(LOSSY, 0).passes(0.99e-4)).isFalse();
    assertThat(attempt(result(1_000_000, 1_000_000, 0, 0), 0).passes(0)).isTrue();
  }

  /** A generator that is slower than the rate proves nothing, however few frames are lost. */
  @Test
  void aGeneratorAtItsLimitDoesNotPass() {
    assertThat(attempt(result(980_000, 980_000, 0, 0), 0).passes(0)).isFalse();
    assertThat(attempt(result(980_000, 980_000, 20_000, 0), 0).passes(0)).as("skipped").isTrue();
  }

  /** Half a ring of 1024 lasts 512 us at a million frames a second. */
  @Test
  void disturbedByAPauseLongerThanHalfARing() {
    assertThat(attempt(result(1, 0, 0, 511_000), 511_000).disturbed()).isFalse();
    assertThat(attempt(result(1, 0, 0, 513_000), 0).disturbed()).as("generator").isTrue();
    assertThat(attempt(result(1, 0, 0, 0), 513_000).disturbed()).as("switch").isTrue();
  }

  @Test
  void shareOfTheCores() {
    assertThat(attempt(LOSSY, 20_000_000).share()).as("switch").isCloseTo(0.98, within(1e-9));
    assertThat(attempt(result(970_000, 970_000, 30_000, 0), 0).share())
        .as("generator")
        .isCloseTo(0.97, within(1e-9));
  }
}
