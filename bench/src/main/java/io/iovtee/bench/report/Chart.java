// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The rows of a report as an SVG 1.1 bar chart: a panel for each metric, in it a group for each
 * case, in it a bar for each subject: its length is the median, the whisker reaches from the lowest
 * to the highest reading, the number stands behind it. Bars lie, so that names need no turning.
 *
 * <p>Text and lines are of a grey that can be read on white and on black; the background is left to
 * the page.
 */
final class Chart {
  private static final int WIDTH = 820;
  private static final int MARGIN = 16;
  private static final int LABEL_WIDTH = 130;

  /** Right of the longest bar: its number. */
  private static final int NUMBER_WIDTH = 90;

  private static final int BAR_HEIGHT = 16;
  private static final int BAR_STEP = 22;
  private static final int HEADING_STEP = 26;
  private static final int PANEL_GAP = 14;
  private static final int AXIS_HEIGHT = 34;
  private static final int TICKS = 5;

  /** Okabe and Ito's colours: told apart by colour-blind people, on light and dark ground. */
  private static final List<String> COLOURS =
      List.of("#999999", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9");

  private final StringBuilder body = new StringBuilder();
  private final List<String> subjects;
  private int y = MARGIN;

  private Chart(List<Row> rows) {
    Set<String> names = new LinkedHashSet<>();
    rows.forEach(row -> names.add(row.subject()));
    subjects = List.copyOf(names);
  }

  /** The chart of one or more rows, as the text of an SVG file. */
  static String of(List<Row> rows) {
    Chart chart = new Chart(rows);
    Map<Metric, List<Row>> panels = new LinkedHashMap<>();
    for (Row row : rows) {
      panels.computeIfAbsent(row.metric(), metric -> new ArrayList<>()).add(row);
    }
    panels.forEach(chart::panel);
    return """
    <svg xmlns="http://www.w3.org/2000/svg" width="%1$d" height="%2$d" viewBox="0 0 %1$d %2$d" \
    font-family="sans-serif" font-size="13" fill="#7f7f7f">
    %3$s</svg>
    """
        .formatted(WIDTH, chart.y + MARGIN, chart.body);
  }

  private void panel(Metric metric, List<Row> rows) {
    int top = y;
    double axisEnd = axisEnd(rows.stream().mapToDouble(row -> row.series().max()).max().orElse(0));
    String shown = "";
    for (Row row : rows) {
      if (!row.caseName().equals(shown)) {
        shown = row.caseName();
        y += HEADING_STEP;
        text(MARGIN, y - 8, "start", "font-weight=\"bold\"", shown);
      }
      bar(row, axisEnd);
    }
    axis(metric, axisEnd, top);
    y += AXIS_HEIGHT + PANEL_GAP;
  }

  private void bar(Row row, double axisEnd) {
    Series series = row.series();
    double end = x(series.median(), axisEnd);
    double middle = y + BAR_HEIGHT / 2.0;
    text(MARGIN + LABEL_WIDTH - 8, middle + 4, "end", "", row.subject());
    write(
        "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>",
        MARGIN + LABEL_WIDTH, y, end - MARGIN - LABEL_WIDTH, BAR_HEIGHT, colour(row.subject()));
    double low = x(series.min(), axisEnd);
    double high = x(series.max(), axisEnd);
    write(
        "<path d=\"M%.1f %.1fV%.1fM%.1f %.1fH%.1fM%.1f %.1fV%.1f\" stroke=\"#7f7f7f\""
            + " stroke-width=\"1.5\" fill=\"none\"/>",
        low, middle - 4, middle + 4, low, middle, high, high, middle - 4, middle + 4);
    String number =
        String.format(Locale.ROOT, "%." + row.metric().decimals() + "f", series.median());
    text(Math.max(end, high) + 8, middle + 4, "start", "", number);
    y += BAR_STEP;
  }

  /** Ticks from 0 to the axis's end, the metric's unit and which way is better. */
  private void axis(Metric metric, double axisEnd, int top) {
    int bottom = y;
    for (int tick = 0; tick <= TICKS; tick++) {
      double value = axisEnd * tick / TICKS;
      double at = x(value, axisEnd);
      write(
          "<path d=\"M%.1f %dV%d\" stroke=\"#7f7f7f\" stroke-opacity=\"0.25\"/>",
          at, top + 4, bottom);
      text(at, bottom + 14, "middle", "font-size=\"11\"", plain(value));
    }
    String better = metric.moreIsBetter() ? "more is better" : "less is better";
    text(
        MARGIN + LABEL_WIDTH,
        bottom + 29,
        "start",
        "font-size=\"11\"",
        metric.unit() + ", median; whisker: lowest to highest reading; " + better);
  }

  /** The next of 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10 times a power of ten. */
  static double axisEnd(double max) {
    if (!(max > 0)) {
      return 1;
    }
    double power = Math.pow(10, Math.floor(Math.log10(max)));
    for (double step : new double[] {1, 1.5, 2, 2.5, 3, 4, 5, 6, 8}) {
      if (max <= step * power) {
        return step * power;
      }
    }
    return 10 * power;
  }

  private static double x(double value, double axisEnd) {
    int width = WIDTH - 2 * MARGIN - LABEL_WIDTH - NUMBER_WIDTH;
    return MARGIN + LABEL_WIDTH + width * Math.max(0, value) / axisEnd;
  }

  private static String plain(double value) {
    String text = String.format(Locale.ROOT, "%.3f", value);
    return text.replaceAll("\\.?0+$", "");
  }

  private String colour(String subject) {
    return COLOURS.get(subjects.indexOf(subject) % COLOURS.size());
  }

  private void text(double x, double atY, String anchor, String attributes, String content) {
    write(
        "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" %s>%s</text>",
        x, atY, anchor, attributes, escaped(content));
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  private void write(String format, Object... arguments) {
    body.append(String.format(Locale.ROOT, format, arguments)).append('\n');
  }
}
