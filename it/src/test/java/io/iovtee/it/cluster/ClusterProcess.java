// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.cluster;

import io.iovtee.it.cli.CliProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;

/** A switch that is a member of a cluster, in a process of its own, and a client of its API. */
final class ClusterProcess implements AutoCloseable {
  /** Longer than anything takes on a busy machine. */
  private static final int WAIT_STEPS = 1_500;

  /** Five JVMs that live for some seconds: their second compiler would cost more than it brings. */
  private static final List<String> QUICK_START =
      List.of("env", "JDK_JAVA_OPTIONS=-XX:TieredStopAtLevel=1");

  private final CliProcess process;
  private final HttpClient client;

  private ClusterProcess(CliProcess process, HttpClient client) {
    this.process = process;
    this.client = client;
  }

  /** About to start: whoever asks it something waits until it runs. */
  static ClusterProcess start(Path file, String yaml, HttpClient client) throws IOException {
    Files.writeString(file, yaml);
    return new ClusterProcess(
        CliProcess.startWithPlugin(QUICK_START, "run", "-c", file.toString()), client);
  }

  HttpResponse<String> send(String method, String path, String body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url() + path))
            .header("Content-Type", "text/plain")
            .method(method, BodyPublishers.ofString(body));
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    return client.send(request.build(), BodyHandlers.ofString());
  }

  String get(String path) throws IOException, InterruptedException {
    return client
        .send(HttpRequest.newBuilder(URI.create(url() + path)).build(), BodyHandlers.ofString())
        .body();
  }

  /** Waits until a resource is as wanted; returns it. */
  String await(String path, Predicate<String> wanted) throws IOException, InterruptedException {
    String answer = "";
    for (int i = 0; i < WAIT_STEPS; i++) {
      answer = get(path);
      if (wanted.test(answer)) {
        return answer;
      }
      Thread.sleep(100);
    }
    throw new AssertionError(path + " stayed: " + answer + "\n" + process.err());
  }

  CliProcess process() {
    return process;
  }

  String url() throws InterruptedException {
    return process.awaitServer();
  }

  /** SIGSTOP, SIGCONT. */
  void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
  }

  @Override
  public void close() {
    process.close();
  }
}
