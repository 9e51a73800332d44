// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.peers;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** What the plugin's event stream tells of mappings, as it comes. */
public final class EventLog implements AutoCloseable {
  private final HttpClient client = HttpClient.newHttpClient();
  private final List<String> events = new CopyOnWriteArrayList<>();
  private String name = "";

  private EventLog() {}

  /** Listens to a switch's events from now on. */
  public static EventLog open(int httpPort) {
    EventLog log = new EventLog();
    URI address = URI.create("http://127.0.0.1:" + httpPort + "/api/v1/events");
    var unused =
        log.client
            .sendAsync(HttpRequest.newBuilder(address).build(), BodyHandlers.ofLines())
            .thenAccept(response -> response.body().forEach(log::line));
    return log;
  }

  /** One thread, line by line. */
  private void line(String line) {
    if (line.startsWith("event: ")) {
      name = line.substring("event: ".length());
    } else if (line.startsWith("data: ") && name.equals("mapping")) {
      events.add(line.substring("data: ".length()));
    }
  }

  /** All events of mappings so far. */
  public List<String> all() {
    return List.copyOf(events);
  }

  /** The first event that has the text in it; null if there is none yet. */
  public @Nullable String find(String text) {
    for (String event : events) {
      if (event.contains(text)) {
        return event;
      }
    }
    return null;
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
