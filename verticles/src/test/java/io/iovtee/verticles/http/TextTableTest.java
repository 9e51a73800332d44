// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Tables and metrics: exact text. */
final class TextTableTest {
  @Test
  void alignsTextLeftAndNumbersRight() {
    TextTable table = new TextTable("NAME", "COUNT", "NOTE");
    table.row("a", 7, "").row("longer", 1234567L, "x");
    assertThat(table.toString())
        .isEqualTo(
            """
            NAME      COUNT  NOTE
            a             7
            longer  1234567  x
            """);
  }

  @Test
  void keepsControlCharactersOffTheTerminal() {
    TextTable table = new TextTable("NAME");
    table.row("red\u001b[31m\nnext");
    assertThat(table.toString()).isEqualTo("NAME\nred\ufffd[31m\ufffdnext\n");
  }

  @Test
  void escapesLabelsAndGroupsSamples() {
    MetricsText text = new MetricsText();
    text.counter("a_total", "A.", 1, "label", "x\"y\\z\n");
    text.gauge("b", "B.", 0.5);
    text.counter("a_total", "A.", 2e20);
    assertThat(text.toString())
        .isEqualTo(
            """
            # HELP a_total A.
            # TYPE a_total counter
            a_total{label="x\\"y\\\\z\\n"} 1
            a_total 2.0E20
            # HELP b B.
            # TYPE b gauge
            b 0.5
            """);
  }

  @Test
  void leavesSamplesOutBeyondTheLimitAndSaysSo() {
    MetricsText text = new MetricsText();
    for (int i = 0; i < MetricsText.SAMPLES_MAX + 5; i++) {
      text.gauge("a", "A.", i);
    }
    assertThat(text.toString().lines().filter(line -> line.startsWith("a ")))
        .hasSize(MetricsText.SAMPLES_MAX);
    assertThat(text.toString()).contains("iovtee_metrics_truncated 1");
  }
}
