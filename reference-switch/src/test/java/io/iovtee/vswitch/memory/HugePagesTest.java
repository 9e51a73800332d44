// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Memfd;
import io.iovtee.vswitch.linux.Stat;
import io.iovtee.vswitch.memory.GuestMemory.RegionRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Needs 8 free huge pages of 2 MiB: {@code sysctl vm.nr_hugepages=64}. */
class HugePagesTest {
  private static final long MIB = 1 << 20;
  private static final long HUGE = 2 * MIB;
  private static final long NEEDED = 8;

  @BeforeEach
  void hugePagesAreThere() throws Exception {
    if (hugePages("HugePages_Free") < NEEDED) {
      String why = "fewer than " + NEEDED + " free huge pages: sysctl vm.nr_hugepages=64";
      if ("true".equals(System.getenv("CI"))) {
        fail(why);
      }
      abort(why);
    }
  }

  @Test
  void poolOnHugePages() throws Exception {
    try (HostPool pool = HostPool.create(1024, true)) {
      assertThat(pool.onHugePages()).isTrue();
      assertThat(pool.baseAddress() % HUGE).isZero();
      assertThat(Smaps.at(pool.baseAddress()).flags()).contains("ht");
    }
  }

  @Test
  void saysThatThereAreNotEnough() throws Exception {
    long size = (hugePages("HugePages_Total") + 1) * HUGE;
    try (HostPool pool = HostPool.create(1024, false);
        Fd huge = Memfd.createHuge("big", size, HUGE)) {
      assertThatThrownBy(() ->
              GuestMemory.map(
                  "nf1", List.of(new RegionRequest(0, size, 0, 0, huge.number())), pool, size))
          .isInstanceOf(GuestMemoryException.class)
          .hasMessageContaining("ENOMEM")
          .hasMessageContaining("port=nf1");
    }
  }

  @Test
  void smallAndHugePagesStandSideBySideWithoutAHole() {
    for (boolean hugePool : new boolean[] {false, true}) {
      try (HostPool pool = HostPool.create(1024, hugePool);
          Fd small = Memfd.create("small", MIB);
          Fd huge = Memfd.createHuge("huge", 2 * HUGE, HUGE);
          GuestMemory memory =
              GuestMemory.map(
                  "nf1",
                  List.of(
                      new RegionRequest(0, MIB, 0, 0, small.number()),
                      new RegionRequest(16 * MIB, 2 * HUGE, 16 * MIB, 0, huge.number())),
                  pool,
                  64 * MIB)) {
        assertThat(memory.windowLength()).isEqualTo(pool.length() + 2 * HUGE + MIB);
        assertThat(memory.regions().get(1).hostAddress() % HUGE).isZero();
        assertThat(memory.pageSizeMin()).isEqualTo(4096);
        for (long at = 0; at < memory.windowLength(); at += 4096) {
          AddressSpace.putLong(memory.windowBase() + at, at);
        }
        assertThat(AddressSpace.getLong(memory.translateGuest(16 * MIB, 8)))
            .isEqualTo(pool.length());
      }
    }
  }

  @Test
  void regionThatEndsInsideAHugePageIsMappedAndUnmappedWhole() throws Exception {
    String name = "odd-" + System.nanoTime();
    try (HostPool pool = HostPool.create(1024, false);
        Fd huge = Memfd.createHuge(name, 2 * HUGE, HUGE)) {
      GuestMemory memory =
          GuestMemory.map(
              "nf1", List.of(new RegionRequest(0, 3 * MIB, 0, MIB, huge.number())), pool, 64 * MIB);
      MemoryRegion region = memory.regions().get(0);
      assertThat(memory.pageSizeMin()).as("the pool's").isEqualTo(4096);
      assertThat(region.hostAddress() % HUGE).isEqualTo(MIB);
      assertThat(memory.translateGuest(3 * MIB - 1, 1)).isNotZero();
      assertThat(memory.translateGuest(3 * MIB, 1)).isZero();
      memory.close();
      assertThat(Smaps.countNaming(name)).isZero();
    }
  }

  @Test
  void mappingNeverMakesTheFileGrow() {
    try (HostPool pool = HostPool.create(1024, false);
        Fd huge = Memfd.createHuge("short", HUGE, HUGE)) {
      assertThatThrownBy(() ->
              GuestMemory.map(
                  "nf1",
                  List.of(new RegionRequest(0, HUGE + 1, 0, 0, huge.number())),
                  pool,
                  64 * MIB))
          .isInstanceOf(GuestMemoryException.class)
          .hasMessageContaining("file ends before the region");
      assertThat(Stat.of(huge).size()).isEqualTo(HUGE);
    }
  }

  private static long hugePages(String counter) throws Exception {
    return Files.readAllLines(Path.of("/proc/meminfo")).stream()
        .filter(l -> l.startsWith(counter + ":"))
        .mapToLong(l -> Long.parseLong(l.replaceAll("\\D", "")))
        .findFirst()
        .orElse(0);
  }
}
