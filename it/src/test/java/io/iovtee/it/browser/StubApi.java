// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.browser;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Serves the dashboard's own files and answers as no switch does: with markup in each text, without
 * a policy that would keep it from working, and with what the test wants of the event stream.
 */
final class StubApi implements AutoCloseable {
  /** Would mark the page if it were markup. */
  static final String MARKUP = "<img src=x onerror=\"window.marked=1\"><b>x</b>";

  private static final Map<String, String> FILES =
      Map.of(
          "/", "text/html",
          "/ui/app.js", "text/javascript",
          "/ui/draw.js", "text/javascript",
          "/ui/style.css", "text/css");

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer server;
  private final List<OutputStream> streams = new CopyOnWriteArrayList<>();
  private final Map<String, AtomicInteger> asked = new ConcurrentHashMap<>();

  /** What the event stream is answered with; 200 opens it. */
  volatile int eventsStatus = 200;

  StubApi() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  String address() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/";
  }

  /** How often a path was asked for. */
  int asked(String path) {
    return asked.computeIfAbsent(path, any -> new AtomicInteger()).get();
  }

  /** Readers of events that have not left. */
  int streams() {
    send("ping", new JsonObject());
    return streams.size();
  }

  /** Tells all readers of events. */
  void send(String event, JsonObject data) {
    for (OutputStream stream : streams) {
      try {
        stream.write(
            ("event: " + event + "\ndata: " + data.encode() + "\n\n")
                .getBytes(StandardCharsets.UTF_8));
        stream.flush();
      } catch (IOException left) {
        streams.remove(stream);
      }
    }
  }

  /** Ends the streams of all readers. */
  void hangUp() {
    for (OutputStream stream : streams) {
      try {
        stream.close();
      } catch (IOException left) {
        // Gone already.
      }
    }
    streams.clear();
  }

  private void answer(HttpExchange request) throws IOException {
    String path = request.getRequestURI().getPath();
    asked.computeIfAbsent(path, any -> new AtomicInteger()).incrementAndGet();
    if (path.equals("/api/v1/events")) {
      request.getResponseHeaders().set("Content-Type", "text/event-stream");
      request.sendResponseHeaders(eventsStatus, eventsStatus == 200 ? 0 : -1);
      if (eventsStatus == 200) {
        OutputStream stream = request.getResponseBody();
        stream.write("retry: 100\n\n".getBytes(StandardCharsets.UTF_8));
        stream.flush();
        streams.add(stream);
      }
      return;
    }
    boolean file = FILES.containsKey(path);
    byte[] body = file ? file(path) : json(path).encode().getBytes(StandardCharsets.UTF_8);
    request.getResponseHeaders().set("Content-Type", file ? FILES.get(path) : "application/json");
    request.sendResponseHeaders(200, body.length);
    request.getResponseBody().write(body);
    request.close();
  }

  private static byte[] file(String path) throws IOException {
    String name = path.equals("/") ? "ui/index.html" : path.substring(1);
    try (InputStream in = StubApi.class.getResourceAsStream("/io/iovtee/verticles/http/" + name)) {
      return in == null ? new byte[0] : in.readAllBytes();
    }
  }

  private static JsonObject json(String path) {
    return switch (path) {
      case "/api/v1/ports" -> new JsonObject().put("ports", new JsonArray().add(port()));
      case "/api/v1/mappings" -> new JsonObject().put("mappings", new JsonArray().add(mapping()));
      case "/api/v1/flows" -> new JsonObject().put("total", 1_234_567).put("flows", rules());
      default ->
          new JsonObject()
              .put("summary", MARKUP)
              .put(
                  "checks",
                  new JsonArray()
                      .add(
                          new JsonObject()
                              .put("name", MARKUP)
                              .put("result", "failed")
                              .put("detail", MARKUP)
                              .put("remedy", MARKUP)));
    };
  }

  private static JsonObject port() {
    return new JsonObject()
        .put("name", MARKUP)
        .put("type", MARKUP)
        .put("link_up", false)
        .put("link_reason", MARKUP)
        .put("emulated", true);
  }

  private static JsonObject mapping() {
    return new JsonObject()
        .put("id", MARKUP)
        .put("queue", MARKUP)
        .put("port", MARKUP)
        .put("queue_pair", 0)
        .put("isolation", MARKUP)
        .put("mode", MARKUP)
        .put("state", MARKUP)
        .put("reason", MARKUP)
        .put("detail", MARKUP);
  }

  private static JsonArray rules() {
    return new JsonArray()
        .add(new JsonObject().put("id", 1).put("rule", MARKUP).put("packets", 0).put("age_ms", 1));
  }

  /**
   * Counters with markup for names, of a NIC queue that received so many frames.
   *
   * @param dropped of them, for a reason that is markup, too
   */
  static JsonObject stats(String time, long frames, long dropped) {
    JsonObject rates =
        new JsonObject()
            .put("frames_per_second", 1234)
            .put("bits_per_second", 56_789_000)
            .put("outcomes_per_second", JsonObject.of("written_through", 1000, "dropped", 234));
    JsonObject input =
        new JsonObject()
            .put("port", MARKUP)
            .put("queue", 0)
            .put("side", "nic")
            .put("frames", frames)
            .put("drop_reasons", JsonObject.of(MARKUP, dropped))
            .put("copy_reasons", new JsonObject())
            .put("rates", rates);
    JsonObject queue =
        new JsonObject()
            .put("queue", MARKUP + "/0")
            .put("mode", "mapped")
            .put("guest", MARKUP)
            .put("outstanding", 7)
            .put("emulated", false);
    JsonObject loop =
        new JsonObject()
            .put("name", MARKUP)
            .put("cpu", 1)
            .put("load", 0.25)
            .put("pauses", JsonObject.of("count", 3, "longest_ns", 1_500_000));
    return new JsonObject()
        .put("switch", JsonObject.of("name", MARKUP, "version", MARKUP))
        .put("time", time)
        .put("rate_seconds", 0.5)
        .put("inputs", new JsonArray().add(input))
        .put("outputs", new JsonArray())
        .put("loops", new JsonArray().add(loop))
        .put("queues", new JsonArray().add(queue));
  }

  @Override
  public void close() {
    hangUp();
    server.stop(0);
    threads.shutdownNow();
  }
}
