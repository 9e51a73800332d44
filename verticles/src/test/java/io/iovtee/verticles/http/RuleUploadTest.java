// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.verticles.http.RunningApi.Answered;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rules in text form that are more than one piece, over real HTTP. */
final class RuleUploadTest {
  private static final String PATH = "/api/v1/flows";
  private static final int RULES = 400;
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

  /** About two and a half pieces; the last line has no end. */
  private static String text(int count, String separator) {
    StringBuilder text = new StringBuilder("# many\n");
    for (int i = 0; i < count; i++) {
      text.append("priority=7,udp,nw_dst=10.1.%d.%d,tp_dst=5,".formatted(i >> 8, i & 255))
          .append("actions=output:nf1 #")
          .append("-".repeat(6_000))
          .append(i < count - 1 ? separator : "");
    }
    assertThat(text.length()).isGreaterThan(2 * RuleUpload.PIECE_LENGTH);
    return text.toString();
  }

  private static int size() {
    return api.context.flows().entries().size();
  }

  @Test
  void allOfALongBodyIsOneChange() {
    long before = api.context.flows().version();
    Answered added = api.text(HttpMethod.POST, PATH, text(RULES, "\n"));
    assertThat(added.status()).as(added.text()).isEqualTo(201);
    assertThat(added.json().getInteger("changed")).isEqualTo(RULES);
    assertThat(size()).isEqualTo(RULES);
    assertThat(api.context.flows().version()).isEqualTo(before + 1);

    String deletions =
        text(RULES, "\n").replace("priority=7,", "delete ").replace(",actions=output:nf1", "");
    Answered deleted =
        api.text(HttpMethod.POST, PATH + "/bundle", deletions + "\n#".repeat(600_000));
    assertThat(deleted.status()).as(deleted.text()).isEqualTo(200);
    assertThat(size()).isZero();
    assertThat(api.context.flows().version()).isEqualTo(before + 2);
  }

  @Test
  void aBodyThatTheHeapCouldNotHoldIsRefused() {
    assertThat(RuleUpload.countMax(512L << 20)).isEqualTo(178_956);
    assertThat(RuleUpload.countMax(3L << 30)).isGreaterThan(1_000_000);
    assertThat(RuleUpload.countMax(64L << 30)).isEqualTo(RuleUpload.COUNT_MAX);
    int countMax = RuleUpload.countMax(Runtime.getRuntime().maxMemory());
    Answered refused =
        api.text(HttpMethod.POST, PATH, "arp,actions=drop\n".repeat(countMax + 60_000));
    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.text()).contains("at most " + countMax + " rules", "-Xmx");
    assertThat(size()).isZero();
  }

  /** A range of ports is up to thirty rules: they count, however short the body is. */
  @Test
  void rulesCountNotLines() {
    int countMax = RuleUpload.countMax(Runtime.getRuntime().maxMemory());
    String line = "tcp,tp_dst=1-65534,actions=drop\n";
    Answered refused = api.text(HttpMethod.POST, PATH, line.repeat(countMax / 30 + 2));
    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.text()).contains("at most " + countMax + " rules");
    assertThat(size()).isZero();
  }

  @Test
  void linesMayEndAsOnOtherSystems() {
    assertThat(api.text(HttpMethod.POST, PATH, text(RULES, "\r\n")).status()).isEqualTo(201);
    assertThat(size()).isEqualTo(RULES);
  }

  @Test
  void anErrorNamesItsLineAndChangesNothing() {
    String text = text(RULES, "\n") + "\npriority=7,colour=red,actions=drop\n" + "#\n".repeat(9);
    Answered refused = api.text(HttpMethod.POST, PATH, text);
    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.text()).contains("line " + (RULES + 2), "colour");
    String early = "colour=red,actions=drop\n" + text;
    assertThat(api.text(HttpMethod.POST, PATH, early).text()).contains("line 1,", "colour");
    assertThat(size()).isZero();
    assertThat(api.text(HttpMethod.POST, PATH, text(RULES, "\n")).status())
        .as("the turn was given back")
        .isEqualTo(201);
  }

  @Test
  void aLineHasALimit() {
    String endless = text(RULES, "\n") + "\n" + "x".repeat(3 * RuleUpload.PIECE_LENGTH);
    Answered refused = api.text(HttpMethod.POST, PATH, endless);
    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.text()).contains("a line has more than 65536 bytes");
    assertThat(size()).isZero();
  }

  @Test
  void longBodiesTakeTurnsAndGiveThemBack() throws IOException {
    Answered other;
    do {
      try (Socket first = new Socket("127.0.0.1", api.http.port())) {
        sendHalf(first);
        other = api.text(HttpMethod.POST, PATH, text(RULES, "\n"));
        assertThat(api.text(HttpMethod.POST, PATH, "udp,actions=drop").status())
            .as("short ones need no turn")
            .isEqualTo(201);
      }
      // Who came first is the server's affair: where the other one did, ours was refused.
    } while (other.status() != 503);
    assertThat(other.text()).contains("try again");
    do {
      other = api.text(HttpMethod.POST, PATH, text(RULES, "\n"));
    } while (other.status() == 503);
    assertThat(other.text()).contains("changed");
  }

  private static void sendHalf(Socket socket) throws IOException {
    byte[] half = text(RULES, "\n").getBytes(StandardCharsets.UTF_8);
    String head =
        "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: text/plain\r\n"
                .formatted(PATH, api.http.port())
            + "Content-Length: %d\r\n\r\n".formatted(half.length + 1);
    try {
      socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().write(half);
      socket.getOutputStream().flush();
    } catch (SocketException e) {
      // Refused and closed before all of it was sent.
    }
  }

  /** Being applied, the rules are still in memory. */
  @Test
  void theNextLongBodyWaitsUntilThisOneWasAnswered() throws Exception {
    Semaphore turns = new Semaphore(RuleUpload.LONG_MAX);
    CompletableFuture<RoutingContext> applying = new CompletableFuture<>();
    Vertx vertx = Vertx.vertx();
    try (HttpClient client = HttpClient.newHttpClient()) {
      Router router = Router.router(vertx);
      router
          .post()
          .handler(new RuleUpload<String>((text, _) -> List.of(text), turns))
          .handler(applying::complete);
      int port =
          vertx
              .createHttpServer()
              .requestHandler(router)
              .listen(0, "127.0.0.1")
              .toCompletionStage()
              .toCompletableFuture()
              .join()
              .actualPort();
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port))
              .header("Content-Type", "text/plain")
              .POST(HttpRequest.BodyPublishers.ofString(text(RULES, "\n")))
              .build();
      var answer = client.sendAsync(request, HttpResponse.BodyHandlers.discarding());
      RoutingContext read = applying.join();
      int free = turns.availablePermits();
      vertx.runOnContext(_ -> read.response().end());
      answer.join();
      assertThat(free).as("read, not answered").isZero();
      assertThat(turns.tryAcquire(1, TimeUnit.MINUTES)).as("answered").isTrue();
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }
}
