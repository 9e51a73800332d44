// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.verticles.http.RunningApi.Answered;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import java.util.List;
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
                    {"meter": 2, "unit": "pktps",
                     "bands": [{"type": "drop", "rate": 5, "burst_size": 7}]}
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

  @Test
  void aMetersBandsAreTold() {
    text(
        HttpMethod.POST,
        METERS,
        "meter=1,kbps,bands=type=dscp_remark,rate=5,prec_level=2,type=drop,rate=9");
    JsonObject meter = api.get(METERS + "/1").json();
    assertThat(meter.getJsonArray("bands").getJsonObject(0))
        .isEqualTo(new JsonObject().put("type", "dscp_remark").put("rate", 5).put("prec_level", 2));
    assertThat(meter.getJsonArray("counters")).hasSize(2);
    assertThat(meter.getLong("passed_packets")).isZero();
    assertThat(api.getText(METERS).text())
        .contains("type=dscp_remark,rate=5,prec_level=2")
        .contains("type=drop,rate=9");
  }

  private List<Integer> buckets() {
    return api.get(GROUPS + "/1").json().getJsonArray("buckets").stream()
        .map(bucket -> ((JsonObject) bucket).getInteger("bucket_id"))
        .toList();
  }

  @Test
  void bucketsAreInsertedAndRemoved() {
    text(HttpMethod.POST, GROUPS, "group_id=1,type=select,bucket=nf1");
    String path = GROUPS + "/1/buckets";
    Answered inserted = text(HttpMethod.POST, path, "command_bucket_id=first,bucket=output:nf2");
    assertThat(inserted.status()).as(inserted.text()).isEqualTo(200);
    assertThat(
            api.json(
                    HttpMethod.POST,
                    path,
                    """
                    {"command_bucket_id": 0,
                     "buckets": [{"bucket_id": 7, "watch_group": 1, "actions": ["output:nf2"]}]}
                    """)
                .status())
        .as("a group that watches itself")
        .isEqualTo(422);
    assertThat(
            api.json(
                    HttpMethod.POST,
                    path,
                    """
                    {"command_bucket_id": 0, "buckets": [{"bucket_id": 7, "actions": ["nf2"]}]}
                    """)
                .status())
        .isEqualTo(200);
    assertThat(buckets()).containsExactly(1, 0, 7);
    assertThat(api.delete(path + "?command_bucket_id=0").status()).isEqualTo(200);
    assertThat(buckets()).containsExactly(1, 7);
    assertThat(api.delete(path + "?command_bucket_id=last").status()).isEqualTo(200);
    assertThat(buckets()).containsExactly(1);
  }

  @Test
  void bucketsThatCanNotBeInsertedOrRemovedAreRefused() {
    text(HttpMethod.POST, GROUPS, "group_id=1,type=select,bucket=nf1");
    String path = GROUPS + "/1/buckets";
    assertThat(api.delete(path).status()).as("all of them by mistake").isEqualTo(400);
    assertThat(api.delete(path + "?command_bucket_id=x").status()).isEqualTo(400);
    assertThat(api.delete(path + "?command_bucket_id=9").status()).isEqualTo(404);
    assertThat(api.delete(GROUPS + "/2/buckets?command_bucket_id=all").status()).isEqualTo(404);
    assertThat(text(HttpMethod.POST, path, "bucket=nf1").status()).isEqualTo(400);
    assertThat(text(HttpMethod.POST, path, "group_id=2,command_bucket_id=last,bucket=nf1").text())
        .contains("the body names group 2, the path 1");
    assertThat(
            api.json(HttpMethod.POST, path, "{\"command_bucket_id\": \"all\", \"buckets\": []}")
                .text())
        .contains("/command_bucket_id");
    assertThat(
            api.json(
                    HttpMethod.POST,
                    path,
                    "{\"command_bucket_id\": 0, \"buckets\": [{\"weight\": 1}]}")
                .text())
        .contains("/buckets/0/actions");
    assertThat(buckets()).containsExactly(0);
  }

  /** Rules, groups and meters in one change, as text and as JSON. */
  @Test
  void bundlesHaveGroupsAndMeters() {
    Answered done =
        text(
            HttpMethod.POST,
            "/api/v1/flows/bundle",
            "group add group_id=1,type=all,bucket=nf1\nudp,actions=group:1\n"
                + "meter add meter=1,kbps,bands=type=drop,rate=1\n");
    assertThat(done.status()).as(done.text()).isEqualTo(200);
    assertThat(done.json().getInteger("changed")).isEqualTo(1);
    Answered json =
        api.json(
            HttpMethod.POST,
            "/api/v1/flows/bundle",
            """
            [{"command": "insert_bucket", "group_id": 1, "command_bucket_id": "last",
              "buckets": [{"actions": ["nf2"]}]},
             {"command": "delete", "meter": 1},
             {"meter": 2, "unit": "kbps", "bands": [{"type": "drop", "rate": 2}]},
             {"command": "modify_strict", "priority": 32768, "match": {"udp": true},
              "actions": ["meter:2", "group:1"]}]
            """);
    assertThat(json.status()).as(json.text()).isEqualTo(200);
    assertThat(buckets()).containsExactly(0, 1);
    assertThat(api.get(METERS + "/1").status()).isEqualTo(404);
    assertThat(api.get(METERS + "/2").status()).isEqualTo(200);
  }

  private Answered replace(String type, String body) {
    return api.send(
        api.request(HttpMethod.PUT, "/api/v1/flows")
            .putHeader("Content-Type", type)
            .putHeader("If-Match", "*"),
        Buffer.buffer(body));
  }

  /** One that has a group or a meter says all that there shall be of both. */
  @Test
  void replacingTheRulesMayReplaceGroupsAndMeters() {
    text(HttpMethod.POST, METERS, "meter=1,kbps,bands=type=drop,rate=1");
    text(HttpMethod.POST, "/api/v1/flows", "arp,actions=drop");
    Answered text =
        api.send(
            api.request(HttpMethod.PUT, "/api/v1/flows")
                .putHeader("Accept", "text/plain")
                .putHeader("Content-Type", "text/plain")
                .putHeader("If-Match", "*"),
            Buffer.buffer("udp,actions=group:1\ngroup_id=1,type=all,bucket=nf1\n"));
    // Two rules are named in the change: the one that there was went.
    assertThat(text.text())
        .startsWith("replaced the table by 1 group, 0 meters and 1 rule; the table has 1, ");
    assertThat(api.get(METERS + "/1").status()).isEqualTo(404);
    assertThat(api.get(GROUPS + "/1").status()).isEqualTo(200);

    assertThat(replace("text/plain", "tcp,actions=group:1").status()).isEqualTo(200);
    assertThat(api.get(GROUPS + "/1").status()).as("rules alone leave it").isEqualTo(200);
    String rules = "{\"flows\": [{\"actions\": [\"drop\"]}]";
    assertThat(replace("application/json", rules + "}").status()).isEqualTo(200);
    assertThat(api.get(GROUPS + "/1").status()).as("so do they as JSON").isEqualTo(200);

    String meters =
        ", \"meters\": [{\"meter\": 2, \"unit\": \"kbps\","
            + " \"bands\": [{\"type\": \"drop\", \"rate\": 2}]}]}";
    assertThat(replace("application/json", rules + meters).status()).isEqualTo(200);
    assertThat(api.get(METERS + "/2").status()).isEqualTo(200);
    assertThat(api.get(GROUPS + "/1").status()).isEqualTo(404);
    assertThat(replace("application/json", rules + ", \"groups\": []}").status()).isEqualTo(200);
    assertThat(api.get(METERS + "/2").status()).isEqualTo(404);
  }

  @Test
  void aReplacementThatIsWrongChangesNothing() {
    text(HttpMethod.POST, GROUPS, "group_id=1,type=all");
    String twice = "group_id=2,type=all\ngroup_id=2,type=all\nactions=drop";
    assertThat(replace("text/plain", twice).status()).isEqualTo(422);
    assertThat(replace("text/plain", "group_id=2,type=all,bucket=nf9").status()).isEqualTo(422);
    assertThat(replace("text/plain", "actions=drop\ngroup delete group_id=1").text())
        .contains("line 2", "has no commands");
    Answered pointed = replace("application/json", "{\"flows\": [], \"groups\": [{}]}");
    assertThat(pointed.status()).isEqualTo(400);
    assertThat(pointed.text()).contains("/groups/0");
    assertThat(replace("application/json", "{\"groups\": []}").text()).contains("/flows");
    assertThat(api.get(GROUPS + "/1").status()).isEqualTo(200);
    assertThat(api.get(GROUPS + "/2").status()).isEqualTo(404);
  }

  @Test
  void aDumpIsReadBack() {
    text(HttpMethod.POST, GROUPS, "group_id=2,type=all\ngroup_id=1,type=all,bucket=nf1");
    text(HttpMethod.POST, METERS, "meter=3,kbps,bands=type=drop,rate=9");
    String groups = api.getText(GROUPS + "?view=dump").text();
    assertThat(groups)
        .isEqualTo(
            "group_id=1,type=all,bucket=bucket_id:0,actions=output:nf1\ngroup_id=2,type=all\n");
    String meters = api.getText(METERS + "?view=dump").text();
    assertThat(meters).isEqualTo("meter=3,kbps,bands=type=drop,rate=9\n");
    assertThat(replace("text/plain", groups + meters).status()).isEqualTo(200);
    assertThat(api.getText(GROUPS + "?view=dump").text()).isEqualTo(groups);
    assertThat(api.getText(GROUPS + "?view=x").text()).contains("view must be table or dump");
  }

  @Test
  void aBundleThatIsWrongPointsToThePlace() {
    String path = "/api/v1/flows/bundle";
    assertThat(api.json(HttpMethod.POST, path, "[{\"group_id\": 1, \"command\": \"add\"}]").text())
        .contains("/0/type");
    assertThat(api.json(HttpMethod.POST, path, "[{\"group_id\": 1, \"command\": \"bury\"}]").text())
        .contains("/0/command")
        .contains("insert_bucket");
    assertThat(
            api.json(HttpMethod.POST, path, "[{\"meter\": 1, \"command\": \"modify_strict\"}]")
                .text())
        .contains("/0/command")
        .contains("allowed for meters");
    assertThat(text(HttpMethod.POST, path, "group delete group_id=1").status()).isEqualTo(404);
    assertThat(text(HttpMethod.POST, path, "udp,actions=drop\ngroup purge").text())
        .contains("line 2");
  }

  @Test
  void metricsHaveARowForEachBucketAndBand() {
    text(HttpMethod.POST, GROUPS, "group_id=1,type=ff,bucket=bucket_id:7,watch_port:nf1,nf1");
    text(
        HttpMethod.POST,
        METERS,
        "meter=3,kbps,bands=type=dscp_remark,rate=5,prec_level=2,type=drop,rate=9");
    assertThat(api.getText("/metrics").text())
        .contains("iovtee_groups 1\n", "iovtee_meters 1\n")
        .contains("# TYPE iovtee_group_bucket_frames_total counter")
        .contains("iovtee_group_bucket_frames_total{group=\"1\",type=\"ff\",bucket=\"7\"} 0\n")
        .contains("iovtee_group_bucket_live{group=\"1\",type=\"ff\",bucket=\"7\"} 1\n")
        .contains("iovtee_meter_frames_total{meter=\"3\",did=\"dscp_remark\",band=\"0\"} 0\n")
        .contains("iovtee_meter_bytes_total{meter=\"3\",did=\"drop\",band=\"1\"} 0\n")
        .contains("iovtee_meter_frames_total{meter=\"3\",did=\"pass\",band=\"\"} 0\n");
  }
}
