// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.DmaConstraints;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Memfd;
import io.iovtee.vswitch.memory.ChunkStack;
import io.iovtee.vswitch.memory.GuestMemory;
import io.iovtee.vswitch.memory.GuestMemory.RegionRequest;
import io.iovtee.vswitch.memory.HostPool;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class UmemTest {
  private static final int GUEST_BYTES = 1 << 20;

  /** Frames are as long as chunks allow, as those of the pool alone. */
  private static final int MTU_LARGE = 9000;

  private final HostPool pool = HostPool.create(1024, false);

  @AfterEach
  void closePool() {
    pool.close();
  }

  @Test
  void hostPoolTakesEveryChunkOfItsOwnAndNoOtherAddress() {
    Umem umem = Umem.of(pool);
    ChunkStack slice = pool.slice(1024);
    for (int chunk : new int[] {0, 1, 511, 1023}) {
      assertThat(umem.frameOffset(slice.frameAddress(chunk))).isEqualTo(chunk * 2048L + 512);
    }
    for (long address :
        new long[] {
          0,
          -1,
          pool.baseAddress() - 1,
          pool.baseAddress() - 1536,
          pool.baseAddress() + pool.length(),
          pool.baseAddress() + pool.length() + 512
        }) {
      assertThat(umem.frameOffset(address)).as("%x", address).isEqualTo(Umem.REFUSED);
    }
    assertThat(umem.registerFlags()).isZero();
  }

  /** Wherever in the chunk the switch itself would write, the kernel writes at one offset. */
  @Test
  void framesAreLookedForWhereTheKernelPutsThem() {
    try (Fd fd = Memfd.create("guest", GUEST_BYTES);
        GuestMemory guest = guest(fd)) {
      ChunkStack slice = pool.slice(1024);
      for (Umem umem : new Umem[] {Umem.of(pool), Umem.of(pool, guest, false, MTU_LARGE)}) {
        for (int chunk = 0; chunk < 16; chunk++) {
          long address = slice.frameAddress(chunk);
          assertThat(umem.landingAddress(address))
              .isEqualTo(pool.baseAddress() + umem.frameOffset(address))
              .isEqualTo(pool.baseAddress() + chunk * 2048L + 512);
        }
      }
      long lent = guest.translateGuest(0, 1) + 12;
      assertThat(Umem.of(pool, guest, false, MTU_LARGE).landingAddress(lent)).isEqualTo(lent);
    }
  }

  @Test
  void windowTakesAnyByteThatLeavesRoomForTheChunk() {
    try (Fd fd = Memfd.create("guest", GUEST_BYTES);
        GuestMemory guest = guest(fd)) {
      Umem umem = Umem.of(pool, guest, false, MTU_LARGE);
      long region = guest.translateGuest(0, 1);
      long end = guest.windowBase() + guest.windowLength();
      assertThat(umem.frameOffset(region)).isEqualTo(pool.length());
      assertThat(umem.frameOffset(region + 12)).isEqualTo(pool.length() + 12);
      assertThat(umem.frameOffset(end - 1536)).isEqualTo(guest.windowLength() - 1536);
      assertThat(umem.frameOffset(end - 1535)).isEqualTo(Umem.REFUSED);
      assertThat(umem.frameOffset(guest.windowBase() + 511)).isEqualTo(Umem.REFUSED);
      assertThat(umem.frameOffset(guest.windowBase() + 512)).isEqualTo(512);
      assertThat(umem.frameOffset(end)).isEqualTo(Umem.REFUSED);
      assertThat(umem.registerFlags()).isEqualTo(1);
    }
  }

  @Test
  void poolChunksMeanTheSameThroughTheirAlias() {
    ChunkStack slice = pool.slice(1024);
    try (Fd fd = Memfd.create("guest", GUEST_BYTES);
        GuestMemory guest = guest(fd)) {
      Umem umem = Umem.of(pool, guest, false, MTU_LARGE);
      long own = umem.frameOffset(slice.frameAddress(7));
      assertThat(own).isEqualTo(7 * 2048 + 512);
      assertThat(umem.frameOffset(guest.windowBase() + 7 * 2048 + 512)).isEqualTo(own);
      assertThat(umem.hostChunk(own)).isEqualTo(7);
      assertThat(umem.hostChunk(pool.length())).isEqualTo(-1);
      assertThat(umem.hostChunk(-1)).isEqualTo(-1);
    }
  }

  @Test
  void onlyFramesInTheHostPoolAreSentFromWhereTheyLie() {
    try (Fd fd = Memfd.create("guest", GUEST_BYTES);
        GuestMemory guest = guest(fd)) {
      Umem umem = Umem.of(pool, guest, false, MTU_LARGE);
      long base = pool.baseAddress();
      assertThat(umem.hostFrameOffset(base + 512, 1536)).isEqualTo(512);
      assertThat(umem.hostFrameOffset(base + pool.length() - 60, 60)).isEqualTo(pool.length() - 60);
      assertThat(umem.hostFrameOffset(base + pool.length() - 59, 60)).isEqualTo(Umem.REFUSED);
      assertThat(umem.hostFrameOffset(base - 1, 60)).isEqualTo(Umem.REFUSED);
      assertThat(umem.hostFrameOffset(guest.translateGuest(0, 1), 60)).isEqualTo(Umem.REFUSED);
    }
  }

  @Test
  void constraintsAgreeWithWhatIsTaken() {
    try (Fd fd = Memfd.create("guest", GUEST_BYTES);
        GuestMemory guest = guest(fd)) {
      Umem umem = Umem.of(pool, guest, false, MTU_LARGE);
      DmaConstraints constraints = umem.constraints();
      assertThat(constraints.frameLengthMax()).isEqualTo(1536);
      for (long at = guest.windowBase() - 3; at < guest.windowBase() + 1000; at++) {
        assertThat(constraints.accepts(at)).isEqualTo(umem.frameOffset(at) != Umem.REFUSED);
      }
      for (long at = constraints.windowEnd() - 2000; at < constraints.windowEnd() + 3; at++) {
        assertThat(constraints.accepts(at)).isEqualTo(umem.frameOffset(at) != Umem.REFUSED);
      }
    }
  }

  @Test
  void nicThatWritesItselfNeedsEachChunkInOnePage() {
    try (Fd fd = Memfd.create("guest", GUEST_BYTES);
        GuestMemory guest = guest(fd)) {
      assertThat(guest.pageSizeMin()).isEqualTo(4096);
      Umem copy = Umem.of(pool, guest, false, MTU_LARGE);
      Umem zeroCopy = Umem.of(pool, guest, true, MTU_LARGE);
      long page = guest.translateGuest(8 * 4096, 4096);
      for (int at = 0; at < 4096; at++) {
        long frame = page + at;
        assertThat(copy.frameOffset(frame)).isNotEqualTo(Umem.REFUSED);
        boolean inOnePage = at >= 512 && at + 1536 <= 4096;
        assertThat(zeroCopy.frameOffset(frame) != Umem.REFUSED)
            .as("frame at %d of its page", at)
            .isEqualTo(inOnePage);
      }
      long chunk = pool.baseAddress() + 5 * 2048 + 512;
      assertThat(zeroCopy.frameOffset(chunk)).isEqualTo(5 * 2048 + 512);
    }
  }

  /** 12 bytes of virtio-net header and 1518: the 1530 bytes that Linux guests post at least. */
  @Test
  void frameOfTheUsualMtuFitsTheBuffersOfLinuxGuests() {
    try (Fd fd = Memfd.create("guest", GUEST_BYTES);
        GuestMemory guest = guest(fd)) {
      Umem usual = Umem.of(pool, guest, false, 1500);
      assertThat(usual.constraints().frameLengthMax()).isEqualTo(1518);
      assertThat(usual.headroom()).isEqualTo(2048 - 256 - 1518);
      assertThat(usual.bytesBefore()).isEqualTo(2048 - 1518);
      long end = guest.windowBase() + guest.windowLength();
      assertThat(usual.frameOffset(end - 1518)).isEqualTo(guest.windowLength() - 1518);
      assertThat(usual.frameOffset(end - 1517)).isEqualTo(Umem.REFUSED);
      ChunkStack slice = pool.slice(1024);
      assertThat(usual.frameOffset(slice.frameAddress(7))).isEqualTo(7 * 2048 + 530);
      assertThat(usual.landingAddress(slice.frameAddress(7)))
          .isEqualTo(pool.baseAddress() + 7 * 2048 + 530);
      assertThat(Umem.of(pool, guest, false, 68).frameLengthMax()).isEqualTo(1518);
      assertThat(Umem.of(pool, guest, false, 1504).frameLengthMax()).isEqualTo(1522);
      assertThat(Umem.of(pool, guest, false, 1600).frameLengthMax()).isEqualTo(1536);
      assertThat(Umem.of(pool, guest, true, 1500).frameLengthMax()).isEqualTo(1536);
      assertThat(Umem.of(pool).frameLengthMax()).isEqualTo(1536);
    }
  }

  private GuestMemory guest(Fd fd) {
    return GuestMemory.map(
        "nf1", List.of(new RegionRequest(0, GUEST_BYTES, 0, 0, fd.number())), pool, GUEST_BYTES);
  }
}
