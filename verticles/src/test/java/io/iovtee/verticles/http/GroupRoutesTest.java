// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.verticles.http.RunningApi.Answered;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code /api/v1/groups} and {@code /api/v1/meters}. */
final class GroupRoutesTest {
  private static final String GROUPS = "/api/v1/groups";
  private static final String METERS = "/api/v1/meters";

  private RunningApi api;

  @BeforeEach
  void start() throws TimeoutException {
    api = new RunningApi();
  }

  @AfterEach
  void stop() throws TimeoutException {
    api.close();
  }

  private Answered text(HttpMethod method, String path, String body) {
    return api.send(
        api.request(method, path).putHeader("Content-Type", "text/plain"), Buffer.buffer(body));
  }

  @Test
  void groupsComeAsTextAndAsJson() {
    Answered added =
        text(
            HttpMethod.POST,
            GROUPS,
            "group_id=1,type=select,bucket=weight:2,actions=output:nf1,bucket=output:nf2");
    assertThat(added.status()).as(added.text()).isEqualTo(201);
    assertThat(
            api.json(
                    HttpMethod.POST,
                    GROUPS,
                    """
                    [{"group_id": 2, "type": "all", "buckets": [{"actions": ["output:nf1"]}]}]
                    """)
                .status())
        .isEqualTo(201);
    JsonObject first = api.get(GROUPS + "/1").json();
    assertThat(first.getString("group"))
        .isEqualTo(
            "group_id=1,type=select,bucket=bucket_id:0,weight:2,actions=output:nf1,"
                + "bucket=bucket_id:1,actions=output:nf2");
    assertThat(first.getJsonArray("counters")).hasSize(2);
    assertThat(api.get(GROUPS).json().getJsonArray("groups")).hasSize(2);
    assertThat(api.getText(GROUPS).text()).contains("bucket_id:1,actions=output:nf2");
    assertThat(text(HttpMethod.PUT, GROUPS + "/1", "group_id=1,type=all").status()).isEqualTo(200);
    assertThat(api.get(GROUPS + "/1").json().getString("type")).isEqualTo("all");
    assertThat(api.delete(GROUPS + "/1").status()).isEqualTo(200);
    assertThat(api.get(GROUPS + "/1").status()).isEqualTo(404);
  }

  @Test
  void metersDo() {
    assertThat(text(HttpMethod.POST, METERS, "meter=1,kbps,bands=type=drop,rate=1000").status())
        .isEqualTo(201);
    assertThat(
            api.json(
                    HttpMethod.PUT,
                    METERS + "/2",
                    """
                    {"meter": 2, "unit": "pktps", "rate": 5, "burst_size": 7}
                    """)
                .status())
        .isEqualTo(200);
    assertThat(api.get(METERS + "/2").json().getString("text"))
        .isEqualTo("meter=2,pktps,burst,bands=type=drop,rate=5,burst_size=7");
    assertThat(api.getText(METERS).text()).contains("rate=1000");
    assertThat(api.delete(METERS + "/1").status()).isEqualTo(200);
    assertThat(api.get(METERS).json().getJsonArray("meters")).hasSize(1);
  }

  @Test
  void whatIsWrongIsAnswered() {
    assertThat(text(HttpMethod.POST, GROUPS, "group_id=1,type=some").status()).isEqualTo(400);
    assertThat(text(HttpMethod.POST, GROUPS, "").status()).isEqualTo(400);
    assertThat(text(HttpMethod.POST, GROUPS, "group_id=1,type=all,bucket=nf9").status())
        .isEqualTo(422);
    assertThat(text(HttpMethod.PUT, GROUPS + "/2", "group_id=1,type=all").status()).isEqualTo(400);
    assertThat(api.delete(GROUPS + "/1").status()).isEqualTo(404);
    assertThat(api.delete(METERS + "/x").status()).isEqualTo(404);
    Answered pointed = api.json(HttpMethod.POST, GROUPS, "[{\"group_id\": 1, \"type\": \"all\"}]");
    assertThat(pointed.status()).isEqualTo(400);
    assertThat(pointed.text()).contains("/0/buckets");
    assertThat(
            api.send(
                    api.request(HttpMethod.POST, GROUPS)
                        .putHeader("Content-Type", "text/plain")
                        .putHeader("If-Match", "\"999\""),
                    Buffer.buffer("group_id=1,type=all"))
                .status())
        .isEqualTo(412);
  }
}
