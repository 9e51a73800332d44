// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.MirrorInfo;
import io.iovtee.api.testkit.FakeSwitch;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who is silent is let go; who waits for the switch is not. */
final class IdleLimitTest {
  private static final int IDLE_MS = 400;

  /** The limit has struck several times by then. */
  private static final int WORK_MS = 4 * IDLE_MS;

  private static final int ATTEMPTS = 50;
  private static final String END = "Host: 127.0.0.1\r\n\r\n";

  /** A server that does not let go. */
  private static final int SILENCE_MS = 600_000;

  private final Semaphore asked = new Semaphore(0);
  private final CountDownLatch release = new CountDownLatch(1);
  private RunningApi api;

  /** Its mirrors are read slowly. */
  private final class SlowSwitch extends FakeSwitch {
    SlowSwitch() {
      super(Map.of());
    }

    @Override
    public List<MirrorInfo> mirrors() {
      asked.release();
      try {
        release.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return super.mirrors();
    }
  }

  @BeforeEach
  void start() throws TimeoutException {
    api = new RunningApi(new SlowSwitch(), IDLE_MS);
  }

  @AfterEach
  void stop() throws TimeoutException {
    release.countDown();
    api.close();
  }

  private Socket connect(int receiveBuffer) throws IOException {
    Socket socket = new Socket();
    if (receiveBuffer > 0) {
      socket.setReceiveBufferSize(receiveBuffer);
    }
    socket.setSoTimeout(SILENCE_MS);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), api.http.port()));
    return socket;
  }

  private static void say(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static String readAll(Socket socket) throws IOException {
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
  }

  /** What one does with a connection; false to begin anew with another one. */
  @FunctionalInterface
  private interface Attempt {
    boolean succeeds(Socket socket) throws IOException, InterruptedException;
  }

  /** On a slow machine a connection is let go before anything was said on it. */
  private Socket untilHeard(int receiveBuffer, Attempt attempt) throws InterruptedException {
    for (int i = 0; i < ATTEMPTS; i++) {
      try {
        Socket socket = connect(receiveBuffer);
        if (attempt.succeeds(socket)) {
          return socket;
        }
        socket.close();
      } catch (IOException e) {
        // Reset while something was said.
      }
    }
    throw new AssertionError("no connection stayed open");
  }

  private static boolean isAnswered(Socket socket) throws IOException {
    byte[] first = socket.getInputStream().readNBytes(15);
    return new String(first, StandardCharsets.US_ASCII).equals("HTTP/1.1 200 OK");
  }

  private static boolean isOpen(Socket socket) throws IOException {
    socket.setSoTimeout(1);
    try {
      return socket.getInputStream().read() >= 0;
    } catch (SocketTimeoutException e) {
      return true;
    } finally {
      socket.setSoTimeout(SILENCE_MS);
    }
  }

  /** Asks for the mirrors, and returns when the switch works on it. */
  private Socket askSlowly() throws InterruptedException {
    return untilHeard(
        0,
        socket -> {
          say(socket, "GET /api/v1/mirrors HTTP/1.1\r\n" + END);
          while (!asked.tryAcquire(20, TimeUnit.MILLISECONDS)) {
            if (!isOpen(socket)) {
              return false;
            }
          }
          return true;
        });
  }

  @Test
  void requestThatIsWorkedOnIsAnswered() throws Exception {
    try (Socket socket = askSlowly()) {
      Thread.sleep(WORK_MS);
      release.countDown();
      assertThat(isAnswered(socket)).isTrue();
    }
  }

  /** Who sends long rules must wait while the piece before is read. */
  @Test
  void uploadThatIsReadSlowlyIsAnswered() throws Exception {
    List<Socket> others = new ArrayList<>();
    String rules = ("#" + "-".repeat(1022) + "\n").repeat(1200) + "actions=drop\n";
    String head = "POST /api/v1/flows HTTP/1.1\r\nContent-Type: text/plain\r\n";
    String length = "Connection: close\r\nContent-Length: " + rules.length() + "\r\n";
    try {
      while (others.size() < VertxOptions.DEFAULT_WORKER_POOL_SIZE) {
        others.add(askSlowly()); // until no worker is free
      }
      try (Socket socket =
          untilHeard(
              0,
              tried -> {
                say(tried, head + length + END + rules);
                Thread.sleep(WORK_MS);
                return isOpen(tried);
              })) {
        release.countDown();
        assertThat(readAll(socket)).startsWith("HTTP/1.1 201 Created");
      }
    } finally {
      for (Socket other : others) {
        other.close();
      }
    }
  }

  /** Ends with the connection's end, or not at all. */
  @Test
  void silentClientsAreLetGo() throws Exception {
    for (String said :
        List.of(
            "",
            "GET /livez HT",
            "GET /livez HTTP/1.1\r\nHost: a",
            "POST /api/v1/ports/x HTTP/1.1\r\nContent-Length: 9\r\n" + END + "{",
            "POST /api/v1/flows HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n"
                + END
                + "acti")) {
      try (Socket socket = connect(0)) {
        assertThat(readAfter(socket, said)).as(said).isEmpty();
      }
    }
    try (Socket socket =
        untilHeard(
            0,
            tried -> {
              say(tried, "GET /livez HTTP/1.1\r\n" + END);
              return isAnswered(tried);
            })) {
      assertThat(readAll(socket)).as("behind an answer").contains("\r\n\r\n");
    }
  }

  @Test
  void whoDoesNotReadItsAnswersIsLetGo() throws Exception {
    int count = 400;
    String requests = ("GET /openapi.yaml HTTP/1.1\r\n" + END).repeat(count);
    try (Socket socket =
        untilHeard(
            4096,
            tried -> {
              say(tried, requests);
              return isAnswered(tried);
            })) {
      awaitConnections(1); // the one that asks
      int whole = api.get("/openapi.yaml").text().length() * count;
      assertThat(readUntilItEnds(socket).length).isLessThan(whole);
    }
  }

  private static byte[] readAfter(Socket socket, String said) {
    try {
      say(socket, said);
    } catch (IOException e) {
      // It is let go already.
    }
    return readUntilItEnds(socket);
  }

  private static byte[] readUntilItEnds(Socket socket) {
    try {
      return socket.getInputStream().readAllBytes();
    } catch (IOException reset) {
      return new byte[0];
    }
  }

  private void awaitConnections(int count) throws InterruptedException {
    String wanted = "vertx_http_server_active_connections";
    for (int i = 0; i < 1500; i++) {
      double connections =
          api.get("/metrics")
              .text()
              .lines()
              .filter(line -> line.startsWith(wanted))
              .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
              .sum();
      if (connections <= count) {
        return;
      }
      Thread.sleep(20);
    }
    throw new AssertionError(api.get("/metrics").text());
  }
}
