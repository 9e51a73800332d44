// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.FlowTable;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.verticles.iovtee.Isolation;
import io.iovtee.verticles.iovtee.MappingMode;
import io.iovtee.verticles.iovtee.MappingReason;
import io.iovtee.verticles.iovtee.MappingRequest;
import io.iovtee.verticles.iovtee.MappingRequest.Origin;
import io.iovtee.verticles.iovtee.MappingState;
import io.iovtee.verticles.iovtee.MappingStatus;
import io.iovtee.verticles.iovtee.QueueId;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code /api/v1/events} on plain sockets: what a browser's EventSource would read. */
final class EventRoutesTest {
  private static final int READ_TIMEOUT_MS = 180_000;
  private static final MappingRequest REQUEST =
      new MappingRequest(
          new QueueId("uplink", 0),
          "nf1",
          0,
          Isolation.TRUSTED,
          MappingMode.ON,
          Optional.empty(),
          Origin.HTTP);

  private final List<Socket> sockets = new ArrayList<>();
  private RunningApi api;

  @BeforeEach
  void start() throws TimeoutException {
    api = new RunningApi();
  }

  @AfterEach
  void stop() throws IOException, TimeoutException {
    for (Socket socket : sockets) {
      socket.close();
    }
    api.close();
  }

  private Socket open() throws IOException {
    Socket socket = new Socket("127.0.0.1", api.http.port());
    sockets.add(socket);
    socket.setSoTimeout(READ_TIMEOUT_MS);
    socket
        .getOutputStream()
        .write(
            "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n"
                .getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  private static BufferedReader reader(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    return new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
  }

  private static String readUntil(BufferedReader reader, String wanted) throws IOException {
    StringBuilder seen = new StringBuilder();
    String line = reader.readLine();
    while (line != null) {
      seen.append(line).append('\n');
      if (line.contains(wanted)) {
        return seen.toString();
      }
      line = reader.readLine();
    }
    throw new AssertionError("the stream ended before " + wanted + ": " + seen);
  }

  @Test
  void tellsOfCountersMappingsRulesAndPorts() throws IOException {
    BufferedReader events = reader(open());
    assertThat(readUntil(events, "retry:")).contains("200 OK", "text/event-stream");
    String stats = readUntil(events, "data:");
    assertThat(stats).contains("event: stats", "\"queues\":", "\"inputs\":", "id: ");

    api.engine.tell(StubEngine.status(REQUEST, MappingState.ACTIVE));
    readUntil(events, "event: mapping");
    assertThat(readUntil(events, "data:")).contains("\"state\":\"active\"");

    api.context.flows().replace(List.of(), -1);
    readUntil(events, "event: flows");
    assertThat(readUntil(events, "data:")).contains("\"version\":");

    FlowTable.FlowEntry entry =
        new FlowTable.FlowEntry(
            7, FlowRuleParser.parseRule("idle_timeout=5,actions=drop"), 8, 512, 9_000, 5_100);
    api.context.expire(
        Collections.nCopies(
            150, new FlowTable.Expired(entry, FlowTable.ExpiryReason.IDLE_TIMEOUT)));
    readUntil(events, "event: flows_expired");
    String expired = readUntil(events, "data:");
    assertThat(expired)
        .contains("\"count\":150", "\"reason\":\"idle_timeout\"", "\"packets\":8", "\"id\":7");
    assertThat(expired.split("\"id\":7", -1)).as("not all of many").hasSize(101);

    api.context.removePort("nf2");
    readUntil(events, "event: ports");
    assertThat(readUntil(events, "data:"))
        .contains("\"name\":\"uplink\",\"link_up\":true,\"link_reason\":")
        .doesNotContain("nf2");
  }

  @Test
  void takesSoManyReadersAndForgetsThoseThatLeave() throws IOException, InterruptedException {
    for (int i = 0; i < EventStream.READERS_MAX; i++) {
      readUntil(reader(open()), "retry:");
    }
    assertThat(readUntil(reader(open()), "HTTP/1.1")).contains("503");
    for (Socket socket : sockets) {
      socket.close();
    }
    awaitReaders(0);
    assertThat(readUntil(reader(open()), "HTTP/1.1")).contains("200");
  }

  @Test
  void aReaderThatDoesNotReadIsDropped() throws IOException, InterruptedException {
    open();
    awaitReaders(1);
    String detail = "x".repeat(1 << 16);
    // More than the sockets' buffers take, and then more than a reader may miss.
    for (int i = 0; i < 1000 && api.http.eventReaders() > 0; i++) {
      api.engine.tell(big(detail));
      Thread.sleep(1);
    }
    awaitReaders(0);
  }

  private void awaitReaders(int wanted) throws InterruptedException {
    for (int i = 0; i < 2000 && api.http.eventReaders() != wanted; i++) {
      Thread.sleep(10);
    }
    assertThat(api.http.eventReaders()).isEqualTo(wanted);
  }

  private static MappingStatus big(String detail) {
    return new MappingStatus(
        "uplink:0",
        REQUEST,
        MappingState.FALLBACK,
        MappingReason.ATTACH_FAILED,
        detail,
        0,
        List.of(),
        Map.of());
  }
}
