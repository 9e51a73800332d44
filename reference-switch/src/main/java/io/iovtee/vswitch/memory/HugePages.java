// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * Huge pages of 2 MiB as the kernel counts them (admin-guide/mm/hugetlbpage.rst). Any thread; the
 * numbers are those of a moment.
 *
 * @param total pages in the pool
 * @param free pages in the pool that nobody has, and nobody has reserved
 */
public record HugePages(long total, long free) {
  /** Bytes of one. */
  public static final long SIZE = 2L << 20;

  private static final Path COUNTERS = Path.of("/sys/kernel/mm/hugepages/hugepages-2048kB");

  /** Reads the counters; zeros where the kernel has no such pages. */
  public static HugePages read() {
    return new HugePages(
        number("nr_hugepages"), number("free_hugepages") - number("resv_hugepages"));
  }

  private static long number(String counter) {
    try {
      return Long.parseLong(Files.readAllLines(COUNTERS.resolve(counter)).getFirst().strip());
    } catch (IOException | NumberFormatException | NoSuchElementException e) {
      return 0;
    }
  }

  /** Null when so many bytes can be had; otherwise what is missing, and the command for it. */
  public @Nullable String lack(long bytes) {
    long needed = Math.ceilDiv(bytes, SIZE);
    return needed <= free ? null : explain(needed);
  }

  /** As {@link #lack}, for an attempt that failed whatever the numbers are now. */
  public String explain(long needed) {
    return "too few free huge pages of 2 MiB: needed=%d, free=%d, total=%d; reserve them with:"
            .formatted(needed, free, total)
        + " sudo sysctl vm.nr_hugepages="
        + (total + Math.max(1, needed - free));
  }
}
