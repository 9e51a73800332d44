// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.linux.EventFd;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Memfd;
import io.iovtee.vswitch.linux.Stat;
import io.iovtee.vswitch.memory.GuestMemory.RegionRequest;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Mapping a guest's files: checklist M24 to M29, and translation. */
class GuestMemoryTest {
  private static final int MIB = 1 << 20;
  private static final long SIZE_MAX = 1L << 30;

  private final HostPool pool = HostPool.create(1024, false);

  @AfterEach
  void closePool() {
    pool.close();
  }

  @Test
  void windowIsPoolAndRegionsWithoutAHole() {
    try (Fd first = Memfd.create("a", MIB);
        Fd second = Memfd.create("b", 2 * MIB);
        GuestMemory memory =
            map("nf1", region(0, MIB, first), region(16 * MIB, MIB, MIB, second))) {
      assertThat(memory.windowLength()).isEqualTo(pool.length() + 2 * MIB);
      assertThat(memory.regions()).hasSize(2);
      long base = memory.windowBase();
      assertThat(memory.regions().get(0).hostAddress()).isEqualTo(base + pool.length());
      assertThat(memory.regions().get(1).hostAddress()).isEqualTo(base + pool.length() + MIB);
      for (long at = base; at < base + memory.windowLength(); at += 4096) {
        AddressSpace.putLong(at, at);
        assertThat(AddressSpace.getLong(at)).isEqualTo(at);
      }
    }
  }

  @Test
  void poolChunksAppearAtTheStartOfTheWindow() {
    ChunkStack slice = pool.slice(1024);
    try (Fd fd = Memfd.create("a", MIB);
        GuestMemory memory = map("nf1", region(0, MIB, fd))) {
      for (int chunk : new int[] {0, 1, 1023}) {
        long frame = slice.frameAddress(chunk);
        AddressSpace.putLong(frame, 4711 + chunk);
        assertThat(AddressSpace.getLong(memory.windowBase() + (frame - pool.baseAddress())))
            .isEqualTo(4711 + chunk);
      }
    }
  }

  @Test
  void regionIsTheFileFromItsOffsetOn() {
    try (Fd fd = Memfd.create("a", 2 * MIB);
        GuestMemory high = map("nf1", new RegionRequest(0, MIB, 0, MIB, fd.number()));
        GuestMemory all = map("nf1", region(0, 2 * MIB, fd))) {
      AddressSpace.putLong(high.translateGuest(0, 8), 42);
      assertThat(AddressSpace.getLong(all.translateGuest(MIB, 8))).isEqualTo(42);
    }
  }

  @Test
  void allPagesAreThereAndStayOutOfDumpsAndChildren() throws Exception {
    try (Fd fd = Memfd.create("a", MIB);
        GuestMemory memory = map("nf1", region(0, MIB, fd))) {
      Smaps region = Smaps.at(memory.regions().get(0).hostAddress());
      assertThat(region.residentBytes()).isEqualTo(MIB);
      assertThat(region.flags()).contains("dd", "dc");
    }
  }

  @Test
  void memoryBehindTheWindowIsNotAccessible() throws Exception {
    try (Fd fd = Memfd.create("a", MIB);
        GuestMemory memory = map("nf1", region(0, MIB, fd))) {
      assertThat(Smaps.at(memory.windowBase() + memory.windowLength()).line()).contains(" ---p ");
    }
  }

  @Test
  void refusesARegionBeyondTheEndOfItsFile() {
    try (Fd fd = Memfd.create("a", MIB)) {
      refused("file ends before the region", region(0, MIB + 1, fd))
          .hasMessageContaining("file size=" + MIB);
      refused("file ends before the region", new RegionRequest(0, MIB, 0, 4096, fd.number()));
      assertThat(Stat.of(fd).size()).isEqualTo(MIB);
    }
  }

  @Test
  void refusesWhatIsNoSharedMemoryFile() throws Exception {
    try (Fd zero = Fd.open(Path.of("/dev/zero"), true);
        Fd directory = Fd.open(Path.of("/dev/shm"), false);
        EventFd event = EventFd.create()) {
      for (Fd fd : new Fd[] {zero, directory, event.fd()}) {
        refused("not a regular file", region(0, 4096, fd));
      }
    }
    // A regular file, but its pages come from elsewhere than memory.
    try (Fd file = Fd.open(Path.of("/proc/self/comm"), true)) {
      refused("file must be on tmpfs", region(0, 4096, file))
          .hasMessageContaining("file system=0x9fa0");
    }
  }

  @Test
  void refusesAFileThatIsNotOpenForWriting() {
    try (Fd fd = Memfd.create("a", MIB);
        Fd readOnly = Fd.open(Path.of("/proc/self/fd/" + fd.number()), false)) {
      refused("not open for reading and writing", region(0, MIB, readOnly));
    }
  }

  @Test
  void refusesAMissingDescriptor() {
    refused("without a file descriptor", new RegionRequest(0, MIB, 0, 0, -1));
    refused("cannot be examined", new RegionRequest(0, MIB, 0, 0, Integer.MAX_VALUE))
        .hasMessageContaining("EBADF");
  }

  @Test
  void refusesTheMemoryOfAnotherPort() {
    try (Fd fd = Memfd.create("a", MIB);
        Fd again = fd.duplicate()) {
      GuestMemory first = map("nf1", region(0, MIB, fd));
      assertThatThrownBy(() -> map("nf2", region(0, MIB, again)))
          .isInstanceOf(GuestMemoryException.class)
          .hasMessageContaining("memory of port nf1 too");
      map("nf1", region(0, MIB, again)).close();
      assertThatThrownBy(() -> map("nf2", region(0, MIB, again)))
          .as("the first memory is still mapped")
          .isInstanceOf(GuestMemoryException.class);
      GuestMemory.map("nf2", List.of(region(0, MIB, again)), pool, SIZE_MAX, true).close();
      first.close();
      map("nf2", region(0, MIB, again)).close();
    }
  }

  @Test
  void refusalLeavesNothingBehind() throws Exception {
    String name = "refused-" + System.nanoTime();
    try (Fd good = Memfd.create(name, MIB);
        Fd bad = Memfd.create("b", 4096)) {
      long before = openDescriptors();
      refused("file ends before", region(0, MIB, good), region(MIB, MIB, MIB, bad));
      assertThat(Smaps.countNaming(name)).isZero();
      assertThat(openDescriptors()).isEqualTo(before);
      map("nf2", region(0, MIB, good)).close();
      assertThat(Smaps.countNaming(name)).as("closed").isZero();
    }
  }

  @Test
  void closingTwiceUnmapsOnce() {
    try (Fd fd = Memfd.create("a", MIB)) {
      GuestMemory memory = map("nf1", region(0, MIB, fd));
      memory.close();
      memory.close();
    }
  }

  @Test
  void tellsWhetherTheFilesCanShrink() {
    try (Fd sealed = Memfd.create("a", MIB);
        Fd open = Memfd.create("b", MIB)) {
      Memfd.addSeals(sealed, Memfd.SEAL_SHRINK);
      try (GuestMemory memory = map("nf1", region(0, MIB, sealed))) {
        assertThat(memory.shrinkSealed()).isTrue();
      }
      try (GuestMemory memory = map("nf1", region(0, MIB, sealed), region(MIB, MIB, MIB, open))) {
        assertThat(memory.shrinkSealed()).isFalse();
      }
    }
  }

  @Test
  void translatesLikeArithmeticWithoutABound() {
    long seed = 20_261_123;
    Random random = new Random(seed);
    long high = -4L * MIB;
    try (Fd a = Memfd.create("a", MIB);
        Fd b = Memfd.create("b", MIB);
        GuestMemory memory =
            map(
                "nf1",
                new RegionRequest(high, MIB, 0x7f0000000000L, 0, a.number()),
                new RegionRequest(high + MIB, MIB, 0x100000, 0, b.number()))) {
      List<Long> interesting = new ArrayList<>(List.of(0L, 1L, -1L, Long.MIN_VALUE));
      for (MemoryRegion region : memory.regions()) {
        for (long start : new long[] {region.guestAddress(), region.frontendAddress()}) {
          interesting.addAll(List.of(start, start + MIB, start + MIB / 2));
        }
      }
      long[] lengths = {0, 1, 2, MIB / 2, MIB, MIB + 1, 2L * MIB, -1, Long.MAX_VALUE};
      for (int i = 0; i < 20_000; i++) {
        long address = interesting.get(random.nextInt(interesting.size())) + random.nextInt(5) - 2;
        long length = lengths[random.nextInt(lengths.length)] + random.nextInt(3) - 1;
        assertThat(memory.translateGuest(address, length))
            .as("seed=%d guest address=%x length=%d", seed, address, length)
            .isEqualTo(expected(memory, address, length, true));
        assertThat(memory.translateFrontend(address, length))
            .as("seed=%d front-end address=%x length=%d", seed, address, length)
            .isEqualTo(expected(memory, address, length, false));
      }
    }
  }

  private static long expected(GuestMemory memory, long address, long length, boolean guest) {
    BigInteger first = new BigInteger(Long.toUnsignedString(address));
    BigInteger end = first.add(BigInteger.valueOf(length));
    for (MemoryRegion region : memory.regions()) {
      long start = guest ? region.guestAddress() : region.frontendAddress();
      BigInteger low = new BigInteger(Long.toUnsignedString(start));
      BigInteger high = low.add(BigInteger.valueOf(region.size()));
      if (length > 0 && first.compareTo(low) >= 0 && end.compareTo(high) <= 0) {
        return region.hostAddress() + first.subtract(low).longValueExact();
      }
    }
    return GuestMemory.NOT_MAPPED;
  }

  private GuestMemory map(String owner, RegionRequest... table) {
    return GuestMemory.map(owner, Arrays.asList(table), pool, SIZE_MAX);
  }

  private AbstractThrowableAssert<?, ?> refused(String rule, RegionRequest... table) {
    return assertThatThrownBy(() -> map("nf1", table).close())
        .isInstanceOf(GuestMemoryException.class)
        .hasMessageContaining(rule)
        .hasMessageContaining("port=nf1");
  }

  private static RegionRequest region(long guest, long size, Fd fd) {
    return region(guest, size, guest, fd);
  }

  private static RegionRequest region(long guest, long size, long frontend, Fd fd) {
    return new RegionRequest(guest, size, frontend, 0, fd.number());
  }

  /** Of memory files: the JVM opens others when it likes. */
  private static long openDescriptors() throws Exception {
    long count = 0;
    try (var files = Files.list(Path.of("/proc/self/fd"))) {
      for (Path file : files.toList()) {
        try {
          count += Files.readSymbolicLink(file).toString().contains("memfd:") ? 1 : 0;
        } catch (IOException e) {
          continue; // closed meanwhile
        }
      }
    }
    return count;
  }
}
