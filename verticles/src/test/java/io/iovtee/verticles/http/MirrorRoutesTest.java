// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/** {@code /api/v1/mirrors}. */
final class MirrorRoutesTest {
  private static final JsonObject TO_NF2 = new JsonObject().put("output-port", "nf2");

  @Test
  void mirrorsAreAddedListedAndRemoved() throws TimeoutException {
    try (RunningApi api = new RunningApi()) {
      assertThat(api.post("/api/v1/mirrors/tap", TO_NF2).status()).isEqualTo(201);
      JsonObject mirror =
          api.get("/api/v1/mirrors").json().getJsonArray("mirrors").getJsonObject(0);
      assertThat(mirror.getString("name")).isEqualTo("tap");
      assertThat(mirror.getString("output_port")).isEqualTo("nf2");
      assertThat(mirror.getBoolean("select_all")).isTrue();
      assertThat(mirror.getLong("lost")).isZero();
      assertThat(api.getText("/api/v1/mirrors").text())
          .contains("NAME", "RECEIVED BY", "tap", "all", "nf2");
      assertThat(api.delete("/api/v1/mirrors/tap").json().getString("removed")).isEqualTo("tap");
      assertThat(api.delete("/api/v1/mirrors/tap").status()).isEqualTo(404);
      assertThat(api.get("/api/v1/mirrors").json().getJsonArray("mirrors")).isEmpty();
    }
  }

  @Test
  void whatCanNotBeIsRefusedWithTheReason() throws TimeoutException {
    try (RunningApi api = new RunningApi()) {
      assertThat(api.post("/api/v1/mirrors/tap", new JsonObject()).status()).isEqualTo(422);
      assertThat(api.post("/api/v1/mirrors/drop", TO_NF2).status()).isEqualTo(400);
      api.post("/api/v1/mirrors/tap", TO_NF2);
      RunningApi.Answered again = api.post("/api/v1/mirrors/tap", TO_NF2);
      assertThat(again.status()).isEqualTo(409);
      assertThat(again.text()).contains("tap");
    }
  }
}
