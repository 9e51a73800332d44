// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.start;

import io.iovtee.bench.peer.PeerException;
import io.iovtee.bench.peer.PeerProcess;
import io.iovtee.bench.vswitch.JavaCommand;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Starts of our switch as a user makes them: {@code ./iovtee run}, its poll loop pinned. */
final class JavaStart implements Starter {
  private static final long END_TIMEOUT_MS = 20_000;

  private final StartOptions options;
  private final Path directory;
  private final List<String> environment;
  private final String keys;

  /**
   * Prepares.
   *
   * @param environment variables of the start, {@code NAME=value}
   * @param keys what stands in the configuration besides loops, ports and flows
   */
  JavaStart(StartOptions options, Path directory, List<String> environment, String keys) {
    this.options = options;
    this.directory = directory;
    this.environment = environment;
    this.keys = keys;
  }

  @Override
  public Arrivals start(SinkFunction function, long timeoutMs, long forMs) {
    Path socket = directory.resolve("nf0.sock");
    Path file = directory.resolve("start.yaml");
    try {
      Files.deleteIfExists(socket);
      Files.writeString(file, configuration(options, socket, keys));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    List<String> command = new ArrayList<>(List.of("env"));
    command.addAll(environment);
    command.addAll(List.of(JavaCommand.launcher().toString(), "run", "-c", file.toString()));
    long sinceNs = System.nanoTime();
    try (PeerProcess process = PeerProcess.start("the switch", command)) {
      try {
        return function.receive(socket, sinceNs, timeoutMs, forMs);
      } catch (PeerException e) {
        throw new PeerException(process.failure(String.valueOf(e.getMessage())), e);
      } finally {
        process.terminate();
        process.awaitEnd(END_TIMEOUT_MS);
      }
    }
  }

  /** One emulated NIC that never runs dry, one guest port, one rule. */
  static String configuration(StartOptions options, Path socket, String keys) {
    return """
    loops: [{cpu: %d}]
    ports:
      nic0: {type: soft, dma: inline, traffic: {type: "null", frame-bytes: %d}, tx: {type: discard}}
      nf0: {type: vhost-user, socket: "%s", role: server}
    flows: ["in_port=nic0,actions=output:nf0"]
    %s
    """
        .formatted(options.cores.switchCpu, options.frameBytes, socket, keys);
  }
}
