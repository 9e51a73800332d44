// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.FlowMeter;
import io.iovtee.flow.FlowMeter.Band;
import io.iovtee.flow.FlowMeter.Unit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Meters in the text form of OVS (ovs-ofctl(8), "Meter Syntax"): {@code
 * meter=1,kbps,burst,bands=type=drop,rate=1000,burst_size=100}, and as a tree of what JSON and YAML
 * hold: {@code {"meter": 1, "unit": "kbps", "bands": [{"type": "drop", "rate": 1000, "burst_size":
 * 100}]}}. No state, any thread.
 */
public final class MeterSyntax {
  private static final List<String> MEMBERS = List.of("meter", "unit", "bands");
  private static final List<String> BAND_MEMBERS =
      List.of("type", "rate", "burst_size", "prec_level");

  private MeterSyntax() {}

  /**
   * Reads one meter; blank lines and comments may stand around it.
   *
   * @throws FlowSyntaxException if it is not a meter, or not one meter
   */
  public static FlowMeter parseMeter(String text) {
    return SingleLine.read(
        text,
        "one meter",
        "meter=1,pktps,bands=type=drop,rate=1",
        line -> new MeterReader(line).read());
  }

  /**
   * Reads meters, one a line; blank lines, and what follows a #, are left out.
   *
   * @throws FlowSyntaxException at the first line that is not a meter
   */
  public static List<FlowMeter> parseMeters(String text) {
    return SingleLine.readAll(text, line -> new MeterReader(line).read());
  }

  /**
   * One line that {@link #parseMeter} reads back as an equal meter, and {@code ovs-ofctl} reads.
   */
  public static String format(FlowMeter meter) {
    StringBuilder text = new StringBuilder("meter=").append(meter.id());
    text.append(',').append(meter.unit().word()).append(meter.hasBursts() ? ",burst" : "");
    text.append(",bands=");
    text.append(String.join(",", meter.bands().stream().map(MeterSyntax::format).toList()));
    return text.toString();
  }

  /** A band as it stands behind {@code bands=}. */
  public static String format(Band band) {
    return "type=%s,rate=%d%s%s"
        .formatted(
            band.type().word(),
            band.rate(),
            band.burstSize() == 0 ? "" : ",burst_size=" + band.burstSize(),
            band.precLevel() == 0 ? "" : ",prec_level=" + band.precLevel());
  }

  /** What {@link #read} reads back as an equal meter. */
  public static Map<String, Object> tree(FlowMeter meter) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("meter", meter.id());
    tree.put("unit", meter.unit().word());
    tree.put("bands", meter.bands().stream().map(MeterSyntax::tree).toList());
    return tree;
  }

  /** A band as one of the elements of {@code bands}. */
  public static Map<String, Object> tree(Band band) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("type", band.type().word());
    tree.put("rate", band.rate());
    if (band.burstSize() != 0) {
      tree.put("burst_size", band.burstSize());
    }
    if (band.precLevel() != 0) {
      tree.put("prec_level", band.precLevel());
    }
    return tree;
  }

  /**
   * Reads a meter. Numbers may be numbers or texts.
   *
   * @throws FlowTreeException if it is none
   */
  public static FlowMeter read(@Nullable Object tree) {
    Map<?, ?> meter = Trees.map(tree, "", "a meter must be an object");
    Trees.allow(meter, "", MEMBERS);
    long id = Trees.required(meter, "meter", "", FlowMeter.ID_MAX);
    Unit unit = Trees.parsed(meter, "unit", "", MeterSyntax::unit);
    List<Band> bands = new ArrayList<>();
    for (Object band : Trees.list(meter, "bands", "", FlowMeter.BANDS_MAX)) {
      bands.add(band(band, Trees.pointer("/bands", bands.size())));
    }
    try {
      return new FlowMeter(id, unit, bands);
    } catch (IllegalArgumentException e) {
      throw new FlowTreeException("", String.valueOf(e.getMessage()));
    }
  }

  private static Band band(@Nullable Object tree, String pointer) {
    Map<?, ?> band = Trees.map(tree, pointer, "a band must be an object");
    Trees.allow(band, pointer, BAND_MEMBERS);
    Band.Type type = Trees.parsed(band, "type", pointer, MeterSyntax::bandType);
    long rate = Trees.required(band, "rate", pointer, FlowMeter.NUMBER_MAX);
    long burstSize = Trees.number(band, "burst_size", pointer, 0, FlowMeter.NUMBER_MAX);
    long precLevel = Trees.number(band, "prec_level", pointer, 0, Band.PREC_LEVEL_MAX);
    try {
      return new Band(type, rate, burstSize, (int) precLevel);
    } catch (IllegalArgumentException e) {
      throw new FlowTreeException(pointer, String.valueOf(e.getMessage()));
    }
  }

  /** A meter's number; OVS's names of meters that controllers have are refused by name. */
  static long id(String text) {
    if (text.equals("controller") || text.equals("slowpath")) {
      throw new IllegalArgumentException(
          "not supported: meter=" + text + " (frames for the API have switch.punt-rate-pps)");
    }
    long id = NumberSyntax.parse(text, FlowMeter.ID_MAX);
    if (id == 0) {
      throw new IllegalArgumentException("must be 1 or more");
    }
    return id;
  }

  static Unit unit(String word) {
    return switch (word) {
      case "kbps" -> Unit.KBPS;
      case "pktps" -> Unit.PKTPS;
      default -> throw new IllegalArgumentException("unknown unit; allowed: kbps, pktps");
    };
  }

  static Band.Type bandType(String word) {
    return switch (word) {
      case "drop" -> Band.Type.DROP;
      case "dscp_remark" -> Band.Type.DSCP_REMARK;
      default ->
          throw new IllegalArgumentException("unknown type of band; allowed: drop, dscp_remark");
    };
  }
}
