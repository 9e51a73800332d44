// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.peers;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/** The mappings of a switch, as an operator controls them: over the plugin's HTTP API. */
public final class MappingApi implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(180);

  private static final AtomicInteger NEXT_PORT =
      new AtomicInteger((int) (ProcessHandle.current().pid() % 12_000));

  private final HttpClient client = HttpClient.newHttpClient();
  private final URI mappings;

  public MappingApi(int port) {
    mappings = URI.create("http://127.0.0.1:" + port + "/api/v1/mappings");
  }

  /**
   * A port that nobody listens on now, below those that the kernel gives to whoever asks for any
   * (from 32768 on, ip(7)): nobody gets it by chance before the switch listens there.
   */
  public static int freePort() {
    while (true) {
      int port = 20_000 + NEXT_PORT.getAndIncrement() % 12_000;
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return socket.getLocalPort();
      } catch (BindException e) {
        continue; // somebody has it
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
  }

  /** Asks for a mapping with mode "on"; it is carried out later. */
  public void request(String queue, String guest, String isolation) {
    String body =
        """
        {"queue": "%s", "port": "%s", "isolation": "%s", "mode": "on"}\
        """
            .formatted(queue, guest, isolation);
    send(
        HttpRequest.newBuilder(mappings)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body)),
        201);
  }

  /** Removes the mapping of a queue; on return the NIC can no longer write to the guest. */
  public void remove(String queue) {
    send(
        HttpRequest.newBuilder(URI.create(mappings + "/" + queue.replace('/', ':'))).DELETE(), 200);
  }

  private void send(HttpRequest.Builder builder, int expectedStatus) {
    HttpRequest request = builder.timeout(TIMEOUT).build();
    try {
      HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
      if (response.statusCode() != expectedStatus) {
        throw new AssertionError(
            request.method()
                + " "
                + request.uri()
                + ": "
                + response.statusCode()
                + " "
                + response.body());
      }
    } catch (IOException e) {
      throw new AssertionError(request.method() + " " + request.uri(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  @Override
  public void close() {
    client.close();
  }
}
