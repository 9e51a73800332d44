// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.peer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How fast the processor's time stamp counter goes: as a DPDK process of this run found it, or,
 * where none has taken part yet, as {@code /proc/cpuinfo} has the processor's frequency.
 */
public final class TscFrequency {
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");
  private static final Pattern MHZ = Pattern.compile("cpu MHz\\s*:\\s*([0-9.]+)");

  private int found;

  /** Notes what DPDK says; 0 if it did not. */
  public void found(int mhz) {
    if (mhz > 0) {
      found = mhz;
    }
  }

  /** Ticks per microsecond. */
  public int mhz() {
    if (found == 0) {
      try {
        found = parse(Files.readString(CPU_INFO));
      } catch (IOException e) {
        throw new PeerException("could not read " + CPU_INFO + ": " + e.getMessage(), e);
      }
    }
    return found;
  }

  static int parse(String cpuInfo) {
    Matcher matcher = MHZ.matcher(cpuInfo);
    if (!matcher.find()) {
      throw new PeerException(
          "no processor frequency in " + CPU_INFO + "; let subject testpmd take part, which knows");
    }
    return (int) Math.round(Double.parseDouble(matcher.group(1)));
  }
}
