// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Readers of server-sent events (WHATWG HTML, 9.2). A reader that is slow misses events, and one
 * that stays slow is dropped; so is one whose token or session has ended. One event loop.
 */
final class EventStream {
  /** Readers at one time: dashboards and a script or two. */
  static final int READERS_MAX = 64;

  /** Proxies and browsers give up on a connection on which nothing comes. */
  private static final long HEARTBEAT_MS = 15_000;

  /** Events missed in a row before a reader is dropped. */
  private static final int MISSED_MAX = 20;

  private static final int RETRY_MS = 2_000;

  private final List<Reader> readers = new ArrayList<>();
  private volatile int readerCount;
  private long lastId;

  private static final class Reader {
    private final HttpServerResponse response;
    private final BooleanSupplier welcome;
    private int missed;

    Reader(HttpServerResponse response, BooleanSupplier welcome) {
      this.response = response;
      this.welcome = welcome;
    }
  }

  EventStream(Vertx vertx) {
    vertx.setPeriodic(HEARTBEAT_MS, timer -> write(": ping\n\n"));
  }

  /** Begins to answer a request with events; returns where the first ones can be written. */
  HttpServerResponse open(RoutingContext request) {
    if (readers.size() >= READERS_MAX) {
      throw HttpProblem.unavailable("there are " + READERS_MAX + " readers of events already");
    }
    HttpServerResponse response = request.response();
    response
        .setChunked(true)
        .putHeader("Content-Type", "text/event-stream")
        .putHeader("X-Accel-Buffering", "no");
    Reader reader = new Reader(response, AccessGuard.welcome(request));
    readers.add(reader);
    readerCount = readers.size();
    response.closeHandler(closed -> forget(reader));
    response.exceptionHandler(failure -> forget(reader));
    response.write("retry: " + RETRY_MS + "\n\n");
    return response;
  }

  /** One event as it is written; its data is one line. */
  String event(String name, String data) {
    lastId++;
    return "id: " + lastId + "\nevent: " + name + "\ndata: " + data + "\n\n";
  }

  boolean hasReaders() {
    return !readers.isEmpty();
  }

  /** Tells all readers. */
  void send(String name, String data) {
    if (!readers.isEmpty()) {
      write(event(name, data));
    }
  }

  private void write(String text) {
    for (Reader reader : List.copyOf(readers)) {
      if (!reader.welcome.getAsBoolean()) {
        forget(reader);
        reader.response.end();
      } else if (!reader.response.writeQueueFull()) {
        reader.missed = 0;
        reader.response.write(text);
      } else if (++reader.missed > MISSED_MAX) {
        forget(reader);
        reader.response.reset();
      }
    }
  }

  private void forget(Reader reader) {
    readers.remove(reader);
    readerCount = readers.size();
  }

  /** Readers at this time; any thread. */
  int readerCount() {
    return readerCount;
  }
}
