// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow;

import java.util.List;

/**
 * A meter: what becomes of frames above its rates (OpenFlow 1.3, section 5.7; ovs-ofctl(8), "Meter
 * Syntax"). Of the bands whose rate a frame exceeds the one with the highest rate applies. Rules
 * name it by {@link Action.Meter}.
 *
 * @param id 1 to {@link #ID_MAX}
 * @param bands 1 to {@link #BANDS_MAX}; either all of them have a burst size or none
 */
public record FlowMeter(long id, Unit unit, List<Band> bands) {
  /** OpenFlow reserves the numbers above (OFPM_MAX). */
  public static final long ID_MAX = 0xffff_0000L;

  /** Rates and sizes are 32-bit numbers. */
  public static final long NUMBER_MAX = 0xffff_ffffL;

  /** As many as Open vSwitch's datapaths take (MAX_BANDS). */
  public static final int BANDS_MAX = 8;

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
   * @throws IllegalArgumentException if the number is out of range, or the bands do not go together
   */
  public FlowMeter {
    if (id < 1 || id > ID_MAX) {
      throw new IllegalArgumentException("meter must be 1 to %d: %d".formatted(ID_MAX, id));
    }
    bands = List.copyOf(bands);
    if (bands.isEmpty() || bands.size() > BANDS_MAX) {
      throw new IllegalArgumentException(
          "a meter has 1 to %d bands: meter=%d, bands=%d".formatted(BANDS_MAX, id, bands.size()));
    }
    long bursts = bands.stream().filter(band -> band.burstSize() > 0).count();
    if (bursts != 0 && bursts != bands.size()) {
      throw new IllegalArgumentException(
          "all bands of a meter have a burst_size or none, as in OVS: meter=" + id);
    }
  }

  /** Whether bands say how much may come at once. */
  public boolean hasBursts() {
    return bands.getFirst().burstSize() > 0;
  }

  /**
   * A rate, and what becomes of the frames above it.
   *
   * @param rate in the meter's unit, 1 to {@link #NUMBER_MAX}
   * @param burstSize what may come at once after a pause, in kilobits or packets; 0 for as much as
   *     one second's rate, as in OVS
   * @param precLevel by how much {@link Type#DSCP_REMARK} raises the drop precedence, 1 to {@link
   *     #PREC_LEVEL_MAX}; 0 for {@link Type#DROP}
   */
  public record Band(Type type, long rate, long burstSize, int precLevel) {
    /** OpenFlow's is an 8-bit number. */
    public static final int PREC_LEVEL_MAX = 255;

    /** What becomes of a frame. */
    public enum Type {
      /** It is dropped. */
      DROP("drop"),
      /**
       * The drop precedence of an assured forwarding code point is raised, up to 3 (RFC 2597);
       * frames with another one go on as they are.
       */
      DSCP_REMARK("dscp_remark");

      private final String word;

      Type(String word) {
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
    public Band {
      if (rate < 1 || rate > NUMBER_MAX) {
        throw new IllegalArgumentException("rate must be 1 to %d: %d".formatted(NUMBER_MAX, rate));
      }
      if (burstSize < 0 || burstSize > NUMBER_MAX) {
        throw new IllegalArgumentException(
            "burst_size must be 0 to %d: %d".formatted(NUMBER_MAX, burstSize));
      }
      if (type == Type.DROP && precLevel != 0) {
        throw new IllegalArgumentException(
            "prec_level goes with type=dscp_remark only: prec_level=" + precLevel);
      }
      if (type == Type.DSCP_REMARK && (precLevel < 1 || precLevel > PREC_LEVEL_MAX)) {
        throw new IllegalArgumentException(
            "a band of type dscp_remark needs prec_level, 1 to %d: prec_level=%d"
                .formatted(PREC_LEVEL_MAX, precLevel));
      }
    }

    /** One that drops. */
    public static Band drop(long rate, long burstSize) {
      return new Band(Type.DROP, rate, burstSize, 0);
    }

    /** What may come at once, in kilobits or packets. */
    public long burst() {
      return burstSize == 0 ? rate : burstSize;
    }
  }
}
