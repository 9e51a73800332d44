// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.verticles.http.RunningApi.Answered;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** {@code /api/v1/trace} over real HTTP; the table in memory sends everything by its first rule. */
final class TraceRoutesTest {
  private static final String PATH = "/api/v1/trace";
  private static RunningApi api;

  @BeforeAll
  static void start() throws TimeoutException {
    api = new RunningApi();
    api.context
        .flows()
        .replace(FlowRuleParser.parseRules("cookie=7,ip,actions=output:nf1"), -1)
        .toCompletableFuture()
        .join();
  }

  @AfterAll
  static void stop() throws TimeoutException {
    api.close();
  }

  @Test
  void aFrameFromANicIsExplainedForEachOfItsQueues() {
    Answered answer = api.post(PATH, new JsonObject().put("flow", "in_port=uplink,ip"));

    assertThat(answer.status()).isEqualTo(200);
    JsonObject verdict = answer.json();
    assertThat(verdict.getJsonObject("rule").getString("cookie")).isEqualTo("0x7");
    assertThat(verdict.getJsonArray("outputs").getJsonObject(0).getString("port")).isEqualTo("nf1");
    assertThat(verdict.getJsonArray("write_through")).hasSize(2);
    JsonObject first = verdict.getJsonArray("write_through").getJsonObject(0);
    assertThat(first.getString("queue")).isEqualTo("uplink/0");
    assertThat(first.getBoolean("written_through")).isFalse();
    assertThat(first.getString("detail")).isEqualTo("mapping_requested: by nobody");
    assertThat(first.getString("remedy")).isEqualTo("ask for it");
  }

  @Test
  void theTextSaysTheSame() {
    Answered answer =
        api.send(
            api.request(HttpMethod.POST, PATH)
                .putHeader("Content-Type", "application/json")
                .putHeader("Accept", "text/plain"),
            Buffer.buffer("{\"flow\":\"in_port=nf2\",\"frame\":\"02000000001102000000002288b5\"}"));

    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(answer.text().lines().toList())
        .contains(
            "frame   14 bytes from nf2: 02000000001102000000002288b5",
            "rule    cookie=0x7,ip,actions=output:nf1 (priority 32768, cookie 0x7, id 1)",
            "output  nf1, unchanged",
            "written through from nf2: no, the frame comes from nf2, which is no NIC: it is"
                + " copied");
  }

  @Test
  void wrongInputIsRefused() {
    for (String body :
        List.of(
            "{}",
            "{\"flow\":\"ip\"}",
            "{\"flow\":\"in_port=nosuch\"}",
            "{\"flow\":\"in_port=uplink\",\"frame\":\"0\"}",
            "{\"flow\":\"in_port=uplink\",\"queue\":1}")) {
      assertThat(api.json(HttpMethod.POST, PATH, body).status()).as(body).isEqualTo(400);
    }
  }
}
