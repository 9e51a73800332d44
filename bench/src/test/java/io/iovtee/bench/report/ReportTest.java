// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ReportTest {
  private static final Row PEER = row("peer", Double.NaN, List.of(List.of(13.0, 14.0, 15.0)));
  private static final Row OURS =
      row("ours", 93.254, List.of(List.of(20.0, 21.0), List.of(22.0, 23.0)));

  private final Report report =
      new Report(
          new Environment(),
          Map.of("windows", 3),
          List.of(PEER, OURS.with(Goal.atMost(21))),
          List.of(Ratio.between(OURS, PEER, Goal.atLeast(1.1))),
          "What columns mean.\n");

  @Test
  void jsonHoldsResultsRatiosAndEnvironment() {
    assertThat(objects("results").get(0))
        .containsEntry("scenario", "pvp")
        .containsEntry("frameBytes", 64)
        .containsEntry("subject", "peer")
        .containsEntry("mppsMedian", 14.0)
        .containsEntry("mppsMin", 13.0)
        .containsEntry("mppsMax", 15.0)
        .containsEntry("cycles", null)
        .containsEntry("rejected", 2L)
        .containsEntry("forks", List.of(List.of(13.0, 14.0, 15.0)))
        .doesNotContainKey("met");
    assertThat(objects("results").get(1))
        .containsEntry("cycles", 93.25)
        .containsEntry("mppsMedian", 21.5)
        .containsEntry("goalMax", 21.0)
        .containsEntry("met", false);
    assertThat(objects("ratios").get(0))
        .containsEntry("ratio", "ours/peer")
        .containsEntry("value", 1.536)
        .containsEntry("goalMin", 1.1)
        .containsEntry("goalMax", null)
        .containsEntry("met", true);
    assertThat(JsonText.of(report.toMap())).contains("\"windows\": 3", "\"cycles\": null");
  }

  @Test
  void jsonText() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("text", "a\"b\\c\n");
    map.put("list", List.of(1, 2L, 0.5, true));
    map.put("inner", Map.of("x", Map.of("y", List.of(Map.of("z", 1)))));
    assertThat(JsonText.of(map))
        .isEqualTo(
            """
            {
              "text": "a\\"b\\\\c\\u000a",
              "list": [1, 2, 0.5, true],
              "inner": {
                "x": {
                  "y": [{
                    "z": 1
                  }]
                }
              }
            }\
            """);
  }

  @Test
  void notEveryNumberIsJson() {
    assertThatThrownBy(() -> JsonText.of(List.of(Double.NaN))).hasMessageContaining("NaN");
  }

  @SuppressWarnings("unchecked")
  private List<Map<String, Object>> objects(String key) {
    return (List<Map<String, Object>>) report.toMap().get(key);
  }

  @Test
  void tableShowsSpreadStartsAndGoals() {
    assertThat(report.toTable())
        .contains("kernel ", "1.54 x", "goal >= 1.10: met", "What columns mean.");
    assertThat(Table.of(report.rows()))
        .isEqualTo(
            """
            scenario  frameBytes  subject   Mpps    min    max  cycles
            pvp               64  peer     14.00  13.00  15.00       -

            scenario  frameBytes  subject   Mpps    min    max        starts  cycles  goal
            pvp               64  ours     21.50  20.00  23.00  20.50..22.50   93.25  goal <= 21.00: missed
            """);
  }

  @Test
  void rowWithoutReadingIsRefused() {
    assertThatThrownBy(() -> row("ours", 1, List.of(List.of())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no reading");
  }

  private static Row row(String subject, double cycles, List<List<Double>> forks) {
    List<Figure> figures =
        List.of(new Figure("cycles", "cycles", cycles, 2), Figure.hidden("rejected", 2, 0));
    return new Row(
        "pvp", Map.of("frameBytes", 64), subject, Metric.MPPS, forks, figures, Goal.NONE);
  }
}
