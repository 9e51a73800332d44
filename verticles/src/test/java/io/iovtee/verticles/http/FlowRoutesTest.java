// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.FlowTable.FlowEntry;
import io.iovtee.flow.text.FlowRuleFormatter;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.verticles.http.RunningApi.Answered;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code /api/v1/flows} over real HTTP. */
final class FlowRoutesTest {
  private static final String PATH = "/api/v1/flows";
  private static final String RULE = "in_port=uplink,dl_dst=02:00:00:00:00:11,actions=output:nf1";
  private static RunningApi api;

  @BeforeAll
  static void start() throws TimeoutException {
    api = new RunningApi();
  }

  @AfterAll
  static void stop() throws TimeoutException {
    api.close();
  }

  @BeforeEach
  void emptyTable() {
    api.context.flows().replace(List.of(), -1).toCompletableFuture().join();
  }

  private static List<String> rules() {
    return api.context.flows().entries().stream()
        .map(FlowEntry::rule)
        .map(FlowRuleFormatter::format)
        .toList();
  }

  private static void assertProblem(Answered answer, int status, String... parts) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
    JsonObject problem = answer.json();
    assertThat(problem.getInteger("status")).isEqualTo(status);
    assertThat(problem.getString("type")).startsWith("urn:iovtee:problem:");
    assertThat(problem.getString("title")).isNotBlank();
    assertThat(answer.text()).contains(parts).doesNotContain("\tat ");
  }

  @Test
  void addsTextRulesAndListsThem() {
    Answered added = api.text(HttpMethod.POST, PATH, "# two rules\n" + RULE + "\nactions=drop\n");
    assertThat(added.status()).isEqualTo(201);
    assertThat(added.json().getJsonArray("flows")).hasSize(2);
    assertThat(rules()).containsExactlyInAnyOrder(RULE, "actions=drop");

    Answered listed = api.get(PATH);
    assertThat(listed.status()).isEqualTo(200);
    assertThat(listed.header("ETag")).isEqualTo(added.header("ETag")).matches("\"\\d+\"");
    JsonObject first = listed.json().getJsonArray("flows").getJsonObject(0);
    assertThat(first.getJsonObject("match").getString("in_port")).isEqualTo("uplink");
    assertThat(first.getString("rule")).isEqualTo(RULE);
    assertThat(first.getJsonArray("actions")).containsExactly("output:nf1");
    assertThat(first.getMap()).containsKeys("id", "packets", "bytes", "age_ms", "cookie");
  }

  @Test
  void aRangeOfPortsIsAddedModifiedAndDeletedAsOne() {
    Answered added =
        api.text(HttpMethod.POST, PATH, "tcp,tp_dst=1000-1999,actions=drop\nudp,actions=drop");
    assertThat(added.status()).isEqualTo(201);
    assertThat(added.json().getInteger("changed")).isEqualTo(8);
    assertThat(rules()).hasSize(8).contains("tcp,tp_dst=0x3e8/0xfff8,actions=drop");

    Answered modified =
        api.text(HttpMethod.PATCH, PATH + "?strict=true", "tcp,tp_dst=1000-1999,actions=flood");
    assertThat(modified.json().getInteger("changed")).isEqualTo(7);
    assertThat(rules()).contains("tcp,tp_dst=0x3e8/0xfff8,actions=FLOOD");

    Answered deleted = api.delete(PATH + "?match=tcp,tp_dst=1000-1999");
    assertThat(deleted.json().getInteger("changed")).isEqualTo(7);
    assertThat(rules()).containsExactly("udp,actions=drop");

    JsonObject range = new JsonObject().put("tcp", true).put("tp_dst", "1000-1999");
    assertProblem(
        api.post(PATH, new JsonObject().put("match", range).put("actions", new JsonArray())),
        400,
        "/match/tp_dst",
        "a range of ports is several rules, here 7, where one is wanted; use a mask");
  }

  @Test
  void showsATableToPeopleAndRulesToAReplace() {
    api.text(HttpMethod.POST, PATH, RULE);
    Answered table = api.getText(PATH);
    assertThat(table.header("Content-Type")).startsWith("text/plain");
    assertThat(table.text()).startsWith("ID").contains("PACKETS", RULE);
    assertThat(api.getText(PATH + "?view=rules").text()).isEqualTo(RULE + "\n");
  }

  @Test
  void addsJsonInAllItsForms() {
    JsonObject rule =
        new JsonObject()
            .put("priority", 7)
            .put("cookie", "0x1f")
            .put(
                "match",
                new JsonObject()
                    .put("in_port", "uplink")
                    .put("dl_type", "0x0800")
                    .put("nw_proto", 6)
                    .put("nw_src", "10.0.0.0/8"))
            .put("actions", new JsonArray().add("output:nf1"));
    assertThat(api.post(PATH, rule).status()).isEqualTo(201);
    assertThat(rules())
        .containsExactly(
            "cookie=0x1f,priority=7,tcp,in_port=uplink,nw_src=10.0.0.0/8,actions=output:nf1");

    JsonObject controllers =
        new JsonObject()
            .put(
                "actions",
                new JsonArray().add(new JsonObject().put("type", "OUTPUT").put("port", "nf2")));
    String array = new JsonArray().add(controllers).encode();
    assertThat(api.json(HttpMethod.POST, PATH, array).status()).isEqualTo(201);
    assertThat(rules()).contains("actions=output:nf2");

    JsonObject named = new JsonObject().put("flows", new JsonArray().add(rule));
    assertThat(api.post(PATH, named).status()).isEqualTo(201);
    assertThat(rules()).hasSize(2);
  }

  @Test
  void whatItShowsCanBeReadBack() {
    api.text(HttpMethod.POST, PATH, "priority=5,tcp,in_port=uplink,tp_dst=80,actions=output:nf1");
    JsonObject shown = api.get(PATH).json().getJsonArray("flows").getJsonObject(0);
    JsonObject again =
        new JsonObject()
            .put("priority", shown.getInteger("priority"))
            .put("cookie", shown.getString("cookie"))
            .put("match", shown.getJsonObject("match"))
            .put("actions", shown.getJsonArray("actions"));
    List<String> before = rules();
    assertThat(api.post(PATH, again).status()).isEqualTo(201);
    assertThat(rules()).isEqualTo(before);
  }

  @Test
  void aRuleWithTheSameMatchAndPriorityTakesTheOldOnesPlace() {
    Answered first = api.text(HttpMethod.POST, PATH, RULE);
    Answered second = api.text(HttpMethod.POST, PATH, RULE.replace("nf1", "nf2"));
    assertThat(rules()).containsExactly(RULE.replace("nf1", "nf2"));
    assertThat(second.json().getJsonArray("flows").getJsonObject(0).getInteger("id"))
        .isEqualTo(first.json().getJsonArray("flows").getJsonObject(0).getInteger("id"));
  }

  @Test
  void aSingleRuleHasItsOwnAddress() {
    Answered added = api.text(HttpMethod.POST, PATH, RULE);
    String location = added.header("Location");
    assertThat(api.get(location).json().getString("rule")).isEqualTo(RULE);
    Answered deleted = api.delete(location);
    assertThat(deleted.status()).isEqualTo(200);
    assertThat(rules()).isEmpty();
    assertProblem(api.get(location), 404, "no rule has this id");
    assertProblem(api.delete(location), 404, "no rule has this id");
    assertProblem(api.get(PATH + "/seven"), 404, "id=seven");
  }

  @Test
  void deletesByExactMatch() {
    api.text(HttpMethod.POST, PATH, "priority=1," + RULE + "\npriority=2," + RULE + "\n" + RULE);
    String match = "in_port=uplink,dl_dst=02:00:00:00:00:11";
    assertThat(api.delete(PATH + "?match=priority=2," + match).status()).isEqualTo(200);
    assertThat(rules()).containsExactlyInAnyOrder("priority=1," + RULE, RULE);
    assertThat(api.delete(PATH + "?match=" + match).json().getJsonArray("flows")).hasSize(2);
    assertThat(rules()).isEmpty();
    assertProblem(api.delete(PATH + "?match=" + match), 404, "exactly this match");
    assertProblem(api.delete(PATH), 400, "?match=");
    assertProblem(api.delete(PATH + "?match=nonsense=1"), 400, "nonsense");
  }

  @Test
  void deletesLooselyWhatIsNarrower() {
    api.text(
        HttpMethod.POST,
        PATH,
        "priority=1,tcp,actions=drop\npriority=2,tcp,tp_dst=80,actions=drop\n"
            + "priority=3,udp,actions=drop\npriority=4,actions=drop\n");
    assertProblem(api.delete(PATH + "?match=tcp,tp_dst=443&loose=true"), 404, "narrower");
    assertProblem(api.delete(PATH + "?match=tcp&loose=perhaps"), 400, "loose=perhaps");
    assertThat(api.delete(PATH + "?match=priority=2,ip&loose=true").status()).isEqualTo(200);
    assertThat(rules()).hasSize(3);
    assertThat(api.delete(PATH + "?match=tcp&loose=true").json().getJsonArray("flows")).hasSize(1);
    assertThat(rules())
        .containsExactlyInAnyOrder("priority=3,udp,actions=drop", "priority=4,actions=drop");
    assertThat(api.delete(PATH + "?match=&loose=true").status()).isEqualTo(200);
    assertThat(rules()).isEmpty();
  }

  @Test
  void replacingWantsTheVersionThatWasSeen() {
    assertProblem(api.text(HttpMethod.PUT, PATH, RULE), 428, "If-Match");
    String tag = api.get(PATH).header("ETag");
    Answered replaced = api.text(HttpMethod.PUT, PATH, RULE, "If-Match", tag);
    assertThat(replaced.status()).isEqualTo(200);
    assertThat(rules()).containsExactly(RULE);
    assertProblem(api.text(HttpMethod.PUT, PATH, "", "If-Match", tag), 412, "version=");
    assertThat(rules()).containsExactly(RULE);
    assertThat(api.text(HttpMethod.PUT, PATH, "", "If-Match", "*").status()).isEqualTo(200);
    assertThat(rules()).isEmpty();
    assertProblem(api.text(HttpMethod.PUT, PATH, "", "If-Match", "seven"), 400, "If-Match");
  }

  @Test
  void addingHonoursAVersionToo() {
    String tag = api.get(PATH).header("ETag");
    assertThat(api.text(HttpMethod.POST, PATH, RULE, "If-Match", tag).status()).isEqualTo(201);
    assertProblem(api.text(HttpMethod.POST, PATH, "actions=drop", "If-Match", tag), 412, "version");
    assertThat(rules()).containsExactly(RULE);
  }

  @Test
  void changesByOthersAreNotLost() {
    api.text(HttpMethod.POST, PATH, RULE);
    api.context
        .flows()
        .replace(FlowRuleParser.parseRules(RULE + "\nactions=drop"), -1)
        .toCompletableFuture()
        .join();
    api.text(HttpMethod.POST, PATH, "priority=3,actions=NORMAL");
    assertThat(rules())
        .containsExactlyInAnyOrder(RULE, "actions=drop", "priority=3,actions=NORMAL");
  }

  @Test
  void manyAtOnceAllLand() {
    List<io.vertx.core.Future<?>> sent = new java.util.ArrayList<>();
    for (int i = 1; i <= 50; i++) {
      sent.add(
          api.request(HttpMethod.POST, PATH)
              .putHeader("Content-Type", "text/plain")
              .sendBuffer(io.vertx.core.buffer.Buffer.buffer("priority=" + i + ",actions=drop")));
    }
    io.vertx.core.Future.all(sent).await();
    assertThat(rules()).hasSize(50);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{                                                        | not JSON   | ",
        "7                                                        | object     | ",
        "{\"actions\":[\"drop\"],\"colour\":1}                    | colour     | /colour",
        "{\"actions\":[\"drop\"],\"priority\":\"high\"}           | priority   | /priority",
        "{\"actions\":[\"drop\"],\"priority\":65536}              | 65535      | /priority",
        "{\"actions\":[\"drop\"],\"priority\":1.5}                | whole      | /priority",
        "{\"actions\":[\"drop\"],\"cookie\":\"xyz\"}              | cookie     | /cookie",
        "{\"actions\":[\"drop\"],\"match\":7}                     | object     | /match",
        "{\"actions\":[\"drop\"],\"match\":{\"colour\":1}}        | colour     | /match/colour",
        "{\"actions\":[\"drop\"],\"match\":{\"dl_dst\":\"zz\"}}   | zz         | /match/dl_dst",
        "{\"actions\":[\"drop\"],\"match\":{\"tp_dst\":80}}       | tp_dst     | /match",
        "{\"actions\":[\"drop\"],\"match\":{\"dl_dst\":true}}     | string     | /match/dl_dst",
        "{\"actions\":[]}                                         | action     | ",
        "{\"actions\":[7]}                                        | action     | /actions/0",
        "{\"actions\":[\"teleport:7\"]}                           | teleport   | /actions/0",
        "{\"actions\":[\"drop,drop\"]}                            | drop       | /actions/0",
        "{\"actions\":\"drop\"}                                   | array      | /actions",
        "{}                                                       | array      | /actions",
        "[{\"actions\":[\"drop\"]},{\"actions\":[1]}]             | action     | /1/actions/0",
        "{\"flows\":[{\"priority\":1}]}                           | array      | /flows/0/actions",
      })
  void wrongJsonIsPointedAt(String body, String part, String pointer) {
    Answered answer = api.json(HttpMethod.POST, PATH, body);
    assertProblem(answer, 400, part);
    if (pointer != null) {
      assertThat(answer.json().getJsonArray("errors").getJsonObject(0).getString("pointer"))
          .startsWith(pointer);
    }
    assertThat(rules()).isEmpty();
  }

  @Test
  void wrongTextNamesLineAndColumn() {
    assertProblem(
        api.text(HttpMethod.POST, PATH, RULE + "\nin_port=uplink,colour=red,actions=drop"),
        400,
        "line 2",
        "colour");
    assertProblem(api.text(HttpMethod.POST, PATH, "# nothing\n"), 400, "no rule");
    assertThat(rules()).isEmpty();
  }

  @Test
  void aPortThatIsNotThereIsTheSwitchsRefusal() {
    assertProblem(api.text(HttpMethod.POST, PATH, "actions=output:nf9"), 422, "nf9");
  }

  @Test
  void bodiesThatAreTooLongOrOfAnotherTypeAreRefused() {
    String tooLong = " ".repeat(HttpApiVerticle.BODY_LENGTH_MAX + 1);
    assertProblem(
        api.send(
            api.request(HttpMethod.POST, PATH).putHeader("Content-Type", "application/json"),
            io.vertx.core.buffer.Buffer.buffer(tooLong)),
        413,
        "1048576");
    Answered other =
        api.send(
            api.request(HttpMethod.POST, PATH).putHeader("Content-Type", "application/xml"),
            io.vertx.core.buffer.Buffer.buffer("<flow/>"));
    assertProblem(other, 415, "application/xml");
    Answered binary =
        api.send(
            api.request(HttpMethod.POST, PATH).putHeader("Content-Type", "text/plain"),
            io.vertx.core.buffer.Buffer.buffer(new byte[] {(byte) 0xff, (byte) 0xfe}));
    assertProblem(binary, 400, "UTF-8");
  }

  @Test
  void modifyingChangesActionsOfNarrowerRulesOrOfOne() {
    api.text(
        HttpMethod.POST,
        PATH,
        "priority=1,tcp,tp_dst=80,actions=drop\npriority=2,tcp,actions=drop");
    Answered loose = api.text(HttpMethod.PATCH, PATH, "tcp,actions=output:nf1");
    assertThat(loose.status()).isEqualTo(200);
    assertThat(loose.json().getInteger("changed")).isEqualTo(2);
    assertThat(rules())
        .containsExactly(
            "priority=1,tcp,tp_dst=80,actions=output:nf1", "priority=2,tcp,actions=output:nf1");
    String strict = PATH + "?strict=true";
    Answered none = api.text(HttpMethod.PATCH, strict, "tcp,actions=drop");
    assertThat(none.json().getInteger("changed")).isZero();
    assertThat(none.header("ETag")).isEqualTo(loose.header("ETag"));
    api.text(HttpMethod.PATCH, strict, "priority=2,tcp,actions=drop");
    assertThat(rules()).contains("priority=2,tcp,actions=drop");
    assertProblem(api.text(HttpMethod.PATCH, PATH, "actions=output:nf9"), 422, "nf9");
    assertProblem(api.text(HttpMethod.PATCH, PATH + "?strict=1", RULE), 400, "strict=1");
    assertProblem(api.text(HttpMethod.PATCH, PATH, "#"), 400, "no rule");
  }

  @Test
  void whichRulesAreMeantIsSaidByCookie() {
    api.text(
        HttpMethod.POST,
        PATH,
        "cookie=0x71,tcp,actions=output:nf1\ncookie=0x72,udp,actions=output:nf1");
    Answered modified = api.text(HttpMethod.PATCH, PATH, "cookie=0x71/-1,actions=output:nf2");
    assertThat(modified.json().getInteger("changed")).isOne();
    JsonObject json =
        new JsonObject().put("cookie", "0x72/0xff").put("actions", new JsonArray().add("normal"));
    Answered byJson = api.json(HttpMethod.PATCH, PATH, json.encode());
    assertThat(byJson.json().getJsonArray("flows").getJsonObject(0).getString("rule"))
        .isEqualTo("cookie=0x72,udp,actions=NORMAL");
    JsonObject delete = new JsonObject().put("command", "delete").put("out_port", "nf2");
    JsonObject bundle = new JsonObject().put("bundle", new JsonArray().add(delete));
    assertThat(api.post(PATH + "/bundle", bundle).json().getInteger("changed")).isOne();
    assertThat(api.delete(PATH + "?match=cookie=0x70/0xf0&loose=true").status()).isEqualTo(200);
    assertProblem(api.delete(PATH + "?match=cookie=0x72/-1&loose=true"), 404, "or a narrower one");
    assertProblem(api.delete(PATH + "?match=cookie=7&loose=true"), 400, "with a mask");
    for (String several : new String[] {"a,udp", "a udp", "a\tudp", "a\rudp"}) {
      delete.put("out_port", several);
      assertProblem(api.post(PATH + "/bundle", bundle), 400, "/bundle/0/out_port");
    }
    delete.put("out_port", "7");
    assertProblem(api.post(PATH + "/bundle", bundle), 400, "ports are named");
  }

  @Test
  void bundlesAreCarriedOutWholeOrNotAtAll() {
    String bundle = PATH + "/bundle";
    Answered done =
        api.text(
            HttpMethod.POST,
            bundle,
            "add priority=1,tcp,actions=drop\npriority=2,udp,actions=drop\n"
                + "modify ip,actions=output:nf1\ndelete_strict priority=2,udp\n");
    assertThat(done.status()).as(done.text()).isEqualTo(200);
    assertThat(rules()).containsExactly("priority=1,tcp,actions=output:nf1");
    assertThat(done.json().getInteger("total")).isEqualTo(1);

    assertProblem(
        api.text(HttpMethod.POST, bundle, "delete\nadd actions=output:nf9\n"), 422, "nf9");
    assertProblem(api.text(HttpMethod.POST, bundle, "delete\nadd colour=1"), 400, "line 2");
    assertProblem(api.text(HttpMethod.POST, bundle, "delete", "If-Match", "\"1\""), 412, "version");
    assertProblem(api.text(HttpMethod.POST, bundle, ""), 400, "no command");
    assertThat(rules()).containsExactly("priority=1,tcp,actions=output:nf1");

    JsonArray json =
        new JsonArray()
            .add(new JsonObject().put("command", "delete").put("match", new JsonObject()))
            .add(
                new JsonObject()
                    .put("match", new JsonObject().put("dl_vlan", 5))
                    .put("idle_timeout", 7)
                    .put("actions", new JsonArray().add("drop")));
    assertThat(api.post(bundle, new JsonObject().put("bundle", json)).status()).isEqualTo(200);
    assertThat(rules()).containsExactly("idle_timeout=7,dl_vlan=5,actions=drop");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[7]                                          | object          | /0",
        "[{\"command\":\"remove\"}]                    | modify_strict   | /0/command",
        "[{\"command\":\"delete\",\"priority\":5}]      | delete_strict   | /0/priority",
        "[{\"command\":\"delete\",\"actions\":[]}]      | no actions      | /0/actions",
        "{\"bundle\":[{\"command\":\"add\"}]}           | array           | /bundle/0/actions",
        "{\"mods\":[]}                                | mods            | /mods",
        "7                                            | array           | ",
      })
  void wrongBundlesArePointedAt(String body, String part, String pointer) {
    Answered answer = api.json(HttpMethod.POST, PATH + "/bundle", body);
    assertProblem(answer, 400, part);
    if (pointer != null) {
      assertThat(answer.json().getJsonArray("errors").getJsonObject(0).getString("pointer"))
          .isEqualTo(pointer);
    }
  }

  @Test
  void dumpsAsOvsDoesAndReadsItBack() {
    String rules =
        "cookie=0x1f,idle_timeout=10,hard_timeout=20,priority=7,tcp,in_port=uplink,"
            + "actions=output:nf1";
    api.text(HttpMethod.POST, PATH, rules + "\nactions=drop");
    String dump = api.getText(PATH + "?view=dump").text();
    assertThat(dump.lines())
        .satisfiesExactly(
            line ->
                assertThat(line)
                    .matches(
                        " cookie=0x1f, duration=[0-9.]+s, table=0, n_packets=0, n_bytes=0,"
                            + " idle_timeout=10, hard_timeout=20, idle_age=0,"
                            + " priority=7,tcp,in_port=uplink actions=output:nf1"),
            line ->
                assertThat(line)
                    .matches(
                        " cookie=0x0, duration=[0-9.]+s, table=0, n_packets=0, n_bytes=0,"
                            + " idle_age=0, actions=drop"));
    assertThat(FlowRuleParser.parseRules(dump))
        .isEqualTo(FlowRuleParser.parseRules(rules + "\nactions=drop"));
    assertProblem(api.get(PATH + "?view=all"), 400, "view=all");
  }

  @Test
  void listsInPages() {
    api.text(HttpMethod.POST, PATH, RULE + "\npriority=1,actions=drop\npriority=2,actions=drop");
    Answered first = api.get(PATH + "?limit=2");
    assertThat(first.json().getJsonArray("flows")).hasSize(2);
    assertThat(first.json().getInteger("total")).isEqualTo(3);
    Matcher link = Pattern.compile("<(.*)>; rel=\"next\"").matcher(first.header("Link"));
    assertThat(link.matches()).isTrue();
    Answered last = api.get(link.group(1));
    assertThat(last.json().getJsonArray("flows")).hasSize(1);
    assertThat(last.header("Link")).isNull();
    assertThat(last.json().containsKey("next")).isFalse();
    assertProblem(api.get(PATH + "?limit=0"), 400, "limit=0");
    assertProblem(api.get(PATH + "?limit=10001"), 400, "10000");
    assertProblem(api.get(PATH + "?from=x"), 400, "from=x");
  }
}
