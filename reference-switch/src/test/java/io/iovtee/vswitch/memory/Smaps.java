// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** What {@code /proc/self/smaps} says about one mapping of this process. */
record Smaps(String line, Set<String> flags, long residentBytes) {
  /** The mapping that contains an address. */
  static Smaps at(long address) throws IOException {
    List<String> lines = Files.readAllLines(Path.of("/proc/self/smaps"));
    for (int i = 0; i < lines.size(); i++) {
      String[] range = lines.get(i).split(" ", 2)[0].split("-");
      if (range.length == 2
          && Long.parseUnsignedLong(range[0], 16) <= address
          && address < Long.parseUnsignedLong(range[1], 16)) {
        return parse(lines, i);
      }
    }
    throw new AssertionError("not mapped: 0x" + Long.toHexString(address));
  }

  private static Smaps parse(List<String> lines, int start) {
    long resident = 0;
    for (int i = start + 1; i < lines.size(); i++) {
      String line = lines.get(i);
      if (line.startsWith("Rss:") || line.startsWith("Shared_Hugetlb:")) {
        resident += Long.parseLong(line.replaceAll("\\D", "")) << 10;
      } else if (line.startsWith("VmFlags:")) {
        return new Smaps(lines.get(start), Set.of(line.substring(9).strip().split(" ")), resident);
      }
    }
    throw new AssertionError("no flags: " + lines.get(start));
  }

  /** How many mappings of this process name a file. */
  static long countNaming(String file) throws IOException {
    return Files.readAllLines(Path.of("/proc/self/maps")).stream()
        .filter(l -> l.contains(file))
        .count();
  }
}
