// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.idle;

import io.iovtee.bench.peer.CoreOptions;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What the command takes. Fields are set by picocli. */
final class IdleOptions {
  @Option(
      names = "--cells",
      split = ",",
      defaultValue = "testpmd,soft-inline,soft-thread,vhost,xdp,all",
      paramLabel = "NAME",
      converter = Cell.Converter.class,
      description =
          "testpmd: the peer, net_null and net_vhost; the others are our switch with such ports:"
              + " soft-inline, soft-thread (emulated NIC, its hardware in the poll loop or in a"
              + " thread of its own), vhost (a connected testpmd that is stopped), xdp (AF_XDP on a"
              + " veth pair, needs root), all (these four at once) (default: ${DEFAULT-VALUE}).")
  List<Cell> cells = List.of();

  @Option(
      names = "--windows",
      defaultValue = "5",
      description = "Windows of each cell, 1 to 1000 (default: ${DEFAULT-VALUE}).")
  int windows;

  @Option(
      names = "--window-seconds",
      defaultValue = "3",
      description = "Length of a window, 0.5 to 600 (default: ${DEFAULT-VALUE}).")
  double windowSeconds;

  @Option(
      names = "--settle-seconds",
      defaultValue = "30",
      description =
          "From the start to the first window, 0 to 600: the JVM goes on compiling for a while"
              + " (default: ${DEFAULT-VALUE}).")
  double settleSeconds;

  @Mixin CoreOptions cores = new CoreOptions();

  @Nullable String firstError() {
    if (windows < 1 || windows > 1000) {
      return "--windows: " + windows + " is not in 1..1000";
    }
    if (!(windowSeconds >= 0.5 && windowSeconds <= 600)) {
      return "--window-seconds: " + windowSeconds + " is not in 0.5..600";
    }
    if (!(settleSeconds >= 0 && settleSeconds <= 600)) {
      return "--settle-seconds: " + settleSeconds + " is not in 0..600";
    }
    return cores.firstError();
  }

  /** Puts what shapes the numbers in a report's settings. */
  void addTo(Map<String, Object> settings) {
    settings.put("windows", windows);
    settings.put("windowSeconds", windowSeconds);
    settings.put("settleSeconds", settleSeconds);
    cores.addTo(settings);
  }
}
