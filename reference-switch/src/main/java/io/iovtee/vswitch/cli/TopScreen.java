// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import io.iovtee.vswitch.cli.TopReading.Loop;
import io.iovtee.vswitch.cli.TopReading.Mapping;
import io.iovtee.vswitch.cli.TopReading.Port;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Rates as lines of text, and as much of them as a terminal has room for. */
final class TopScreen {
  private static final double MEGA = 1e6;
  private static final double GIGA = 1e9;

  /** Where nothing is known. */
  private static final String UNKNOWN = "-";

  private TopScreen() {}

  /** All lines in their whole length. */
  static List<String> lines(TopRates rates, TopOrder order) {
    TopReading now = rates.now();
    List<String> lines = new ArrayList<>();
    lines.add(
        "%s  %s  %d ports, %d loops, %d mappings"
            .formatted(
                now.title(),
                now.time(),
                now.ports().size(),
                now.loops().size(),
                now.mappings().size()));
    lines.add("");
    lines.addAll(ports(rates, order));
    lines.add("");
    lines.addAll(loops(rates));
    if (!now.mappings().isEmpty()) {
      lines.add("");
      lines.addAll(mappings(now.mappings()));
    }
    return lines.stream().map(TopScreen::printable).toList();
  }

  private static List<String> ports(TopRates rates, TopOrder order) {
    List<String[]> rows = new ArrayList<>();
    rows.add(
        new String[] {
          "PORT",
          "LINK",
          ">IN MPPS",
          ">GBIT/S",
          ">THROUGH %",
          ">OUT MPPS",
          ">GBIT/S",
          ">DROPS/S",
          "MOST FOR",
          "TYPE"
        });
    Map<String, Port> ports = rates.now().ports();
    ports.keySet().stream()
        .sorted(rates.order(order))
        .forEach(name -> {
          Port port = ports.getOrDefault(name, NONE);
          rows.add(
              rates
                  .port(name)
                  .map(rate ->
                      new String[] {
                        name,
                        port.up() ? "up" : "down",
                        number(rate.inFrames() / MEGA, 3),
                        number(rate.inBits() / GIGA, 3),
                        number(rate.throughShare() * 100, 0),
                        number(rate.outFrames() / MEGA, 3),
                        number(rate.outBits() / GIGA, 3),
                        number(rate.dropped(), 0),
                        rate.reason().isEmpty() ? UNKNOWN : rate.reason(),
                        port.kind()
                      })
                  .orElse(
                      new String[] {
                        name,
                        port.up() ? "up" : "down",
                        UNKNOWN,
                        UNKNOWN,
                        UNKNOWN,
                        UNKNOWN,
                        UNKNOWN,
                        UNKNOWN,
                        UNKNOWN,
                        port.kind()
                      }));
        });
    return aligned(rows);
  }

  private static final Port NONE = new Port("", false, 0, 0, 0, 0, 0, Map.of());

  private static List<String> loops(TopRates rates) {
    List<String[]> rows = new ArrayList<>();
    rows.add(
        new String[] {
          "LOOP", ">CPU", ">BUSY %", ">NIC EMULATION %", ">WAITS %", ">MFRAMES/S", ">NS/FRAME"
        });
    for (Map.Entry<String, Loop> loop : rates.now().loops().entrySet()) {
      String cpu = loop.getValue().cpu() < 0 ? UNKNOWN : String.valueOf(loop.getValue().cpu());
      rows.add(
          rates
              .loop(loop.getKey())
              .map(rate ->
                  new String[] {
                    loop.getKey(),
                    cpu,
                    number(rate.busy() * 100, 1),
                    number(rate.emulation() * 100, 1),
                    number(rate.waiting() * 100, 1),
                    number(rate.frames() / MEGA, 3),
                    rate.nsPerFrame().map(ns -> number(ns, 1)).orElse(UNKNOWN)
                  })
              .orElse(
                  new String[] {loop.getKey(), cpu, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN}));
    }
    return aligned(rows);
  }

  private static List<String> mappings(List<Mapping> mappings) {
    List<String[]> rows = new ArrayList<>();
    rows.add(new String[] {"QUEUE", "GUEST", "MODE", "STATE", "WHY"});
    for (Mapping one : mappings) {
      rows.add(new String[] {one.queue(), one.guest(), one.mode(), one.state(), one.reason()});
    }
    return aligned(rows);
  }

  private static String number(double value, int digits) {
    return String.format(Locale.ROOT, "%." + digits + "f", value);
  }

  /** In columns; those whose heading begins with {@code >} at their right edge. */
  private static List<String> aligned(List<String[]> rows) {
    String[] head = rows.getFirst().clone();
    boolean[] right = new boolean[head.length];
    int[] widths = new int[head.length];
    for (int i = 0; i < head.length; i++) {
      right[i] = head[i].startsWith(">");
      head[i] = right[i] ? head[i].substring(1) : head[i];
    }
    rows.set(0, head);
    for (String[] row : rows) {
      for (int i = 0; i < row.length; i++) {
        widths[i] = Math.max(widths[i], row[i].length());
      }
    }
    List<String> lines = new ArrayList<>();
    for (String[] row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.length; i++) {
        String gap = " ".repeat(widths[i] - row[i].length());
        line.append(i == 0 ? "" : "  ").append(right[i] ? gap + row[i] : row[i] + gap);
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }

  /** What would move the cursor is shown as a question mark. */
  private static String printable(String line) {
    return line.replaceAll("\\p{Cntrl}", "?");
  }

  /**
   * What there is room for; a last line says how much there is not.
   *
   * @param columns at least 1
   * @param rows at least 1
   */
  static List<String> cut(List<String> lines, int columns, int rows) {
    List<String> cut = new ArrayList<>();
    boolean all = lines.size() <= rows;
    for (String line : lines.subList(0, all ? lines.size() : rows - 1)) {
      cut.add(first(line, columns));
    }
    if (!all) {
      cut.add(first("... %d more lines".formatted(lines.size() - rows + 1), columns));
    }
    return cut;
  }

  private static String first(String line, int columns) {
    return line.codePointCount(0, line.length()) <= columns
        ? line
        : line.substring(0, line.offsetByCodePoints(0, columns));
  }

  /** Over what the terminal shows now, without a flicker: from the top, each line to its end. */
  static String redraw(List<String> lines) {
    StringBuilder text = new StringBuilder("\u001b[H");
    for (int i = 0; i < lines.size(); i++) {
      text.append(i == 0 ? "" : "\r\n").append(lines.get(i)).append("\u001b[K");
    }
    return text.append("\u001b[J").toString();
  }

  /** What a message of a failed reading adds to the last lines that are known. */
  static List<String> stale(List<String> lines, Optional<String> failure) {
    if (failure.isEmpty()) {
      return lines;
    }
    List<String> marked = new ArrayList<>(lines);
    marked.set(1, printable("OLD: " + failure.get()));
    return marked;
  }
}
