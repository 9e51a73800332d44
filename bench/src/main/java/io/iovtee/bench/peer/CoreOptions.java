// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.peer;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a switch and its network function poll, and the rings between them. Set by picocli. */
public final class CoreOptions {
  @Option(
      names = {"--nf-cpu", "--generator-cpu"},
      defaultValue = "0",
      description =
          "Core of the network function, or of the generator that stands for it"
              + " (default: ${DEFAULT-VALUE}).")
  public int functionCpu;

  @Option(
      names = "--switch-cpu",
      defaultValue = "1",
      description = "Core of the switch (default: ${DEFAULT-VALUE}).")
  public int switchCpu;

  @Option(
      names = "--queue-size",
      defaultValue = "1024",
      description = "Entries of each virtqueue (default: ${DEFAULT-VALUE}).")
  public int queueSize;

  /** The first option with a value that can not work, with what is allowed; or null. */
  public @Nullable String firstError() {
    if (Integer.bitCount(queueSize) != 1 || queueSize < 64 || queueSize > 32768) {
      return "--queue-size: " + queueSize + " is not a power of two in 64..32768";
    }
    if (functionCpu == switchCpu) {
      return "--nf-cpu and --switch-cpu are both " + switchCpu + ": two pollers need two cores";
    }
    return null;
  }

  /** Puts what shapes the numbers in a report's settings. */
  public void addTo(Map<String, Object> settings) {
    settings.put("queueSize", queueSize);
    settings.put("nfCpu", functionCpu);
    settings.put("switchCpu", switchCpu);
  }
}
