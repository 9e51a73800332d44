// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.FlowMeter;
import io.iovtee.flow.FlowMeter.Band;
import io.iovtee.flow.FlowMeter.Unit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads one meter from one line: first what it is, then its bands, of which each has a type. */
final class MeterReader {
  private static final String ALLOWED =
      "allowed: meter=N,kbps|pktps[,burst][,stats],bands=type=drop|dscp_remark,rate=N"
          + "[,burst_size=N][,prec_level=N][,type=...]";

  private final Line line;
  private final Set<String> seen = new HashSet<>();
  private final List<Band> bands = new ArrayList<>();
  private long id;
  private @Nullable Unit unit;
  private boolean burst;
  private boolean inBands;

  // The band at hand.

  private Band.@Nullable Type type;
  private final Set<String> seenOfBand = new HashSet<>();
  private long rate;
  private long burstSize;
  private int precLevel;

  MeterReader(Line line) {
    this.line = line;
  }

  FlowMeter read() {
    for (Word word = line.nextWord(); word != null; word = line.nextWord()) {
      try {
        take(word.name(), word.value() == null ? "" : word.value());
      } catch (IllegalArgumentException e) {
        throw line.error(word, e);
      }
    }
    Unit named = unit;
    if (id == 0 || named == null || type == null) {
      throw atEnd("a meter needs a number, a unit and a band; " + ALLOWED);
    }
    endBand();
    try {
      return new FlowMeter(id, named, bands);
    } catch (IllegalArgumentException e) {
      throw line.error(1, "meter", String.valueOf(e.getMessage()));
    }
  }

  private void take(String name, String value) {
    if (name.equals("bands") || name.equals("band")) {
      once(seen, "bands");
      inBands = true;
      int mark = value.startsWith("type=") || value.startsWith("type:") ? "type=".length() : 0;
      if (mark > 0) {
        beginBand(value.substring(mark));
      } else if (!value.isEmpty()) { // else the type follows as a word of its own
        throw new IllegalArgumentException("a band begins with its type; " + ALLOWED);
      }
    } else if (inBands) {
      takeOfBand(name, value);
    } else {
      takeOfMeter(name, value);
    }
  }

  private void takeOfMeter(String name, String value) {
    once(seen, name);
    switch (name) {
      case "meter" -> id = MeterSyntax.id(value);
      case "kbps", "pktps" -> {
        if (unit != null) {
          throw new IllegalArgumentException("a meter has one unit, kbps or pktps");
        }
        unit = MeterSyntax.unit(name);
      }
      case "burst" -> burst = true;
      case "stats" -> {} // counters are kept in any case
      default -> throw new IllegalArgumentException("unknown word; " + ALLOWED);
    }
  }

  private void takeOfBand(String name, String value) {
    if (name.equals("type")) {
      beginBand(value);
      return;
    }
    if (type == null) {
      throw new IllegalArgumentException("a band begins with its type; " + ALLOWED);
    }
    once(seenOfBand, name);
    switch (name) {
      case "rate" -> rate = positive(value, FlowMeter.NUMBER_MAX);
      case "burst_size" -> burstSize = positive(value, FlowMeter.NUMBER_MAX);
      case "prec_level" -> precLevel = (int) positive(value, Band.PREC_LEVEL_MAX);
      default -> throw new IllegalArgumentException("unknown word of a band; " + ALLOWED);
    }
  }

  private void beginBand(String word) {
    endBand();
    type = MeterSyntax.bandType(word);
    seenOfBand.clear();
    rate = 0;
    burstSize = 0;
    precLevel = 0;
  }

  private void endBand() {
    Band.Type had = type;
    if (had == null) {
      return;
    }
    if (rate == 0) {
      throw atEnd("each band needs a rate; " + ALLOWED);
    }
    if (burst != (burstSize != 0)) {
      throw line.error(
          1,
          "burst",
          "the word burst before the bands and burst_size=N in each of them go together, as in"
              + " OVS");
    }
    try {
      bands.add(new Band(had, rate, burstSize, precLevel));
    } catch (IllegalArgumentException e) {
      throw line.error(1, "bands", String.valueOf(e.getMessage()));
    }
  }

  private static void once(Set<String> seen, String name) {
    if (!seen.add(name)) {
      throw new IllegalArgumentException(name + " is given twice");
    }
  }

  private static long positive(String value, long max) {
    long number = NumberSyntax.parse(value, max);
    if (number == 0) {
      throw new IllegalArgumentException("must be 1 or more; " + ALLOWED);
    }
    return number;
  }

  private FlowSyntaxException atEnd(String problem) {
    return line.error(line.length() + 1, "end of line", problem);
  }
}
