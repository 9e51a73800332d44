// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that say which way the frames go. Fields are set by picocli. */
final class PathOptions {
  @Option(
      names = "--path",
      defaultValue = "vm2vm",
      description =
          "vm2vm: from one vhost-user port to another; nic: from our switch's emulated NIC to a"
              + " vhost-user port, without testpmd, which has no NIC that is given its load"
              + " (default: ${DEFAULT-VALUE}).")
  LoadPath path = LoadPath.vm2vm;

  @Option(
      names = "--nic-copy",
      description =
          "With --path nic: the emulated NIC, and with it the switch's core, writes every byte of"
              + " a frame, not only headers where they are not.")
  boolean nicCopy;

  /** The first option with a value that can not work, with what is allowed; or null. */
  @Nullable String firstError() {
    return nicCopy && path != LoadPath.nic ? "--nic-copy: --path is " + path : null;
  }

  Map<String, Object> settings() {
    return path == LoadPath.nic
        ? Map.of("path", path.toString(), "nicCopy", nicCopy)
        : Map.of("path", path.toString());
  }
}
