// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.PuntedFrame;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.verticles.http.RunningApi.Answered;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code /api/v1/packets}. */
final class PacketRoutesTest {
  private static final String PATH = "/api/v1/packets";
  private static final int READ_TIMEOUT_MS = 180_000;
  private static final String HEX =
      "ffffffffffff0200000000220806000108000604000102000000002209000001000000000000" + "0a000002";

  private RunningApi api;

  @BeforeEach
  void start() throws TimeoutException {
    api = new RunningApi();
  }

  @AfterEach
  void stop() throws TimeoutException {
    api.close();
  }

  private static PuntedFrame frame(String rule) {
    return new PuntedFrame(
        1_700_000_000_123L,
        "uplink",
        FlowRuleParser.parseRule(rule),
        60,
        HexFormat.of().parseHex(HEX));
  }

  private JsonArray packets(int wanted, String query) throws InterruptedException {
    JsonArray packets = new JsonArray();
    for (int i = 0; i < 2000 && packets.size() != wanted; i++) {
      Thread.sleep(10);
      packets = api.get(PATH + query).json().getJsonArray("packets");
    }
    assertThat(packets).hasSize(wanted);
    return packets;
  }

  @Test
  void aPuntedFrameIsListedWithHeadersAndRule() throws InterruptedException {
    api.context.punt(List.of(frame("cookie=0x2a,table=3,arp,actions=punt:42")));
    JsonObject packet = packets(1, "").getJsonObject(0);

    assertThat(packet.getLong("id")).isEqualTo(1);
    assertThat(packet.getString("time")).isEqualTo("2023-11-14T22:13:20.123Z");
    assertThat(packet.getString("in_port")).isEqualTo("uplink");
    assertThat(packet.getString("reason")).isEqualTo("action");
    assertThat(packet.getString("rule")).isEqualTo("cookie=0x2a,table=3,arp,actions=punt:42");
    assertThat(packet.getString("cookie")).isEqualTo("0x2a");
    assertThat(packet.getInteger("table")).isEqualTo(3);
    assertThat(packet.getString("headers"))
        .startsWith("arp,in_port=uplink")
        .contains("dl_src=02:00:00:00:00:22", "arp_op=1", "arp_tpa=10.0.0.2");
    assertThat(packet.getInteger("length")).isEqualTo(60);
    assertThat(packet.getString("frame")).isEqualTo(HEX);
    assertThat(api.getText(PATH).text())
        .contains("uplink action, 60 bytes: " + HEX + " | arp,in_port=uplink")
        .endsWith("7 frames handed over, 2 beyond the limit\n");
    assertThat(api.get("/metrics").text())
        .contains("iovtee_punted_frames_total 7", "iovtee_punt_limited_frames_total 2");
  }

  @Test
  void theLastOnesAreKeptAndLaterOnesCanBeAskedFor() throws InterruptedException {
    PuntedFrame frame = frame("priority=0,actions=punt");
    for (int i = 0; i < PacketRoutes.RECENT_MAX + 10; i++) {
      api.context.punt(List.of(frame));
    }
    packets(PacketRoutes.RECENT_MAX, "?after=10");
    JsonArray packets = packets(3, "?after=" + (PacketRoutes.RECENT_MAX + 7));
    assertThat(packets.getJsonObject(0).getLong("id")).isEqualTo(PacketRoutes.RECENT_MAX + 8);
    assertThat(packets.getJsonObject(0).getString("reason")).isEqualTo("no_match");
    assertThat(packets(PacketRoutes.RECENT_MAX, "").getJsonObject(0).getLong("id")).isEqualTo(11);
    assertThat(api.get(PATH + "?after=x").status()).isEqualTo(400);
  }

  @Test
  void framesComeAsEventsInBothForms() throws IOException {
    try (Socket first = new Socket("127.0.0.1", api.http.port());
        Socket second = new Socket("127.0.0.1", api.http.port())) {
      BufferedReader json = open(first, "");
      BufferedReader text = open(second, "?form=text");
      api.context.punt(List.of(frame("arp,actions=punt")));

      assertThat(next(json, "event:")).isEqualTo("event: packet");
      assertThat(new JsonObject(next(json, "data: ").substring(6)).getString("frame"))
          .isEqualTo(HEX);
      assertThat(next(text, "data: ")).startsWith("data: 1 2023-11-14T").contains("arp,in_port");
    }
    assertThat(api.get(PATH + "/events?form=xml").status()).isEqualTo(400);
  }

  private static BufferedReader open(Socket socket, String query) throws IOException {
    socket.setSoTimeout(READ_TIMEOUT_MS);
    socket
        .getOutputStream()
        .write(
            ("GET " + PATH + "/events" + query + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
    BufferedReader reader =
        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
    next(reader, "retry:");
    return reader;
  }

  private static String next(BufferedReader reader, String start) throws IOException {
    String line = reader.readLine();
    while (line != null && !line.startsWith(start)) {
      line = reader.readLine();
    }
    assertThat(line).as("a line that starts with " + start).isNotNull();
    return String.valueOf(line);
  }

  @Test
  void aFrameIsSentOrTheAnswerSaysWhyNot() {
    JsonObject frame = new JsonObject().put("port", "uplink").put("frame", "02:00 " + HEX);
    Answered sent = api.post(PATH, frame);
    assertThat(sent.status()).isEqualTo(200);
    assertThat(sent.json().getInteger("length")).isEqualTo(44);

    Answered down = api.post(PATH, frame.copy().put("port", "nf1"));
    assertThat(down.status()).isEqualTo(409);
    assertThat(down.text()).contains("nf1 did not take the frame: port_down");
    assertThat(api.post(PATH, frame.copy().put("port", "nf9")).status()).isEqualTo(422);
    assertThat(api.post(PATH, frame.copy().put("frame", "0x")).status()).isEqualTo(400);
    assertThat(api.post(PATH, frame.copy().put("frame", "020")).status()).isEqualTo(400);
    assertThat(api.post(PATH, new JsonObject().put("port", "uplink")).status()).isEqualTo(400);
    assertThat(api.post(PATH, frame.copy().put("actions", "x")).status()).isEqualTo(400);
  }
}
