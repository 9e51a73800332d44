// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class MmapTest {
  @Test
  void twoMappingsOfAFileAreTheSameMemory() {
    try (Fd fd = Memfd.create("test", 8192);
        Mmap all = Mmap.shared(fd, 0, 8192, true);
        Mmap second = Mmap.shared(fd, 4096, 4096, false)) {
      all.segment().set(JAVA_LONG, 4096, 42);
      assertThat(second.segment().get(JAVA_LONG, 0)).isEqualTo(42);
    }
  }

  @Test
  void reservesAlignedAndFillsPieceByPiece() {
    long twoMiB = 2L << 20;
    try (Fd fd = Memfd.create("test", 4096);
        Mmap range = Mmap.reserve(twoMiB, twoMiB)) {
      assertThat(range.address() % twoMiB).isZero();
      assertThat(range.length()).isEqualTo(twoMiB);
      range.mapShared(8192, fd, 0, 4096);
      range.mapAnonymous(12288, 4096);
      MemorySegment segment = range.segment();
      segment.set(JAVA_LONG, 8192, 1);
      segment.set(JAVA_LONG, 12288, 2);
      try (Mmap again = Mmap.shared(fd, 0, 4096, false)) {
        assertThat(again.segment().get(JAVA_LONG, 0)).isEqualTo(1);
      }
    }
  }

  @Test
  void unmappedPieceCannotBePopulatedWhileTheRestCan() {
    try (Mmap range = Mmap.reserve(8192, 4096)) {
      range.mapAnonymous(0, 8192);
      assertThat(range.advise(0, 8192, Mmap.POPULATE_WRITE)).isZero();
      range.unmapToReserved(4096, 4096);
      assertThat(range.advise(4096, 4096, Mmap.POPULATE_WRITE)).isNegative();
      assertThat(range.advise(0, 4096, Mmap.POPULATE_WRITE)).isZero();
    }
  }

  @Test
  void populatingBeyondTheEndOfTheFileIsAnErrnoAndNoSignal() {
    try (Fd fd = Memfd.create("test", 4096);
        Mmap map = Mmap.shared(fd, 0, 8192, false)) {
      assertThat(map.advise(0, 4096, Mmap.POPULATE_WRITE)).isZero();
      assertThat(map.advise(0, 8192, Mmap.POPULATE_WRITE)).isEqualTo(-Errno.EFAULT);
    }
  }

  @Test
  void refusesPiecesOutsideOfTheRange() {
    try (Mmap range = Mmap.reserve(8192, 4096)) {
      for (long[] piece : new long[][] {{-4096, 4096}, {4096, 8192}, {0, 0}, {8192, 4096}}) {
        assertThatThrownBy(() -> range.mapAnonymous(piece[0], piece[1]))
            .isInstanceOf(IllegalArgumentException.class);
      }
      assertThatThrownBy(() -> range.mapAnonymous(4096, Long.MAX_VALUE))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void refusesAnOddAlignmentOrLength() {
    assertThatThrownBy(() -> Mmap.reserve(8192, 12288))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("alignment=12288");
    assertThatThrownBy(() -> Mmap.reserve(100, 4096))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("length=100");
  }

  @Test
  void closesOnceAndRefusesToBeUsedAfterwards() {
    Mmap map = Mmap.anonymous(4096);
    map.close();
    assertThat(map.isClosed()).isTrue();
    assertThatThrownBy(() -> map.mapAnonymous(0, 4096)).isInstanceOf(IllegalStateException.class);
    // A second munmap would take away whatever was mapped there meanwhile.
    try (Mmap other = Mmap.anonymous(4096)) {
      map.close();
      assertThat(other.segment().get(JAVA_LONG, 0)).isZero();
    }
  }
}
