// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.rules;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of {@code bench rules}. Fields are set by picocli. */
final class RulesOptions {
  private static final int RULES_MAX = 2_000_000;
  private static final int RATE_MAX = 10_000_000;

  @Option(
      names = "--rules",
      paramLabel = "N",
      defaultValue = "1000000",
      description = "Rules of a file (default: ${DEFAULT-VALUE}).")
  int rules;

  @Option(
      names = "--rate-pps",
      paramLabel = "N",
      defaultValue = "100000",
      description = "Frames a second that the emulated NIC makes (default: ${DEFAULT-VALUE}).")
  int ratePps;

  @Option(
      names = "--ring-size",
      paramLabel = "N",
      defaultValue = "1024",
      description =
          "Descriptors of the NIC: ring size / rate is the longest pause that loses nothing"
              + " (default: ${DEFAULT-VALUE}).")
  int ringSize;

  @Option(
      names = "--cpu",
      paramLabel = "N",
      defaultValue = "1",
      description = "Core of the switch's poll loop (default: ${DEFAULT-VALUE}).")
  int cpu;

  @Option(
      names = "--settle-seconds",
      paramLabel = "S",
      defaultValue = "35",
      description = {
        "Between the switch's start and the first command (default: ${DEFAULT-VALUE}).",
        "After 30 s all its other threads have left the loop's core."
      })
  int settleSeconds;

  @Option(
      names = "--jvm-args",
      paramLabel = "ARGS",
      defaultValue = "-Xmx3g",
      description =
          "Options of the switch's JVM and the client's, behind those of conf/jvm.options"
              + " (default: ${DEFAULT-VALUE}).")
  String jvmArgs = "-Xmx3g";

  @Nullable String firstError() {
    if (rules < RuleFile.DIFFERENT_OF || rules > RULES_MAX) {
      return "--rules: %d is not in %d..%d".formatted(rules, RuleFile.DIFFERENT_OF, RULES_MAX);
    }
    if (ratePps < 1 || ratePps > RATE_MAX) {
      return "--rate-pps: %d is not in 1..%d".formatted(ratePps, RATE_MAX);
    }
    if (Integer.bitCount(ringSize) != 1 || ringSize < 64 || ringSize > 32_768) {
      return "--ring-size: " + ringSize + " is not a power of two in 64..32768";
    }
    return settleSeconds < 0 || settleSeconds > 600
        ? "--settle-seconds: " + settleSeconds + " is not in 0..600"
        : null;
  }

  /** What both are started with. */
  List<String> environment() {
    List<String> variables = new ArrayList<>();
    variables.add("IOVTEE_JAVA_OPTIONS=" + jvmArgs);
    return variables;
  }

  void addTo(Map<String, Object> settings) {
    settings.put("rules", rules);
    settings.put("ratePps", ratePps);
    settings.put("ringSize", ringSize);
    settings.put("cpu", cpu);
    settings.put("settleSeconds", settleSeconds);
    settings.put("jvmArgs", jvmArgs);
  }
}
