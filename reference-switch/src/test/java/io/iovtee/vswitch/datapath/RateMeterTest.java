// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.flow.FlowMeter;
import io.iovtee.flow.FlowMeter.Band;
import io.iovtee.flow.FlowMeter.Unit;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rates, by a clock of the test's. */
final class RateMeterTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long SEED = 20_261_125;

  private static RateMeter meter(Unit unit, long rate, long burst) {
    return new RateMeter(new FlowMeter(1, unit, List.of(Band.drop(rate, burst))), 0, 0);
  }

  /** Frames that pass of {@code count}, all at one time. */
  private static int passed(RateMeter meter, int count, int length, long nowNs) {
    int passed = 0;
    for (int i = 0; i < count; i++) {
      passed += meter.measure(length, nowNs) == RateMeter.WITHIN ? 1 : 0;
    }
    return passed;
  }

  @Test
  void aFullBucketGivesABurstAndNoMore() {
    RateMeter meter = meter(Unit.PKTPS, 1_000, 10);
    assertThat(passed(meter, 100, 64, 0)).isEqualTo(10);
    assertThat(passed(meter, 100, 64, 999_999)).as("just before the next").isZero();
    assertThat(passed(meter, 100, 64, 1_000_000)).isEqualTo(1);
    assertThat(passed(meter, 100, 64, 6_000_000)).isEqualTo(5);
    assertThat(passed(meter, 100, 64, 60 * SECOND)).as("never more than full").isEqualTo(10);
  }

  @Test
  void withoutABurstSizeItIsOneSecond() {
    assertThat(passed(meter(Unit.PKTPS, 70, 0), 1_000, 64, 0)).isEqualTo(70);
  }

  @Test
  void kilobitsAreThousandsOfBitsWithoutFcs() {
    RateMeter meter = meter(Unit.KBPS, 8_000, 80); // 10000 bytes at once, a million a second
    assertThat(passed(meter, 100, 1_000, 0)).isEqualTo(10);
    assertThat(passed(meter, 100, 1_000, SECOND / 1_000)).isEqualTo(1);
    assertThat(passed(meter, 1_000, 100, SECOND / 1_000 + SECOND / 100)).isEqualTo(100);
  }

  @Test
  void aFrameThatIsLargerThanTheBucketNeverPasses() {
    RateMeter meter = meter(Unit.KBPS, 1_000, 1);
    assertThat(passed(meter, 10, 126, 100 * SECOND)).isZero();
    assertThat(passed(meter, 10, 125, 100 * SECOND)).isEqualTo(1);
  }

  /** Too many come, at random times and in random sizes: what passes is the rate, from below. */
  @ParameterizedTest
  @CsvSource({
    "PKTPS,1,1",
    "PKTPS,1000,10",
    "PKTPS,148809523,64",
    "PKTPS,4294967295,100000",
    "KBPS,64,160",
    "KBPS,1000000,10000",
    "KBPS,400000000,100000"
  })
  void whatPassesIsNeverMoreThanTheRate(Unit unit, long rate, long burst) {
    Random random = new Random(SEED);
    RateMeter meter = meter(unit, rate, burst);
    double perNs = (double) rate / SECOND;
    double frameUnits = unit == Unit.PKTPS ? 1 : 1_518 * 8 / 1_000.0;
    long meanGapNs = Math.max(1, (long) (frameUnits / perNs / 2));
    int offered = meanGapNs == 1 ? 200 : 2; // frames that come at once
    long nowNs = 0;
    double units = 0;
    for (int i = 0; i < 100_000; i++) {
      nowNs += random.nextLong(2 * meanGapNs + 1);
      for (int k = 0; k < offered; k++) {
        int length = 60 + random.nextInt(1_459);
        if (meter.measure(length, nowNs) == RateMeter.WITHIN) {
          units += unit == Unit.PKTPS ? 1 : length * 8 / 1_000.0;
        }
      }
      assertThat(units).as("seed %d, step %d", SEED, i).isLessThanOrEqualTo(burst + perNs * nowNs);
    }
    if (burst >= 10 * frameUnits) { // else it is full before the next frame comes
      assertThat(units)
          .as("seed %d: nor much less", SEED)
          .isGreaterThan(0.99 * perNs * nowNs - 2 * frameUnits);
    }
  }

  /** The clock may start anywhere, and may run over. */
  @Test
  void anyClockWillDo() {
    for (long start : new long[] {0, -5 * SECOND, Long.MAX_VALUE - SECOND, Long.MIN_VALUE}) {
      RateMeter meter =
          new RateMeter(new FlowMeter(1, Unit.PKTPS, List.of(Band.drop(10, 5))), 0, start);
      assertThat(passed(meter, 9, 64, start)).as("start %d", start).isEqualTo(5);
      assertThat(passed(meter, 9, 64, start + 2 * SECOND)).as("start %d", start).isEqualTo(5);
    }
  }

  /** Half of all times lie ahead of any: a meter that rests for half a year must not be lost. */
  @Test
  void aLongRestIsNoDebt() {
    RateMeter meter = meter(Unit.PKTPS, 10, 5);
    assertThat(passed(meter, 9, 64, 0)).isEqualTo(5);
    long day = 86_400 * SECOND;
    for (long now = 0; now < 200 * day; now += day) {
      meter.refresh(now);
    }
    assertThat(passed(meter, 9, 64, 200 * day)).isEqualTo(5);
  }

  @Test
  void loopsShareOneBucket() throws InterruptedException {
    RateMeter meter = meter(Unit.PKTPS, 1, 50_000);
    AtomicLong passed = new AtomicLong();
    Thread[] loops = new Thread[2];
    for (int i = 0; i < loops.length; i++) {
      loops[i] = Thread.ofPlatform().start(() -> passed.addAndGet(passed(meter, 40_000, 64, 0)));
    }
    for (Thread loop : loops) {
      loop.join();
    }
    assertThat(passed.get()).isEqualTo(50_000);
  }

  private static int[] measured(RateMeter meter, int count, long nowNs) {
    int[] bands = new int[count];
    for (int i = 0; i < count; i++) {
      bands[i] = meter.measure(64, nowNs);
    }
    return bands;
  }

  /** Whatever their order, of those that are exceeded the one with the highest rate applies. */
  @Test
  void theHighestBandThatIsExceededApplies() {
    Band low = new Band(Band.Type.DSCP_REMARK, 1_000, 2, 1);
    Band high = Band.drop(2_000, 4);
    RateMeter rising = new RateMeter(new FlowMeter(1, Unit.PKTPS, List.of(low, high)), 0, 0);
    assertThat(measured(rising, 7, 0)).containsExactly(-1, -1, 0, 0, 1, 1, 1);
    assertThat(measured(rising, 4, SECOND / 1_000)).containsExactly(-1, 0, 1, 1);
    RateMeter falling = new RateMeter(new FlowMeter(1, Unit.PKTPS, List.of(high, low)), 0, 0);
    assertThat(measured(falling, 7, 0)).containsExactly(-1, -1, 1, 1, 0, 0, 0);
  }

  /** A band sees frames that another one drops: so it is in Open vSwitch's datapath. */
  @Test
  void eachBandSeesAllFrames() {
    Band slow = new Band(Band.Type.DSCP_REMARK, 1, 6, 1);
    Band fast = Band.drop(1_000, 2);
    RateMeter meter = new RateMeter(new FlowMeter(1, Unit.PKTPS, List.of(slow, fast)), 0, 0);
    assertThat(measured(meter, 4, 0)).containsExactly(-1, -1, 1, 1);
    assertThat(measured(meter, 4, SECOND / 500)).containsExactly(-1, -1, 1, 1);
    assertThat(measured(meter, 2, SECOND / 100)).as("the slow one is empty").containsOnly(0);
  }

  @Test
  void ofEqualBandsTheFirstApplies() {
    Band mark = new Band(Band.Type.DSCP_REMARK, 5, 1, 1);
    RateMeter meter =
        new RateMeter(new FlowMeter(1, Unit.PKTPS, List.of(mark, Band.drop(5, 1))), 0, 0);
    assertThat(measured(meter, 2, 0)).containsExactly(-1, 0);
  }
}
