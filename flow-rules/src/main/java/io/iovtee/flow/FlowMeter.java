// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow;

/**
 * A meter: frames above a rate are dropped (OpenFlow 1.3, section 5.7; ovs-ofctl(8), "Meter
 * Syntax"). Rules name it by {@link Action.Meter}.
 *
 * @param id 1 to {@link #ID_MAX}
 * @param rate in {@code unit}, 1 to {@link #NUMBER_MAX}
 * @param burstSize what may come at once after a pause, in kilobits or packets; 0 for as much as
 *     one second's rate, as in OVS
 */
public record FlowMeter(long id, Unit unit, long rate, long burstSize) {
  /** OpenFlow reserves the numbers above (OFPM_MAX). */
  public static final long ID_MAX = 0xffff_0000L;

  /** Rates and sizes are 32-bit numbers. */
  public static final long NUMBER_MAX = 0xffff_ffffL;

  /** What is counted. */
  public enum Unit {
    /** 1000 bits of the frame without its FCS, per second. */
    KBPS("kbps"),
    /** Frames per second. */
    PKTPS("pktps");

    private final String word;

    Unit(String word) {
      this.word = word;
    }

    /** In the text form. */
    public String word() {
      return word;
    }
  }

  /**
   * @throws IllegalArgumentException if a number is out of range
   */
  public FlowMeter {
    if (id < 1 || id > ID_MAX) {
      throw new IllegalArgumentException("meter must be 1 to %d: %d".formatted(ID_MAX, id));
    }
    if (rate < 1 || rate > NUMBER_MAX) {
      throw new IllegalArgumentException("rate must be 1 to %d: %d".formatted(NUMBER_MAX, rate));
    }
    if (burstSize < 0 || burstSize > NUMBER_MAX) {
      throw new IllegalArgumentException(
          "burst_size must be 0 to %d: %d".formatted(NUMBER_MAX, burstSize));
    }
  }

  /** What may come at once, in kilobits or packets. */
  public long burst() {
    return burstSize == 0 ? rate : burstSize;
  }
}
