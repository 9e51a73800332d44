// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of the search for a rate. Fields are set by picocli. */
final class NdrOptions {
  @Option(
      names = "--resolution",
      defaultValue = "0.01",
      description =
          "How close the search gets, as a part of the rate that it begins with (default:"
              + " ${DEFAULT-VALUE}).")
  double resolution;

  @Option(
      names = "--tries",
      defaultValue = "3",
      description =
          "A rate passes if one of so many trials does; 1 is RFC 2544's word, for machines with"
              + " nobody else on them (default: ${DEFAULT-VALUE}).")
  int tries;

  /** The first option with a value that can not work, with what is allowed; or null. */
  @Nullable String firstError() {
    if (!(resolution >= 0.001 && resolution <= 0.5)) {
      return "--resolution: " + resolution + " is not in 0.001..0.5";
    }
    if (tries < 1 || tries > 100) {
      return "--tries: " + tries + " is not in 1..100";
    }
    return null;
  }

  Map<String, Object> settings() {
    return Map.of("resolution", resolution, "tries", tries);
  }
}
