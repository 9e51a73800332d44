// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.start;

import io.iovtee.bench.peer.PeerException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What both commands take. Fields are set by picocli. */
final class StartOptions {
  @Option(
      names = "--starts",
      defaultValue = "5",
      description = "Starts of each subject (default: ${DEFAULT-VALUE}).")
  int starts;

  @Option(
      names = "--frame-bytes",
      defaultValue = "64",
      description = "Frame length without FCS, 60 to 1514 (default: ${DEFAULT-VALUE}).")
  int frameBytes;

  @Option(
      names = "--nf-cpu",
      defaultValue = "0",
      description = "Core of the network function (default: ${DEFAULT-VALUE}).")
  int functionCpu;

  @Option(
      names = "--switch-cpu",
      defaultValue = "1",
      description = "Core of the switch (default: ${DEFAULT-VALUE}).")
  int switchCpu;

  @Option(
      names = "--queue-size",
      defaultValue = "1024",
      description = "Entries of the virtqueue (default: ${DEFAULT-VALUE}).")
  int queueSize;

  @Nullable String firstError() {
    if (starts < 1 || starts > 1000) {
      return "--starts: " + starts + " is not in 1..1000";
    }
    if (frameBytes < 60 || frameBytes > 1514) {
      return "--frame-bytes: " + frameBytes + " is not in 60..1514";
    }
    if (Integer.bitCount(queueSize) != 1 || queueSize < 32 || queueSize > 32768) {
      return "--queue-size: " + queueSize + " is not a power of two in 32..32768";
    }
    if (functionCpu == switchCpu) {
      return "--nf-cpu and --switch-cpu are both " + switchCpu + ": two pollers need two cores";
    }
    return null;
  }

  /** The launcher of the checkout that this benchmark belongs to. */
  static Path launcher() {
    String home = System.getProperty("iovtee.home");
    Path launcher = Path.of(home == null ? "." : home).resolve("iovtee").toAbsolutePath();
    if (!Files.isExecutable(launcher)) {
      throw new PeerException("there is no launcher " + launcher + "; start ./iovtee bench");
    }
    return launcher;
  }
}
