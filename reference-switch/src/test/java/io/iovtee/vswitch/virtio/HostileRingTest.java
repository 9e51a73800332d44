// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.PostedBuffers;
import io.iovtee.vswitch.linux.AddressSpace;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Random rings that keep no rule. Whatever the guest writes: no exception, no access outside of its
 * regions (the pages around them end the JVM), a limit on the work of each call, and an account of
 * heads that is right at any time.
 */
final class HostileRingTest {
  private static final int CASES = Integer.getInteger("iovtee.hostile.cases", 100_000);
  private static final int[] SIZES = {1, 2, 8, 16, 64};

  /** Addresses at which mistakes are made. */
  private static final long[] EDGES = {
    0,
    -1,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    GuestArena.LOW,
    GuestArena.NEXT,
    GuestArena.NEXT + GuestArena.NEXT_BYTES,
    GuestArena.FAR,
    GuestArena.FAR + GuestArena.FAR_BYTES,
    FakeDriver.BUFFERS,
    FakeDriver.BUFFERS + 4096
  };

  private static final long[] LENGTHS = {
    0, 1, 11, 12, 13, 26, 64, 76, 256, 1526, 2060, 65535, 65547, 65548, 0x7fff_ffffL, 0xffff_ffffL
  };

  private final GuestArena arena = new GuestArena();
  private final PostedBuffers posted = new PostedBuffers();
  private final TransmitFrames frames = new TransmitFrames();
  private SplittableRandom random = new SplittableRandom(0);
  private int index;

  /** How often each thing happened: a test that never gets anywhere proves nothing. */
  private final long[] refusals = new long[ChainFault.values().length];

  private final long[] faults = new long[RingFault.values().length];
  private long worked;

  @AfterEach
  void release() {
    arena.close();
  }

  @Test
  void receiveSurvivesAnything() {
    for (int seed = 0; seed < CASES; seed++) {
      random = new SplittableRandom(seed);
      FakeDriver driver = hostileDriver();
      ReceiveVirtqueue queue = driver.receive(features());
      index = driver.nextAvail();
      try {
        for (int step = 0; step < 12; step++) {
          mutate(driver);
          receiveStep(queue);
          assertAccount(queue, seed);
        }
        assertStops(driver, queue, seed);
        note(queue);
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
    assertEverythingHappened(ChainFault.RUNT, ChainFault.OFFLOAD, ChainFault.TOO_LONG);
  }

  private void receiveStep(ReceiveVirtqueue queue) {
    int size = queue.size();
    switch (random.nextInt(8)) {
      case 0, 1 -> {
        int taken = queue.take(posted, random.nextInt(70));
        for (int i = 0; i < taken; i++) {
          lendOrKeep(queue, i);
        }
      }
      case 2, 3, 4 -> {
        int length = 1 + random.nextInt(random.nextInt(8) == 0 ? 65535 : 1600);
        int header = random.nextInt(Math.min(length, 128) + 1);
        long before = queue.completed();
        int result = queue.deliver(new byte[128], 0, header, arena.hostArea(), length);
        assertThat(result).isBetween(0, ReceiveVirtqueue.BROKEN);
        worked += result == ReceiveVirtqueue.DELIVERED ? 1 : 0;
        assertThat(queue.completed() - before)
            .isLessThanOrEqualTo(
                size + BufferChainWriter.HEADS_MAX + BufferChainWriter.REFUSED_MAX);
      }
      case 5 -> queue.giveBack(random.nextInt(size));
      case 6 -> queue.complete(random.nextInt(size), random.nextInt());
      default -> notifications(queue);
    }
  }

  /** What a NIC and the pipeline do with a buffer that may be lent: write it, publish it. */
  private void lendOrKeep(ReceiveVirtqueue queue, int i) {
    long address = posted.address[i];
    if (address == 0) {
      assertThat(posted.reason[i]).isNotZero();
      queue.giveBack(posted.head[i]);
      return;
    }
    int length = posted.length[i];
    AddressSpace.putByte(address, (byte) 1);
    AddressSpace.putByte(address + length - 1, (byte) 1);
    if (random.nextBoolean() && length > VirtioNetHeader.LENGTH) {
      int frameLength = 1 + random.nextInt(length - VirtioNetHeader.LENGTH);
      queue.completeFrame(posted.head[i], address + VirtioNetHeader.LENGTH, frameLength);
    }
  }

  @Test
  void transmitSurvivesAnything() {
    for (int seed = 0; seed < CASES; seed++) {
      random = new SplittableRandom(seed);
      FakeDriver driver = hostileDriver();
      TransmitVirtqueue queue = driver.transmit(features());
      index = driver.nextAvail();
      try {
        for (int step = 0; step < 12; step++) {
          mutate(driver);
          transmitStep(queue);
          assertAccount(queue, seed);
        }
        assertStops(driver, queue, seed);
        note(queue);
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
    assertEverythingHappened();
  }

  private void transmitStep(TransmitVirtqueue queue) {
    if (random.nextInt(4) == 0) {
      notifications(queue);
      return;
    }
    long before = queue.taken();
    int max = random.nextInt(70);
    int taken = queue.takeTransmit(frames, max);
    assertThat(queue.taken() - before).isBetween((long) taken, (long) Math.min(max, 64));
    worked += taken;
    for (int i = 0; i < taken; i++) {
      int length = frames.length[i];
      assertThat(length).isBetween(14, 65535);
      assertThat(frames.gather(i, arena.hostArea(), (int) GuestArena.HOST_BYTES)).isEqualTo(length);
      if (random.nextInt(3) != 0) {
        queue.complete(frames.head[i], 0);
      }
    }
  }

  private void notifications(SplitVirtqueue queue) {
    switch (random.nextInt(4)) {
      case 0 -> queue.publish();
      case 1 -> queue.needsCall();
      case 2 -> queue.suppressKicks(random.nextBoolean());
      default -> queue.armKicks();
    }
  }

  private static void assertAccount(SplitVirtqueue queue, int seed) {
    assertThat(queue.outstanding()).as("seed %d", seed).isBetween(0, queue.size());
    int notFree = 0;
    for (byte state : queue.state) {
      notFree += state == SplitVirtqueue.FREE ? 0 : 1;
    }
    assertThat(notFree).as("seed %d", seed).isEqualTo(queue.outstanding());
    assertThat(queue.available()).as("seed %d", seed).isBetween(0, queue.size());
    if (queue.isBroken()) {
      assertThat(queue.available()).as("seed %d", seed).isZero();
      assertThat(queue.faultMessage()).contains("reset the device");
    }
  }

  private static void assertStops(FakeDriver driver, SplitVirtqueue queue, int seed) {
    int base = queue.baseForStop();
    assertThat(base).as("seed %d", seed).isBetween(0, 0xffff);
    assertThat(queue.outstanding()).as("seed %d", seed).isZero();
    long expected = driver.nextAvail() + queue.completed() & 0xffff;
    assertThat(driver.usedIndex()).as("seed %d", seed).isEqualTo((int) expected);
    assertThat(base).as("seed %d: no head is lost", seed).isEqualTo((int) expected);
  }

  private void note(SplitVirtqueue queue) {
    faults[queue.fault().ordinal()]++;
    for (ChainFault reason : ChainFault.values()) {
      refusals[reason.ordinal()] += queue.refused(reason);
    }
  }

  private void assertEverythingHappened(ChainFault... never) {
    Set<ChainFault> missing = EnumSet.of(ChainFault.TOO_MANY_SEGMENTS, ChainFault.NONE);
    missing.addAll(List.of(never));
    for (ChainFault reason : ChainFault.values()) {
      if (!missing.contains(reason)) {
        assertThat(refusals[reason.ordinal()])
            .as("refused as %s", reason)
            .isGreaterThan(CASES / 500);
      }
    }
    assertThat(worked).as("frames moved").isGreaterThan(CASES / 10);
    for (RingFault fault : RingFault.values()) {
      assertThat(faults[fault.ordinal()]).as("queues with %s", fault).isGreaterThan(CASES / 500);
    }
  }

  private long features() {
    long features = VirtioFeature.VERSION_1.mask();
    for (VirtioFeature feature :
        new VirtioFeature[] {
          VirtioFeature.MRG_RXBUF,
          VirtioFeature.INDIRECT_DESC,
          VirtioFeature.EVENT_IDX,
          VirtioFeature.IN_ORDER
        }) {
      features |= random.nextBoolean() ? feature.mask() : 0;
    }
    return features;
  }

  private FakeDriver hostileDriver() {
    int size = SIZES[random.nextInt(SIZES.length)];
    int start = random.nextBoolean() ? 0 : random.nextInt(0x1_0000);
    FakeDriver driver = new FakeDriver(arena, size, FakeDriver.RINGS, start);
    for (int i = 0; i < size; i++) {
      descriptor(driver, driver.descGuest, i);
      descriptor(driver, FakeDriver.BUFFERS, i);
      driver.entry(i, random.nextInt(8) == 0 ? random.nextInt(0x1_0000) : random.nextInt(size));
    }
    return driver;
  }

  /** One change by the guest, mostly such that the ring goes on working. */
  private void mutate(FakeDriver driver) {
    int size = driver.size;
    switch (random.nextInt(10)) {
      case 0 -> descriptor(driver, driver.descGuest, random.nextInt(size));
      case 1 -> descriptor(driver, FakeDriver.BUFFERS, random.nextInt(size));
      case 2 -> driver.entry(random.nextInt(size), random.nextInt(0x1_0000));
      case 3 -> {
        if (random.nextInt(8) == 0) {
          driver.availIndex(random.nextInt(0x1_0000));
        }
      }
      case 4 -> driver.usedEvent(random.nextInt());
      case 5 -> driver.availFlags(random.nextInt());
      case 6 -> arena.fill(FakeDriver.BUFFERS, 64, random.nextInt(4) == 0 ? random.nextInt() : 0);
      default -> {
        for (int i = random.nextInt(4); i > 0; i--) {
          driver.entry(index, random.nextInt(size));
          index = index + 1 & 0xffff;
        }
        driver.availIndex(index);
      }
    }
  }

  private void descriptor(FakeDriver driver, long table, int i) {
    long guest =
        random.nextInt(3) == 0
            ? EDGES[random.nextInt(EDGES.length)] + random.nextInt(64) - 32
            : FakeDriver.BUFFERS + random.nextInt(0x3_0000);
    long length =
        random.nextInt(4) == 0 ? random.nextInt(200) : LENGTHS[random.nextInt(LENGTHS.length)];
    int flags = random.nextInt(3) == 0 ? random.nextInt(0x1_0000) : random.nextInt(8);
    if (random.nextBoolean()) {
      flags &= VirtqDesc.Flag.WRITE;
    }
    int next = random.nextInt(8) == 0 ? random.nextInt(0x1_0000) : random.nextInt(driver.size);
    if ((flags & VirtqDesc.Flag.INDIRECT) != 0 && random.nextBoolean()) {
      guest = FakeDriver.BUFFERS;
      length = 16L * (1 + random.nextInt(driver.size));
    }
    driver.descriptorAt(table, i, guest, length, flags, next);
  }

  @Test
  void hostMemoryIsOnlyReadByDelivery() {
    byte[] before = new byte[(int) GuestArena.HOST_BYTES];
    Arrays.fill(before, (byte) 0x5a);
    AddressSpace.copyFromArray(before, 0, arena.hostArea(), before.length);
    for (int seed = 0; seed < 2000; seed++) {
      random = new SplittableRandom(seed);
      FakeDriver driver = hostileDriver();
      ReceiveVirtqueue queue = driver.receive(features());
      index = driver.nextAvail();
      for (int step = 0; step < 12; step++) {
        mutate(driver);
        receiveStep(queue);
      }
    }
    assertThat(Arrays.equals(arena.hostBytes(0, before.length), before)).isTrue();
  }
}
