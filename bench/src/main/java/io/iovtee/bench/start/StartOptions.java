// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.start;

import io.iovtee.bench.peer.CoreOptions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
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

  @Mixin CoreOptions cores = new CoreOptions();

  @Nullable String firstError() {
    if (starts < 1 || starts > 1000) {
      return "--starts: " + starts + " is not in 1..1000";
    }
    if (frameBytes < 60 || frameBytes > 1514) {
      return "--frame-bytes: " + frameBytes + " is not in 60..1514";
    }
    return cores.firstError();
  }
}
