// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.iovtee.vswitch.linux.AddressSpace;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a front-end can ask for when it sets up a virtqueue. */
final class VirtqueueSetupTest {
  private static final long FRONTEND = GuestArena.LOW + GuestArena.FRONTEND_OFFSET;
  private static final long DESC = FRONTEND;
  private static final long AVAIL = FRONTEND + 0x1000;
  private static final long USED = FRONTEND + 0x2000;
  private static final long FEATURES = VirtioFeature.VERSION_1.mask();

  private final GuestArena arena = new GuestArena();

  @AfterEach
  void release() {
    arena.close();
  }

  private VirtqueueSetup setup(long desc, long avail, long used, int size) {
    return VirtqueueSetup.of("nf1/rx0", arena.memory(), desc, avail, used, size, 0, 0, FEATURES);
  }

  private void assertRefused(long desc, long avail, long used, int size, String... words) {
    assertThatExceptionOfType(VirtqueueException.class)
        .isThrownBy(() -> setup(desc, avail, used, size))
        .withMessageContainingAll(words)
        .withMessageContaining("queue=nf1/rx0");
  }

  @Test
  void translatesAllThreeRings() {
    VirtqueueSetup setup = setup(DESC, AVAIL, USED, 256);
    assertThat(setup.descAddress()).isEqualTo(arena.host(GuestArena.LOW));
    assertThat(setup.availAddress()).isEqualTo(arena.host(GuestArena.LOW + 0x1000));
    assertThat(setup.usedAddress()).isEqualTo(arena.host(GuestArena.LOW + 0x2000));
    assertThat(setup.has(VirtioFeature.VERSION_1)).isTrue();
    assertThat(setup.has(VirtioFeature.IN_ORDER)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, 3, 5, 255, 257, 32767, 32769, 65536, Integer.MIN_VALUE})
  void sizeThatIsNoPowerOfTwoUpTo32768(int size) {
    assertRefused(DESC, AVAIL, USED, size, "power of two <= 32768", "size=" + size);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 256, 4096})
  void everyPowerOfTwo(int size) {
    assertThat(setup(DESC, FRONTEND + 0x2_0000, FRONTEND + 0x3_0000, size).size()).isEqualTo(size);
  }

  @ParameterizedTest
  @CsvSource({"8,0,0,descriptor table,16", "0,1,0,available ring,2", "0,0,2,used ring,4"})
  void r23_misalignedRing(long desc, long avail, long used, String ring, int alignment) {
    assertRefused(
        DESC + desc,
        AVAIL + avail,
        USED + used,
        16,
        ring,
        "must be " + alignment + "-byte aligned");
  }

  @Test
  void availRingMayStartAtAnyEvenAddress() {
    VirtqueueSetup setup = setup(DESC, AVAIL + 2, USED + 4, 16);
    assertThat(new ReceiveVirtqueue(setup).available()).isZero();
  }

  @Test
  void ringOutsideOrAcrossTheEndOfARegion() {
    long end = FRONTEND + GuestArena.LOW_BYTES;
    assertRefused(0, AVAIL, USED, 16, "descriptor table must lie inside one memory region");
    assertRefused(end - 240, AVAIL, USED, 16, "descriptor table");
    assertRefused(-16, AVAIL, USED, 16, "descriptor table");
    assertRefused(DESC, end - 36, USED, 16, "available ring");
    assertRefused(DESC, AVAIL, end - 132, 16, "used ring");
    // The last word of avail and used ring is the event word: with it, they just fit.
    assertThat(setup(DESC, end - 38, USED, 16).size()).isEqualTo(16);
    assertThat(setup(DESC, AVAIL, end - 136, 16).size()).isEqualTo(16);
    assertRefused(DESC, AVAIL, GuestArena.LOW, 16, "used ring");
  }

  @Test
  void overlappingRings() {
    assertRefused(DESC, DESC + 254, USED, 16, "rings must not overlap");
    assertRefused(DESC, AVAIL, DESC, 16, "rings must not overlap");
    assertRefused(DESC, AVAIL, AVAIL + 36, 16, "rings must not overlap");
    assertRefused(DESC, AVAIL, AVAIL - 132, 16, "rings must not overlap");
    assertThat(setup(DESC, DESC + 256, DESC + 256 + 40, 16).size()).isEqualTo(16);
  }

  @ParameterizedTest
  @CsvSource({"-1,0", "65536,0", "0,65536", "0,-2", "2147483647,0"})
  void indicesBeyond16Bits(int nextAvail, int nextUsed) {
    assertThatExceptionOfType(VirtqueueException.class)
        .isThrownBy(() ->
            VirtqueueSetup.of(
                "q", arena.memory(), DESC, AVAIL, USED, 16, nextAvail, nextUsed, FEATURES))
        .withMessageContaining("0..65535");
  }

  @Test
  void usedIndexIsReadFromTheRingOnRequest() {
    AddressSpace.putShort(arena.host(GuestArena.LOW + 0x2002), (short) 0xfff0);
    VirtqueueSetup setup =
        VirtqueueSetup.of(
            "q",
            arena.memory(),
            DESC,
            AVAIL,
            USED,
            16,
            3,
            VirtqueueSetup.NEXT_USED_FROM_RING,
            FEATURES);
    assertThat(setup.nextUsed()).isEqualTo(0xfff0);
    assertThat(setup.nextAvail()).isEqualTo(3);
  }

  @Test
  void r20_packedRingAndLegacyDriverAreRefused() {
    assertThatExceptionOfType(VirtqueueException.class)
        .isThrownBy(
            () -> VirtqueueSetup.of("q", arena.memory(), DESC, AVAIL, USED, 16, 0, 0, 1L << 28))
        .withMessage("the front-end must acknowledge VERSION_1: features=INDIRECT_DESC, queue=q");
    assertThatExceptionOfType(VirtqueueException.class)
        .isThrownBy(() ->
            VirtqueueSetup.of(
                "q", arena.memory(), DESC, AVAIL, USED, 16, 0, 0, FEATURES | 1L << 34))
        .withMessageContaining("packed");
  }

  @Test
  void featuresHaveNames() {
    long features = 1L << 15 | 1L << 32 | 1L << 35 | 1L << 63;
    assertThat(VirtioFeature.describe(features)).isEqualTo("MRG_RXBUF|VERSION_1|IN_ORDER|bit63");
    assertThat(VirtioFeature.describe(0)).isEqualTo("none");
    assertThat(VirtioFeature.MQ.in(1L << 22)).isTrue();
    assertThat(VirtioFeature.MQ.in(~(1L << 22))).isFalse();
  }
}
