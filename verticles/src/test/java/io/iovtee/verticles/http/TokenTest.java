// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.iovtee.api.testkit.FakeSwitch;
import io.iovtee.verticles.access.AttemptLimit;
import io.iovtee.verticles.access.Credentials;
import io.iovtee.verticles.access.Listener;
import io.iovtee.verticles.access.Sessions;
import io.iovtee.verticles.http.HttpApiVerticle.Limits;
import io.iovtee.verticles.http.RunningApi.Answered;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** A listener with tokens: who is let in to what, and for how long. */
final class TokenTest {
  private static final String READER = "reader-token";
  private static final String WRITER = "writer-token";
  private static final String RULE = "priority=7,arp,actions=drop";

  @TempDir private Path directory;
  private final AtomicLong nowMs = new AtomicLong(1_800_000_000_000L);
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private Path file;
  private RunningApi api;

  static String line(String name, String role, String token) throws Exception {
    byte[] hash =
        MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
    return name + " " + role + " sha256:" + HexFormat.of().formatHex(hash) + "\n";
  }

  private void write(String text) throws Exception {
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
  }

  @BeforeEach
  void start() throws Exception {
    file = directory.resolve("tokens");
    write("# who\n" + line("ops", "write", WRITER) + line("prom", "read", READER));
    Listener listener = new Listener("127.0.0.1", 0, Optional.empty(), Optional.of(file));
    api =
        new RunningApi(
            FakeSwitch.of(Map.of(), "uplink", 2, "nf1"),
            Credentials.open(listener),
            new Limits(60_000, 5_000, 20, nowMs::get));
    log.start();
    ((Logger) LoggerFactory.getLogger("io.iovtee")).addAppender(log);
  }

  @AfterEach
  void stop() throws Exception {
    ((Logger) LoggerFactory.getLogger("io.iovtee")).detachAppender(log);
    api.close();
    assertThat(logged()).doesNotContain(WRITER, READER, "wrong-token");
  }

  private String logged() {
    return List.copyOf(log.list).stream()
        .map(ILoggingEvent::getFormattedMessage)
        .reduce("", (a, b) -> a + "\n" + b);
  }

  private Answered ask(HttpMethod method, String path, String... headers) {
    var request = api.request(method, path);
    for (int i = 0; i < headers.length; i += 2) {
      request.putHeader(headers[i], headers[i + 1]);
    }
    return api.send(request, null);
  }

  private Answered get(String path, String token) {
    return ask(HttpMethod.GET, path, "Authorization", "Bearer " + token);
  }

  private Answered addRule(String... headers) {
    return api.text(HttpMethod.POST, "/api/v1/flows", RULE, headers);
  }

  private static void eventually(BooleanSupplier condition) throws InterruptedException {
    for (int i = 0; i < 3_000 && !condition.getAsBoolean(); i++) {
      Thread.sleep(20);
    }
    assertThat(condition.getAsBoolean()).isTrue();
  }

  @Test
  void withoutATokenNothingButThePageAndHealthIsAnswered() {
    Set<String> open = Set.of("/", "/livez", "/readyz", "/ui/{file}", "/api/v1/session");
    for (ApiRouter.Operation operation : api.http.operations()) {
      if (!open.contains(operation.template())) {
        String path = operation.template().replaceAll("\\{[a-z]+}", "x");
        Answered answer = ask(operation.method(), path);
        assertThat(answer.status()).as("%s", operation).isEqualTo(401);
        assertThat(answer.header("WWW-Authenticate")).isEqualTo("Bearer realm=\"iovtee\"");
        assertThat(answer.json().getString("detail")).contains("--token-file");
      }
    }
    for (String path : List.of("/", "/livez", "/readyz", "/ui/app.js")) {
      assertThat(ask(HttpMethod.GET, path).status()).as(path).isEqualTo(200);
    }
    for (String path :
        List.of("/ui/../api/v1/stats", "//api/v1/stats", "/ui/%2e%2e/metrics", "/api/v1/stats/")) {
      assertThat(ask(HttpMethod.GET, path).status()).as(path).isNotEqualTo(200);
    }
  }

  @Test
  void readersReadAndWritersWrite() {
    for (String path : List.of("/api/v1/stats", "/metrics", "/openapi.yaml", "/api/v1/flows")) {
      assertThat(get(path, READER).status()).as(path).isEqualTo(200);
      assertThat(get(path, WRITER).status()).as(path).isEqualTo(200);
    }
    Answered refused = addRule("Authorization", "Bearer " + READER);
    assertThat(refused.status()).isEqualTo(403);
    assertThat(refused.json().getString("detail")).contains("prom", "role read");
    assertThat(refused.header("WWW-Authenticate")).contains("insufficient_scope");
    assertThat(addRule("Authorization", "bearer " + WRITER).status()).isEqualTo(201);
    assertThat(
            ask(HttpMethod.DELETE, "/api/v1/flows?match=arp", "Authorization", "Bearer " + READER)
                .status())
        .isEqualTo(403);
    assertThat(logged()).contains("ops at ", ": POST /api/v1/flows -> 201");
  }

  @Test
  void aTraceChangesNothing() {
    var request =
        api.request(HttpMethod.POST, "/api/v1/trace")
            .putHeader("Content-Type", "application/json")
            .putHeader("Authorization", "Bearer " + READER);
    var body = new JsonObject().put("flow", "in_port=uplink,arp").toBuffer();
    assertThat(api.send(request, body).status()).isNotEqualTo(403).isNotEqualTo(401);
  }

  @Test
  void wrongTokensAreRefusedAndTooManyHeldUpButNoRightOne() {
    Answered first = get("/api/v1/stats", "wrong-token");
    assertThat(first.status()).isEqualTo(401);
    assertThat(first.header("WWW-Authenticate")).contains("invalid_token");
    assertThat(ask(HttpMethod.GET, "/metrics", "Authorization", "Basic eDp5").status())
        .isEqualTo(401);
    boolean limited = false;
    for (int i = 0; i < 20 * AttemptLimit.BURST && !limited; i++) {
      Answered answer = get("/api/v1/stats", "wrong-token" + i);
      assertThat(answer.status()).isIn(401, 429);
      limited = answer.status() == 429 && "1".equals(answer.header("Retry-After"));
    }
    assertThat(limited).isTrue();
    assertThat(get("/api/v1/stats", READER).status()).isEqualTo(200);
    assertThat(logged().lines().filter(line -> line.contains("a wrong token from")).count())
        .as("lines in the log")
        .isBetween(1L, 3L);
  }

  private String login(String token) {
    Answered answer = api.post("/api/v1/session", new JsonObject().put("token", token));
    assertThat(answer.status()).isEqualTo(201);
    String cookie = answer.header("Set-Cookie");
    assertThat(cookie).contains("; Path=/", "HTTPOnly", "SameSite=Strict", "Max-Age=43200");
    return cookie.substring(0, cookie.indexOf(';'));
  }

  @Test
  void aBrowserShowsItsTokenOnce() {
    assertThat(ask(HttpMethod.GET, "/api/v1/session").json().getBoolean("token_required")).isTrue();
    assertThat(api.post("/api/v1/session", new JsonObject().put("token", "wrong-token")).status())
        .isEqualTo(401);
    String cookie = login(WRITER);
    Answered session = ask(HttpMethod.GET, "/api/v1/session", "Cookie", cookie);
    assertThat(session.json().getString("name")).isEqualTo("ops");
    assertThat(ask(HttpMethod.GET, "/api/v1/stats", "Cookie", cookie).status()).isEqualTo(200);
    assertThat(addRule("Cookie", cookie).status()).isEqualTo(201);
    assertThat(addRule("Cookie", login(READER)).status()).isEqualTo(403);
    assertThat(ask(HttpMethod.DELETE, "/api/v1/session", "Cookie", cookie).status()).isEqualTo(200);
    assertThat(ask(HttpMethod.GET, "/api/v1/stats", "Cookie", cookie).status()).isEqualTo(401);
  }

  @Test
  void aPageOfAnotherSiteGainsNothingByTheCookie() {
    String cookie = login(WRITER);
    String here = "127.0.0.1:" + api.http.port();
    assertThat(addRule("Cookie", cookie, "Origin", "http://" + here).status()).isEqualTo(201);
    assertThat(addRule("Cookie", cookie, "Origin", "http://evil.example").status()).isEqualTo(403);
    assertThat(addRule("Cookie", cookie, "Origin", "https://" + here).status()).isEqualTo(403);
    assertThat(addRule("Cookie", cookie, "Sec-Fetch-Site", "same-site").status()).isEqualTo(403);
    assertThat(
            ask(HttpMethod.GET, "/api/v1/stats", "Cookie", cookie, "Host", "evil.example").status())
        .isEqualTo(421);
  }

  @Test
  void sessionsEndAfterTheirTime() {
    String cookie = login(READER);
    nowMs.addAndGet(Sessions.LIFETIME_MS - 1);
    assertThat(ask(HttpMethod.GET, "/api/v1/stats", "Cookie", cookie).status()).isEqualTo(200);
    nowMs.addAndGet(1);
    assertThat(ask(HttpMethod.GET, "/api/v1/stats", "Cookie", cookie).status()).isEqualTo(401);
    assertThat(ask(HttpMethod.GET, "/api/v1/session", "Cookie", cookie).json().getString("name"))
        .isNull();
  }

  @Test
  void oneSessionTooManyEndsTheOldest() {
    String oldest = login(READER);
    String second = login(READER);
    for (int i = 2; i <= Sessions.COUNT_MAX; i++) {
      login(READER);
    }
    assertThat(ask(HttpMethod.GET, "/metrics", "Cookie", oldest).status()).isEqualTo(401);
    assertThat(ask(HttpMethod.GET, "/metrics", "Cookie", second).status()).isEqualTo(200);
  }

  @Test
  void aTokenThatIsTakenOutEndsItsSessionsAndStreams() throws Exception {
    String cookie = login(WRITER);
    var stream =
        api.request(HttpMethod.GET, "/api/v1/events")
            .putHeader("Authorization", "Bearer " + WRITER)
            .send();
    eventually(() -> api.http.eventReaders() == 1);
    assertThat(stream.isComplete()).isFalse();
    write(line("prom", "read", READER) + line("new", "write", "another-token"));
    eventually(() -> get("/api/v1/stats", WRITER).status() != 200);
    assertThat(ask(HttpMethod.GET, "/metrics", "Cookie", cookie).status()).isEqualTo(401);
    assertThat(get("/api/v1/stats", "another-token").status()).isEqualTo(200);
    eventually(stream::succeeded);
    assertThat(api.http.eventReaders()).isZero();
  }

  @Test
  void aBrokenFileOfTokensLeavesThoseBeforeInForce() throws Exception {
    for (String text : List.of("nonsense\n", line("a", "write", "x") + line("a", "read", "y"))) {
      write(text);
      eventually(() -> logged().contains("the tokens before stay in force: " + file));
      assertThat(get("/api/v1/stats", READER).status()).isEqualTo(200);
      log.list.clear();
    }
    write(line("x", "write", "another-token"));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    eventually(() -> logged().contains("is open to others"));
    assertThat(get("/api/v1/stats", READER).status()).isEqualTo(200);
  }
}
