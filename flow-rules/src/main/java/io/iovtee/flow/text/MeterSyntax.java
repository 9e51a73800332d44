// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.FlowMeter;
import io.iovtee.flow.FlowMeter.Unit;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Meters in the text form of OVS (ovs-ofctl(8), "Meter Syntax"): {@code
 * meter=1,kbps,burst,bands=type=drop,rate=1000,burst_size=100}, and as a tree of what JSON and YAML
 * hold: {@code {"meter": 1, "unit": "kbps", "rate": 1000, "burst_size": 100}}. No state, any
 * thread.
 */
public final class MeterSyntax {
  private static final String ALLOWED =
      "allowed: meter=N,kbps|pktps[,burst],bands=type=drop,rate=N[,burst_size=N]";
  private static final List<String> MEMBERS = List.of("meter", "unit", "rate", "burst_size");

  private MeterSyntax() {}

  /**
   * Reads one meter; blank lines and comments may stand around it.
   *
   * @throws FlowSyntaxException if it is not a meter, or not one meter
   */
  public static FlowMeter parseMeter(String text) {
    return SingleLine.read(
        text, "one meter", "meter=1,pktps,bands=type=drop,rate=1", line -> new Reader(line).read());
  }

  /**
   * Reads meters, one a line; blank lines, and what follows a #, are left out.
   *
   * @throws FlowSyntaxException at the first line that is not a meter
   */
  public static List<FlowMeter> parseMeters(String text) {
    return SingleLine.readAll(text, line -> new Reader(line).read());
  }

  /**
   * One line that {@link #parseMeter} reads back as an equal meter, and {@code ovs-ofctl} reads.
   */
  public static String format(FlowMeter meter) {
    boolean burst = meter.burstSize() != 0;
    return "meter=%d,%s%s,bands=type=drop,rate=%d%s"
        .formatted(
            meter.id(),
            meter.unit().word(),
            burst ? ",burst" : "",
            meter.rate(),
            burst ? ",burst_size=" + meter.burstSize() : "");
  }

  /** What {@link #read} reads back as an equal meter. */
  public static Map<String, Object> tree(FlowMeter meter) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("meter", meter.id());
    tree.put("unit", meter.unit().word());
    tree.put("rate", meter.rate());
    if (meter.burstSize() != 0) {
      tree.put("burst_size", meter.burstSize());
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
    long id = Trees.required(meter, "meter", FlowMeter.ID_MAX);
    Unit unit = Trees.parsed(meter, "unit", MeterSyntax::unit);
    long rate = Trees.required(meter, "rate", FlowMeter.NUMBER_MAX);
    long burstSize = Trees.number(meter, "burst_size", "", 0, FlowMeter.NUMBER_MAX);
    try {
      return new FlowMeter(id, unit, rate, burstSize);
    } catch (IllegalArgumentException e) {
      throw new FlowTreeException("", String.valueOf(e.getMessage()));
    }
  }

  private static Unit unit(String word) {
    return switch (word) {
      case "kbps" -> Unit.KBPS;
      case "pktps" -> Unit.PKTPS;
      default -> throw new IllegalArgumentException("unknown unit; allowed: kbps, pktps");
    };
  }

  /** Reads one meter from one line. */
  private static final class Reader {
    private final Line line;
    private final Set<String> seen = new HashSet<>();
    private long id;
    private @Nullable Unit unit;
    private boolean burst;
    private boolean hasType;
    private long rate;
    private long burstSize;

    Reader(Line line) {
      this.line = line;
    }

    FlowMeter read() {
      for (Word word = line.nextWord(); word != null; word = line.nextWord()) {
        if (!seen.add(word.name().equals("band") ? "bands" : word.name())) {
          throw line.error(word, word.name() + " is given twice");
        }
        try {
          take(word, word.value() == null ? "" : word.value());
        } catch (IllegalArgumentException e) {
          throw line.error(word, e);
        }
      }
      Unit named = unit;
      if (id == 0 || named == null || !hasType || rate == 0) {
        throw line.error(
            line.length() + 1,
            "end of line",
            "a meter needs a number, a unit and a rate; " + ALLOWED);
      }
      if (burstSize != 0 && !burst) {
        throw line.error(
            1, "burst_size", "burst_size needs the word burst before the bands, as in OVS");
      }
      return new FlowMeter(id, named, rate, burstSize);
    }

    private void take(Word word, String value) {
      switch (word.name()) {
        case "meter" -> id = positive(value, FlowMeter.ID_MAX);
        case "kbps", "pktps" -> {
          if (unit != null) {
            throw new IllegalArgumentException("a meter has one unit, kbps or pktps");
          }
          unit = unit(word.name());
        }
        case "burst" -> burst = true;
        case "stats" -> {} // counters are kept in any case
        case "bands", "band" -> band(value); // the type may follow as a word of its own
        case "type" -> band("type=" + value);
        case "rate" -> rate = positive(value, FlowMeter.NUMBER_MAX);
        case "burst_size" -> burstSize = positive(value, FlowMeter.NUMBER_MAX);
        default -> throw new IllegalArgumentException("unknown word; " + ALLOWED);
      }
    }

    private void band(String value) {
      if (value.isEmpty()) {
        return;
      }
      if (!value.equals("type=drop") && !value.equals("type:drop")) {
        throw new IllegalArgumentException(
            "not supported: this type of band; allowed: bands=type=drop,rate=N");
      }
      if (hasType) {
        throw new IllegalArgumentException("not supported: several bands; use several meters");
      }
      hasType = true;
    }

    private static long positive(String value, long max) {
      long number = NumberSyntax.parse(value, max);
      if (number == 0) {
        throw new IllegalArgumentException("must be 1 or more; " + ALLOWED);
      }
      return number;
    }
  }
}
