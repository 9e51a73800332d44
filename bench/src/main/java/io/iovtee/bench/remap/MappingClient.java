// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.remap;

import io.iovtee.bench.peer.PeerException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/** Changes the mapping of queue 0 as an operator does: over the HTTP API. */
final class MappingClient implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final HttpClient client = HttpClient.newHttpClient();
  private final String mappings;

  MappingClient(int port) {
    mappings = "http://127.0.0.1:" + port + "/api/v1/mappings";
  }

  void map() {
    send(
        "POST",
        mappings,
        """
        {"queue": "nic0/0", "port": "nf0", "isolation": "trusted", "mode": "on"}\
        """);
  }

  void pin(String mode) {
    send("POST", mappings + "/nic0:0/pin", "{\"mode\": \"" + mode + "\"}");
  }

  /** On return the NIC can no longer write to the guest. */
  void unmap() {
    send("DELETE", mappings + "/nic0:0", "");
  }

  private void send(String method, String address, String body) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(address))
            .timeout(TIMEOUT)
            .header("Content-Type", "application/json")
            .method(
                method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
            .build();
    try {
      HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
      if (response.statusCode() >= 300) {
        throw new PeerException(
            method + " " + address + ": " + response.statusCode() + " " + response.body());
      }
    } catch (IOException e) {
      throw new PeerException(method + " " + address + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PeerException("interrupted", e);
    }
  }

  @Override
  public void close() {
    client.close();
  }
}
