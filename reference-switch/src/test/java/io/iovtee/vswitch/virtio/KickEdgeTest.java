// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The driver makes a head available at the very moment at which the device asks for kicks. Either
 * the device sees the head and stays awake, or the driver sees the wish and kicks. When a fence is
 * missing on either side, both miss it, some times in a thousand (virtio 1.2, 2.7.10).
 */
final class KickEdgeTest {
  private static final int ROUNDS = 50_000;
  private static final int SIZE = 64;
  private static final int FRAME = 12 + 60;

  /** Spins before the core is given away: on a machine with one core both make progress. */
  private static final int SPINS = 2_000;

  /** How far one may be behind the other, in spins: up to some hundred nanoseconds. */
  private static final int OFFSETS = 24;

  /** Every so many rounds the head comes first for sure, however busy the machine is. */
  private static final int HEAD_FIRST = 64;

  private final GuestArena arena = new GuestArena();
  private final AtomicInteger started = new AtomicInteger();
  private final AtomicInteger finished = new AtomicInteger();

  @AfterEach
  void release() {
    arena.close();
  }

  private static void await(AtomicInteger counter, int value) {
    for (int spins = 0; counter.get() != value; spins++) {
      if (spins < SPINS) {
        Thread.onSpinWait();
      } else {
        Thread.yield();
      }
    }
  }

  private static void hesitate(SplittableRandom random) {
    for (int i = random.nextInt(OFFSETS); i > 0; i--) {
      Thread.onSpinWait();
    }
  }

  /**
   * @param waiting heads that are there all the time, as in a receive ring; more of them matter
   */
  @ParameterizedTest
  @CsvSource({"false,0", "false,1", "true,0", "true,1"})
  void eitherTheHeadOrTheWishIsSeen(boolean eventIdx, int waiting) throws InterruptedException {
    long features = FakeDriver.FEATURES | (eventIdx ? VirtioFeature.EVENT_IDX.mask() : 0);
    DriverVirtqueue driver =
        new DriverVirtqueue(arena.host(GuestArena.LOW), GuestArena.LOW, SIZE, features);
    TransmitVirtqueue device = new TransmitVirtqueue(setup(driver, features));
    for (int i = 0; i < waiting; i++) {
      driver.add(FakeDriver.BUFFERS, FRAME, false, 0);
      driver.publish();
    }
    boolean[] kicked = new boolean[1];
    Thread other = new Thread(() -> drive(driver, kicked));
    other.start();
    SplittableRandom random = new SplittableRandom(1);
    TransmitFrames frames = new TransmitFrames();
    int lost = 0;
    int kicks = 0;
    for (int round = 1; round <= ROUNDS; round++) {
      device.suppressKicks(true);
      int known = device.available();
      assertThat(known).isEqualTo(waiting);
      started.set(round);
      if (round % HEAD_FIRST == 0) {
        await(finished, round);
      } else {
        hesitate(random);
      }
      device.armKicks();
      boolean asleep = device.available() == known;
      await(finished, round);
      lost += asleep && !kicked[0] ? 1 : 0;
      kicks += kicked[0] ? 1 : 0;
      assertThat(device.takeTransmit(frames, 1)).isEqualTo(1);
      device.complete(frames.head[0], 0);
      device.publish();
    }
    other.join();
    assertThat(lost).as("rounds in which the device sleeps and nobody kicks").isZero();
    assertThat(kicks).as("both came first at times").isBetween(1, ROUNDS - 1);
  }

  private void drive(DriverVirtqueue driver, boolean[] kicked) {
    SplittableRandom random = new SplittableRandom(2);
    int[] token = new int[1];
    for (int round = 1; round <= ROUNDS; round++) {
      driver.reap(token, new int[1], 1);
      driver.add(FakeDriver.BUFFERS, FRAME, false, round);
      driver.needsKick(); // nothing new: what was published before counts no more
      await(started, round);
      hesitate(random);
      driver.publish();
      kicked[0] = driver.needsKick();
      finished.set(round);
    }
  }

  private VirtqueueSetup setup(DriverVirtqueue driver, long features) {
    return VirtqueueSetup.of(
        "edge",
        arena.memory(),
        driver.descAddress() + GuestArena.FRONTEND_OFFSET,
        driver.availAddress() + GuestArena.FRONTEND_OFFSET,
        driver.usedAddress() + GuestArena.FRONTEND_OFFSET,
        SIZE,
        0,
        0,
        features);
  }
}
