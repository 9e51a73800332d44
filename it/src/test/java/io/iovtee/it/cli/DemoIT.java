// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.it.peers.Needs;
import io.iovtee.it.peers.TestSwitch;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The demo as an ordinary user runs it: no capability, no huge page. */
final class DemoIT {
  private static final Path SETPRIV = Path.of("/usr/bin/setpriv");

  @Test
  void lastLineIsOneJsonObjectThatAddsUp() throws Exception {
    Needs.present(
        TestSwitch.pluginMissing(),
        Files.isExecutable(SETPRIV) ? null : "setpriv is missing: apt-get install util-linux");
    try (CliProcess demo =
        CliProcess.startWithPlugin(
            List.of(SETPRIV.toString(), "--bounding-set", "-all", "--inh-caps", "-all"),
            "demo",
            "--duration",
            "8s",
            "--json")) {
      assertThat(demo.await()).as(demo.err()).isZero();
      assertThat(demo.out().lines()).as(demo.out()).hasSize(1);
      assertThat(demo.err()).doesNotContain("\tat ").contains("EMULATED NIC");
      check(new JsonObject(demo.out()));
    }
  }

  private static void check(JsonObject result) {
    long received = result.getJsonObject("frames").getLong("received");
    assertThat(received).isPositive();
    assertThat(sum(result.getJsonObject("outcomes"))).as(result.encode()).isEqualTo(received);
    assertThat(sum(result.getJsonObject("dropReasons")))
        .isEqualTo(result.getJsonObject("outcomes").getLong("dropped"));
    long delivered =
        result.getJsonObject("outcomes").getLong("copied")
            + result.getJsonObject("outcomes").getLong("copied_ineligible")
            + result.getJsonObject("outcomes").getLong("written_through");
    JsonObject nf = result.getJsonObject("nf");
    // What the NF had not looked at when it was told to end is delivered and not received.
    assertThat(nf.getLong("received")).isPositive().isLessThanOrEqualTo(delivered);
    assertThat(nf.getLong("returned")).isPositive().isLessThanOrEqualTo(nf.getLong("received"));
    assertThat(result.getLong("copiedBytes")).isPositive();
    assertThat(result.getJsonArray("mappings")).hasSize(1);
    JsonObject mapping = result.getJsonArray("mappings").getJsonObject(0);
    assertThat(mapping.getString("state")).isEqualTo("active");
    assertThat(mapping.getString("mode")).isEqualTo("auto");
    assertThat(result.getJsonObject("rates").getDouble("beforeMappingMpps")).isPositive();
    assertThat(result.getJsonObject("rates").getDouble("afterMappingMpps")).isPositive();
  }

  private static long sum(JsonObject counters) {
    return counters.stream().mapToLong(entry -> ((Number) entry.getValue()).longValue()).sum();
  }
}
