// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.start;

import io.iovtee.bench.peer.PeerException;
import io.iovtee.bench.peer.Testpmd;
import io.iovtee.bench.peer.TestpmdOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Starts of DPDK's testpmd with an emulated NIC and a vhost-user port, forwarding at once. */
final class TestpmdStart implements Starter {
  private final StartOptions options;
  private final Path directory;

  TestpmdStart(StartOptions options, Path directory) {
    this.options = options;
    this.directory = directory;
  }

  @Override
  public Arrivals start(SinkFunction function, long timeoutMs, long forMs) {
    Path socket = directory.resolve("pmd.sock");
    try {
      Files.deleteIfExists(socket);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    TestpmdOptions testpmd =
        TestpmdOptions.nullToVhost(List.of(socket), options.frameBytes, false)
            .onCpu(options.cores.switchCpu)
            .withExtra("--auto-start");
    long sinceNs = System.nanoTime();
    try (Testpmd process = Testpmd.launch(testpmd)) {
      try {
        return function.receive(socket, sinceNs, timeoutMs, forMs);
      } catch (PeerException e) {
        throw new PeerException(process.process().failure(String.valueOf(e.getMessage())), e);
      }
    }
  }
}
