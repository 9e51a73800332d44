// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ReportTest {
  private final Report report =
      new Report(
          new BenchOptions(),
          new Environment(),
          List.of(
              result(Subject.TESTPMD, 14, Double.NaN), result(Subject.WRITE_THROUGH, 21, 93.25)));

  @Test
  void jsonHoldsResultsRatiosAndEnvironment() {
    assertThat(objects("results").get(0))
        .containsEntry("scenario", "pvp")
        .containsEntry("frameBytes", 64)
        .containsEntry("subject", "testpmd")
        .containsEntry("mppsMedian", 14.0)
        .containsEntry("mppsMin", 13.0)
        .containsEntry("mppsMax", 15.0)
        .containsEntry("switchCyclesPerPacket", 120.0)
        .containsEntry("switchCyclesPerPacketWithoutNic", null)
        .containsEntry("windowMpps", List.of(13.0, 14.0, 15.0))
        .containsEntry("rejectedWindows", 2);
    assertThat(objects("results").get(1))
        .containsEntry("subject", "write-through")
        .containsEntry("switchCyclesPerPacketWithoutNic", 93.25);
    assertThat(objects("ratios").get(0))
        .containsEntry("ratio", "write-through/testpmd")
        .containsEntry("value", 1.5)
        .containsEntry("goal", 1.1)
        .containsEntry("met", true);
    assertThat(JsonText.of(report.toMap()))
        .contains("\"nic\": \"emulated, ", "\"switchCyclesPerPacketWithoutNic\": null");
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
  void tableNamesEverySubjectAndGoal() {
    assertThat(report.toTable())
        .contains("testpmd", "write-through", "14.00", "21.00", "1.50 x", "goal 1.10: met")
        .contains("NIC: emulated");
  }

  private static Result result(Subject subject, double mpps, double withoutNic) {
    List<Window> windows =
        List.of(
            window(mpps - 1, withoutNic), window(mpps, withoutNic), window(mpps + 1, withoutNic));
    return new Result(Scenario.PVP, 64, subject, windows, 2);
  }

  private static Window window(double mpps, double withoutNic) {
    return new Window(mpps, mpps, mpps, 120, withoutNic, 0, Double.NaN, 0.99, 0.995);
  }
}
