// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.iovtee.api.BufferList;
import io.iovtee.api.CopyReason;
import io.iovtee.api.DmaConstraints;
import io.iovtee.api.GuestReceiveRing;
import io.iovtee.api.PostedBuffers;
import io.iovtee.api.testkit.FakeReceiveRing;
import io.iovtee.api.testkit.FakeReceiveRing.Place;
import io.iovtee.verticles.iovtee.Isolation;
import java.lang.management.ManagementFactory;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What is lent and what is not; every head is somewhere at every time. */
final class GuestBufferSourceTest {
  private static final long MEMORY = 0x7000_0000_0000L;
  private static final int SIZE = 64;
  private static final int FRAME_MAX = 1536;
  private static final int LENGTH_MIN = GuestReceiveRing.HEADER_LENGTH + FRAME_MAX;
  private static final int STRIDE = 2432;
  private static final DmaConstraints ANYWHERE =
      new DmaConstraints(MEMORY - 4096, MEMORY + (1 << 20), 0, 0, FRAME_MAX);

  private final FakeReceiveRing ring = new FakeReceiveRing(SIZE, MEMORY, 1 << 20);
  private final BufferList out = new BufferList();

  private GuestBufferSource source(Isolation isolation, int reserve) {
    return new GuestBufferSource("guest:nf1/0", ring, ANYWHERE, isolation, reserve);
  }

  private int lend(GuestBufferSource source, int max) {
    out.count = 0;
    return source.lend(out, max);
  }

  @Test
  void lendsInRingOrderBehindTheHeader() {
    ring.postAll(2060, STRIDE);
    GuestBufferSource source = source(Isolation.TRUSTED, 0);
    assertThat(lend(source, 3)).isEqualTo(3);
    for (int i = 0; i < 3; i++) {
      assertThat(out.token[i]).isEqualTo(i);
      assertThat(out.address[i]).isEqualTo(MEMORY + (long) i * STRIDE + 12);
    }
    assertThat(source.counters().lent()).isEqualTo(3);
  }

  @Test
  void neverFillsTheListBeyondItsCapacity() {
    ring.postAll(2060, STRIDE);
    GuestBufferSource source = source(Isolation.TRUSTED, 0);
    out.count = BufferList.CAPACITY - 2;
    assertThat(source.lend(out, 50)).isEqualTo(2);
    assertThat(out.count).isEqualTo(BufferList.CAPACITY);
    assertThat(source.lend(out, 50)).isZero();
  }

  @Test
  void keepsTheReserveForTheCopyPath() {
    ring.postAll(2060, STRIDE);
    GuestBufferSource source = source(Isolation.TRUSTED, 8);
    assertThat(lend(source, 64)).isEqualTo(SIZE - 8);
    assertThat(ring.available()).isEqualTo(8);
    assertThat(lend(source, 64)).isZero();
    assertThat(ring.copyIn()).isTrue();
  }

  @Test
  void reserveFollowsTheRingUnlessConfigured() {
    assertThat(PluginConfig.reserveFor(PluginConfig.RESERVE_BY_RING_SIZE, 64)).isEqualTo(8);
    assertThat(PluginConfig.reserveFor(PluginConfig.RESERVE_BY_RING_SIZE, 1024)).isEqualTo(32);
    assertThat(PluginConfig.reserveFor(0, 1024)).isZero();
  }

  private void assertRefused(GuestBufferSource source, CopyReason reason) {
    long before = source.counters().ineligible(reason);
    int taken = ring.countOf(Place.TAKEN);
    assertThat(lend(source, 1)).isZero();
    assertThat(source.counters().ineligible(reason)).isEqualTo(before + 1);
    assertThat(ring.countOf(Place.TAKEN)).as("given to the copy path").isEqualTo(taken);
    assertThat(ring.copyIn()).isTrue();
  }

  @Test
  void refusesWhatTheRingFoundUnfitByItsReason() {
    GuestBufferSource source = source(Isolation.TRUSTED, 0);
    for (CopyReason reason :
        new CopyReason[] {CopyReason.CHAINED, CopyReason.NOT_WRITABLE, CopyReason.UNMAPPED}) {
      ring.post(0, MEMORY, 2060, reason);
      assertRefused(source, reason);
    }
  }

  @Test
  void refusesABufferThatIsAByteTooShort() {
    GuestBufferSource source = source(Isolation.TRUSTED, 0);
    ring.post(0, MEMORY, LENGTH_MIN - 1);
    assertRefused(source, CopyReason.TOO_SHORT);
    ring.post(0, MEMORY, LENGTH_MIN);
    assertThat(lend(source, 1)).isEqualTo(1);
  }

  @Test
  void refusesABufferOutsideTheWindow() {
    DmaConstraints window = new DmaConstraints(MEMORY + 12, MEMORY + 8192, 256, 1792, FRAME_MAX);
    GuestBufferSource source = new GuestBufferSource("guest", ring, window, Isolation.TRUSTED, 0);
    // The frame lies 12 bytes behind the buffer's start.
    ring.post(0, MEMORY + 255, 2060);
    assertRefused(source, CopyReason.OUTSIDE_WINDOW);
    ring.post(0, MEMORY + 8192 - 1792 - 11, 2060);
    assertRefused(source, CopyReason.OUTSIDE_WINDOW);
    ring.post(0, MEMORY + 256, 2060);
    ring.post(1, MEMORY + 8192 - 1792 - 12, 2060);
    assertThat(lend(source, 2)).isEqualTo(2);
  }

  @Test
  void whatTheQueueRefusesGoesToTheCopyPathAndIsCounted() {
    GuestBufferSource source = source(Isolation.TRUSTED, 0);
    ring.post(0, MEMORY, 2060);
    assertThat(lend(source, 1)).isEqualTo(1);
    source.refused(0);
    assertThat(ring.placeOf(0)).isEqualTo(Place.COPY_PATH);
    assertThat(source.counters().ineligible(CopyReason.OVERLAP)).isEqualTo(1);
    assertThat(lend(source, 1)).isZero();
  }

  @Test
  void lendsWhatWasGivenBackFirst() {
    ring.postAll(2060, STRIDE);
    GuestBufferSource source = source(Isolation.TRUSTED, 0);
    lend(source, 2);
    source.giveBack(1, 0);
    assertThat(lend(source, 2)).isEqualTo(2);
    assertThat(out.token[0]).isEqualTo(1);
    assertThat(out.address[0]).isEqualTo(MEMORY + STRIDE + 12);
    assertThat(out.token[1]).isEqualTo(2);
    assertThat(source.counters().relent()).isEqualTo(1);
  }

  @Test
  void clearsAForeignFrameUnlessTheGuestIsTrusted() {
    for (Isolation isolation : Isolation.values()) {
      FakeReceiveRing fresh = new FakeReceiveRing(SIZE, MEMORY, 1 << 20);
      CountingRing counting = new CountingRing(fresh);
      GuestBufferSource source = new GuestBufferSource("guest", counting, ANYWHERE, isolation, 0);
      fresh.postAll(2060, STRIDE);
      lend(source, 1);
      source.giveBack(0, 100);
      if (isolation == Isolation.TRUSTED) {
        assertThat(counting.clearedLength).isZero();
      } else {
        assertThat(counting.clearedAt).isEqualTo(MEMORY + 12);
        assertThat(counting.clearedLength).isEqualTo(100);
        assertThat(source.counters().scrubbedBytes()).isEqualTo(100);
      }
      assertThat(source.counters().foreign()).isEqualTo(1);
    }
  }

  @Test
  void clearsNoMoreThanAFrame() {
    CountingRing counting = new CountingRing(ring);
    GuestBufferSource source =
        new GuestBufferSource("guest", counting, ANYWHERE, Isolation.SCRUB, 0);
    ring.postAll(2060, STRIDE);
    lend(source, 1);
    source.giveBack(0, 1 << 20);
    assertThat(counting.clearedLength).isEqualTo(FRAME_MAX);
  }

  @Test
  void strictLendsNothingAfterAForeignFrame() {
    ring.postAll(2060, STRIDE);
    GuestBufferSource source = source(Isolation.STRICT, 0);
    lend(source, 4);
    source.giveBack(3, 0);
    source.giveBack(0, 64);
    assertThat(source.counters().halted()).isTrue();
    assertThat(lend(source, 4)).isZero();
    assertThat(ring.placeOf(0)).isEqualTo(Place.COPY_PATH);
    assertThat(ring.placeOf(3)).as("held ones go, too").isEqualTo(Place.COPY_PATH);
    source.giveBack(1, 0);
    assertThat(ring.placeOf(1)).isEqualTo(Place.COPY_PATH);

    source.resume();
    assertThat(lend(source, 4)).isEqualTo(4);
  }

  @Test
  void strictGoesOnAfterBuffersThatCameBackUnwritten() {
    ring.postAll(2060, STRIDE);
    GuestBufferSource source = source(Isolation.STRICT, 0);
    lend(source, 4);
    source.giveBack(0, 0);
    assertThat(lend(source, 4)).isEqualTo(4);
  }

  @Test
  void aStoppedSourceHoldsNothing() {
    ring.postAll(2060, STRIDE);
    GuestBufferSource source = source(Isolation.TRUSTED, 0);
    lend(source, 4);
    source.giveBack(0, 64);
    source.stopped();
    assertThat(ring.placeOf(0)).isEqualTo(Place.COPY_PATH);
    source.giveBack(1, 64);
    assertThat(ring.placeOf(1)).isEqualTo(Place.COPY_PATH);
    assertThat(lend(source, 1)).as("installed again").isEqualTo(1);
    source.giveBack(2, 0);
    assertThat(ring.placeOf(2)).as("held for lending").isEqualTo(Place.TAKEN);
  }

  @Test
  void aBrokenRingLendsNothing() {
    ring.postAll(2060, STRIDE);
    ring.breakRing();
    assertThat(lend(source(Isolation.TRUSTED, 0), 4)).isZero();
  }

  @Test
  void randomTrafficLosesNoHead() {
    long seed = 20_261_123;
    Random random = new Random(seed);
    GuestBufferSource source = source(Isolation.SCRUB, 4);
    Set<Integer> lent = new HashSet<>();
    for (int step = 0; step < 20_000; step++) {
      int head = random.nextInt(SIZE);
      switch (random.nextInt(4)) {
        case 0 -> {
          if (ring.placeOf(head) == Place.GUEST) {
            long address = MEMORY + random.nextInt((1 << 17) - 4096);
            int length = random.nextInt(8) == 0 ? 100 : 2060;
            ring.post(head, address, length);
          }
        }
        case 1 -> {
          lend(source, random.nextInt(1, 16));
          for (int i = 0; i < out.count; i++) {
            lent.add(out.token[i]);
          }
        }
        case 2 -> {
          if (lent.remove(head)) {
            if (random.nextBoolean()) {
              source.giveBack(head, random.nextInt(2) * 64);
            } else {
              publishTaken(head);
            }
          }
        }
        default -> ring.copyIn();
      }
    }
    source.stopped();
    for (int head : lent) {
      source.giveBack(head, 0);
    }
    assertThat(ring.countOf(Place.TAKEN)).as("seed %d", seed).isZero();
  }

  /** Completes a head although others wait for the copy path. */
  private void publishTaken(int head) {
    ring.giveBack(head);
    while (ring.placeOf(head) == Place.COPY_PATH) {
      assertThat(ring.copyIn()).isTrue();
    }
  }

  @Test
  void lendingAllocatesNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    GuestBufferSource source =
        new GuestBufferSource("guest", new EndlessRing(), ANYWHERE, Isolation.SCRUB, 8);
    for (int i = 0; i < 20_000; i++) {
      lendAndReturn(source);
    }
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 20_000; i++) {
      lendAndReturn(source);
    }
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertThat(allocated).as("bytes in 20000 rounds of 32 buffers").isLessThan(20_000);
    assertThat(source.counters().lent()).isGreaterThan(20_000);
  }

  private void lendAndReturn(GuestBufferSource source) {
    out.count = 0;
    source.lend(out, 32);
    for (int i = 0; i < out.count; i += 4) {
      source.giveBack(out.token[i], 64);
    }
  }

  /** A ring whose guest takes each published head and posts it again at once. */
  private static final class EndlessRing implements GuestReceiveRing {
    private int next;

    @Override
    public int size() {
      return SIZE;
    }

    @Override
    public int available() {
      return SIZE;
    }

    @Override
    public int take(PostedBuffers taken, int max) {
      taken.count = Math.min(max, 32);
      for (int i = 0; i < taken.count; i++) {
        int head = next++ % SIZE;
        taken.head[i] = head;
        taken.address[i] = MEMORY + (long) head * STRIDE;
        taken.length[i] = 2060;
        taken.reason[i] = 0;
      }
      return taken.count;
    }

    @Override
    public boolean inOrder() {
      return false;
    }

    @Override
    public long heldUpBy() {
      return -1;
    }

    @Override
    public void giveBack(int head) {}

    @Override
    public void clear(long address, int length) {}

    @Override
    public boolean isBroken() {
      return false;
    }
  }

  /** Notes what is cleared, and passes everything on. */
  private static class CountingRing implements GuestReceiveRing {
    private final FakeReceiveRing under;
    private long clearedAt;
    private int clearedLength;

    CountingRing(FakeReceiveRing under) {
      this.under = under;
    }

    @Override
    public int size() {
      return under.size();
    }

    @Override
    public int available() {
      return under.available();
    }

    @Override
    public int take(PostedBuffers taken, int max) {
      return under.take(taken, max);
    }

    @Override
    public boolean inOrder() {
      return under.inOrder();
    }

    @Override
    public long heldUpBy() {
      return under.heldUpBy();
    }

    @Override
    public void giveBack(int head) {
      under.giveBack(head);
    }

    @Override
    public void clear(long address, int length) {
      clearedAt = address;
      clearedLength = length;
      under.clear(address, length);
    }

    @Override
    public boolean isBroken() {
      return under.isBroken();
    }
  }
}
