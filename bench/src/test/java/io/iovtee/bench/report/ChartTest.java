// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

final class ChartTest {
  private static final Metric NS = new Metric("ns", "ns", 0, false);

  private final List<Row> rows =
      List.of(
          Row.of("pvp", Map.of("frameBytes", 64), "a <&> b", Metric.MPPS, List.of(8.0, 10.0, 14.0)),
          Row.of("pvp", Map.of("frameBytes", 64), "ours", Metric.MPPS, List.of(20.0)),
          Row.of("pvp", Map.of("frameBytes", 1514), "ours", Metric.MPPS, List.of(5.0)),
          Row.of("idle", Map.of(), "ours", NS, List.of(70.0)));

  private final String svg = Chart.of(rows);

  @Test
  void barsAreAsLongAsTheirMedians() throws Exception {
    NodeList bars = elements("rect");
    assertThat(bars.getLength()).isEqualTo(4);
    double full = number(bars, 1, "width");
    assertThat(number(bars, 0, "width")).isEqualTo(full / 2, within(0.2));
    assertThat(number(bars, 2, "width")).isEqualTo(full / 4, within(0.2));
    assertThat(number(bars, 3, "width"))
        .as("another axis: 70 of 80")
        .isEqualTo(full * 7 / 8, within(0.2));
    assertThat(bars.item(1).getAttributes().getNamedItem("fill"))
        .as("a subject keeps its colour")
        .satisfies(fill -> assertThat(fill.getNodeValue()).isEqualTo(fill(bars, 2)))
        .satisfies(fill -> assertThat(fill.getNodeValue()).isNotEqualTo(fill(bars, 0)));
  }

  @Test
  void casesSubjectsAndUnitsAreNamed() throws Exception {
    NodeList texts = elements("text");
    assertThat(IntStream.range(0, texts.getLength()).mapToObj(i -> texts.item(i).getTextContent()))
        .contains("pvp frameBytes=64", "pvp frameBytes=1514", "a <&> b", "10.00", "70", "0", "20")
        .anyMatch(text -> text.startsWith("Mpps, ") && text.endsWith("more is better"))
        .anyMatch(text -> text.startsWith("ns, ") && text.endsWith("less is better"));
  }

  /** The whisker of 8..14 on an axis to 20. */
  @Test
  void whiskersReachFromLowestToHighest() throws Exception {
    NodeList bars = elements("rect");
    double start = number(bars, 0, "x");
    double full = number(bars, 1, "width");
    String whisker = "H%.1fM".formatted(start + full * 14 / 20).replace(',', '.');
    assertThat(svg).contains(whisker);
    assertThat(svg).contains("<path d=\"M%.1f ".formatted(start + full * 8 / 20).replace(',', '.'));
  }

  @Test
  void everythingIsInsideThePicture() throws Exception {
    Element root = (Element) elements("svg").item(0);
    double height = Double.parseDouble(root.getAttribute("height"));
    NodeList texts = elements("text");
    double lowest = number(texts, texts.getLength() - 1, "y");
    assertThat(lowest).isBetween(height - 60, height);
  }

  @Test
  void axisEndsAreRound() {
    assertThat(Chart.axisEnd(45.4)).isEqualTo(50);
    assertThat(Chart.axisEnd(1.2)).isEqualTo(1.5);
    assertThat(Chart.axisEnd(0.07)).isEqualTo(0.08, within(1e-9));
    assertThat(Chart.axisEnd(8.1)).isEqualTo(10);
    assertThat(Chart.axisEnd(0)).isEqualTo(1);
  }

  private NodeList elements(String name) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)))
        .getElementsByTagName(name);
  }

  private static double number(NodeList nodes, int index, String attribute) {
    return Double.parseDouble(((Element) nodes.item(index)).getAttribute(attribute));
  }

  private static String fill(NodeList nodes, int index) {
    return ((Element) nodes.item(index)).getAttribute("fill");
  }
}
