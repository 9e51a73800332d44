// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.peer;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The sums in the answer to testpmd's {@code show fwd stats all}, since the last {@code clear fwd
 * stats all}.
 *
 * @param rxPackets frames that the forwarding loop took from all ports
 * @param txPackets frames that it handed to ports
 * @param txDropped frames that no port took
 * @param busyCycles TSC ticks of the turns that found frames; -1 if not recorded
 * @param tscMhz TSC ticks per microsecond, as DPDK found it; 0 if not recorded
 */
public record ForwardCounters(
    long rxPackets, long txPackets, long txDropped, long busyCycles, int tscMhz) {
  private static final Pattern SUMS =
      Pattern.compile(
          "Accumulated forward statistics for all ports\\++"
              + "\\s+RX-packets:\\s+(\\d+)\\s+RX-dropped:\\s+\\d+\\s+RX-total:\\s+\\d+"
              + "\\s+TX-packets:\\s+(\\d+)\\s+TX-dropped:\\s+(\\d+)\\s+TX-total:\\s+\\d+");

  /** Only there after {@code set record-core-cycles on} and once frames have come. */
  private static final Pattern CYCLES =
      Pattern.compile("\\(total cycles=(\\d+) / total [^)]*\\) at (\\d+) MHz");

  /** Busy ticks per received frame between two readings; NaN if none came, or not recorded. */
  public double cyclesPerPacketSince(ForwardCounters before) {
    long packets = rxPackets - before.rxPackets;
    return packets == 0 || before.busyCycles < 0
        ? Double.NaN
        : (double) (busyCycles - before.busyCycles) / packets;
  }

  /** The sums in the text, or null if it holds none. */
  static @Nullable ForwardCounters parse(String text) {
    Matcher sums = SUMS.matcher(text);
    if (!sums.find()) {
      return null;
    }
    Matcher cycles = CYCLES.matcher(text);
    boolean recorded = cycles.find(sums.end());
    return new ForwardCounters(
        Long.parseLong(sums.group(1)),
        Long.parseLong(sums.group(2)),
        Long.parseLong(sums.group(3)),
        recorded ? Long.parseLong(cycles.group(1)) : -1,
        recorded ? Integer.parseInt(cycles.group(2)) : 0);
  }
}
