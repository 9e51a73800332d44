// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Memfd;
import io.iovtee.vswitch.linux.Stat;
import io.iovtee.vswitch.memory.GuestMemory.RegionRequest;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;

/** The numbers of a memory table: checklist M22, M23, M25, M28. */
class RegionCheckTest {
  private static final long MIB = 1 << 20;
  private static final long SIZE_MAX = 64 * MIB;

  @Test
  void acceptsOneToEightAdjacentRegions() {
    List<RegionRequest> table = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      table.add(region(i * MIB, MIB, 0x7f0000000000L + i * MIB, 0));
      assertThatCode(() -> check(table)).doesNotThrowAnyException();
    }
  }

  @Test
  void refusesNoRegionAndNineRegions() {
    refused(List.of(), "1 to 8 regions").hasMessageContaining("regions=0, port=nf1");
    List<RegionRequest> nine = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      nine.add(region(i * MIB, MIB, i * MIB, 0));
    }
    refused(nine, "1 to 8 regions").hasMessageContaining("regions=9, port=nf1");
  }

  @Test
  void refusesSizesThatAreNone() {
    for (long size : new long[] {0, -1, Long.MIN_VALUE}) {
      refused(List.of(region(0, size, 0, 0)), "size must be 1 to " + SIZE_MAX)
          .hasMessageContaining("size=0x" + Long.toHexString(size));
    }
  }

  @Test
  void refusesMoreMemoryThanThePortMayHave() {
    refused(List.of(region(0, SIZE_MAX + 1, 0, 0)), "size must be 1 to " + SIZE_MAX);
    assertThatCode(() -> check(List.of(region(0, SIZE_MAX, 0, 0)))).doesNotThrowAnyException();
    refused(
            List.of(region(0, SIZE_MAX - MIB, 0, 0), region(SIZE_MAX, MIB + 1, SIZE_MAX, 0)),
            "limit=" + SIZE_MAX)
        .hasMessageContaining("region=1");
  }

  @Test
  void refusesAddressesThatWrap() {
    long nearEnd = -MIB;
    assertThatCode(() -> check(List.of(region(nearEnd, MIB, nearEnd, 0))))
        .as("the last byte of the address space is still one")
        .doesNotThrowAnyException();
    refused(List.of(region(nearEnd, MIB + 1, 0, 0)), "guest address + size wraps");
    refused(List.of(region(0, MIB + 1, nearEnd, 0)), "front-end address + size wraps");
  }

  @Test
  void refusesOffsetsThatWrap() {
    refused(List.of(region(0, MIB, 0, -4096)), "mmap offset + size wraps");
    refused(
        List.of(region(0, MIB, 0, Long.MAX_VALUE - 4095 - MIB + 4096)), "mmap offset + size wraps");
  }

  @Test
  void refusesAnOffsetInsideAPage() {
    refused(List.of(region(0, MIB, 0, 2048)), "multiple of 4096")
        .hasMessageContaining("mmapOffset=0x800");
  }

  @Test
  void refusesOverlappingGuestAddresses() {
    RegionRequest first = region(MIB, MIB, 0, 0);
    for (long start : new long[] {1, MIB, 2 * MIB - 1}) {
      refused(List.of(first, region(start, MIB, 16 * MIB, 0)), "guest addresses overlap region 0");
    }
    refused(
        List.of(first, region(MIB + 4096, 4096, 16 * MIB, 0)), "guest addresses overlap region 0");
    refused(
        List.of(region(-MIB, MIB, 0, 0), region(-1, 1, 16 * MIB, 0)),
        "guest addresses overlap region 0");
    refused(
        List.of(first, region(8 * MIB, MIB, 8 * MIB, 0), region(MIB, 1, 16 * MIB, 0)),
        "guest addresses overlap region 0");
  }

  @Test
  void refusesOverlappingFrontEndAddresses() {
    RegionRequest first = region(0, MIB, MIB, 0);
    for (long start : new long[] {1, MIB, 2 * MIB - 1}) {
      refused(
          List.of(first, region(16 * MIB, MIB, start, 0)), "front-end addresses overlap region 0");
    }
  }

  @Test
  void onlyHugetlbfsMapsInItsBlockSize() {
    long huge = 2 * MIB;
    assertThat(RegionCheck.pageSize(new Stat(0x81ff, 0, huge, 0, 1, Stat.HUGETLBFS)))
        .isEqualTo(huge);
    // tmpfs mounted with huge=always reports the transparent huge page's size.
    assertThat(RegionCheck.pageSize(new Stat(0x81ff, 0, huge, 0, 1, Stat.TMPFS))).isEqualTo(4096);
  }

  @Test
  void hugePagesAreMappedWhole() {
    long huge = 2 * MIB;
    try (Fd fd = Memfd.create("test", 4096)) {
      Stat stat = new Stat(0x81ff, 8 * MIB, huge, 0, 1, Stat.HUGETLBFS);
      RegionCheck check = new RegionCheck("nf1", List.of(region(0, 3 * MIB, 0, MIB)));
      MemoryWindow.Piece piece = check.checkFile(0, fd, stat);
      assertThat(piece.fileOffset()).isZero();
      assertThat(piece.length()).isEqualTo(4 * MIB);
      assertThat(piece.pageSize()).isEqualTo(huge);
    }
  }

  @Test
  void refusesAHugePageThatWouldMakeTheFileGrow() {
    try (Fd fd = Memfd.create("test", 4096)) {
      Stat stat = new Stat(0x81ff, 3 * MIB, 2 * MIB, 0, 1, Stat.HUGETLBFS);
      RegionCheck check = new RegionCheck("nf1", List.of(region(0, 3 * MIB, 0, 0)));
      assertThatThrownBy(() -> check.checkFile(0, fd, stat))
          .isInstanceOf(GuestMemoryException.class)
          .hasMessageContaining("ends inside a huge page");
    }
  }

  private static RegionRequest region(long guest, long size, long frontend, long offset) {
    return new RegionRequest(guest, size, frontend, offset, 0);
  }

  private static void check(List<RegionRequest> table) {
    new RegionCheck("nf1", table).checkTable(SIZE_MAX);
  }

  private static AbstractThrowableAssert<?, ?> refused(List<RegionRequest> table, String rule) {
    return assertThatThrownBy(() -> check(table))
        .isInstanceOf(GuestMemoryException.class)
        .hasMessageContaining(rule)
        .hasMessageContaining("port=nf1");
  }
}
