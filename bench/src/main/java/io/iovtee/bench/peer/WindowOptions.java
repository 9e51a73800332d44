// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.peer;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * How often subjects are started, and which windows (or trials) of theirs count: the same rules for
 * whoever is measured. Fields are set by picocli.
 */
public final class WindowOptions {
  @Mixin public CoreOptions cores = new CoreOptions();

  @Option(
      names = "--control-cpu",
      paramLabel = "CPU",
      description =
          "Core of our switch's other threads: compilers, collector, control plane (default: that"
              + " of its poll thread, which then has to share it).")
  @Nullable Integer controlCpu;

  @Option(
      names = "--jvm-args",
      defaultValue = "",
      paramLabel = "ARGS",
      description =
          "More options of our switch's JVM, after those of conf/jvm.options, for example"
              + " \"-XX:-UseSerialGC -XX:+UseZGC\".")
  String jvmArguments = "";

  @Option(
      names = "--forks",
      defaultValue = "3",
      description =
          "How often each subject is started, because a start decides (how the JVM compiles, where"
              + " memory lies) (default: ${DEFAULT-VALUE}).")
  public int forks;

  @Option(
      names = "--warm-up-seconds",
      defaultValue = "10",
      description = "Traffic before the first window of a start (default: ${DEFAULT-VALUE}).")
  public double warmUpSeconds;

  @Option(
      names = "--share-min",
      defaultValue = "0.985",
      description =
          "A window counts if both polling threads had at least this share of their cores"
              + " (default: ${DEFAULT-VALUE}).")
  public double shareMin;

  @Option(
      names = "--round-trip-max",
      defaultValue = "250",
      paramLabel = "NS",
      description =
          "A window counts if a cache line went from one core to the other and back within this"
              + " time, before and after it: cores of one die do it in 50 to 150 ns, and a"
              + " hypervisor may move them apart (default: ${DEFAULT-VALUE}).")
  public double roundTripMaxNs;

  @Option(
      names = "--rejections-max",
      defaultValue = "200",
      description =
          "Give up when so many windows of a subject, or trials in a row, did not count (default:"
              + " ${DEFAULT-VALUE}).")
  public int rejectionsMax;

  /** The first option with a value that can not work, with what is allowed; or null. */
  public @Nullable String firstError() {
    if (forks < 1 || forks > 100) {
      return "--forks: " + forks + " is not in 1..100";
    }
    if (warmUpSeconds < 0 || warmUpSeconds > 600) {
      return "--warm-up-seconds: " + warmUpSeconds + " is not in 0..600";
    }
    if (shareMin <= 0 || shareMin > 1) {
      return "--share-min: " + shareMin + " is not above 0 and up to 1";
    }
    if (roundTripMaxNs <= 0) {
      return "--round-trip-max: " + roundTripMaxNs + " is not above 0";
    }
    if (rejectionsMax < 1) {
      return "--rejections-max: " + rejectionsMax + " is below 1";
    }
    return cores.firstError();
  }

  /** Cores that our switch's process is given. */
  public List<Integer> ourCpus() {
    return controlCpu == null || controlCpu == cores.switchCpu
        ? List.of(cores.switchCpu)
        : List.of(cores.switchCpu, controlCpu);
  }

  /** Options of its JVM besides those that we ship. */
  public List<String> ourJvmArguments() {
    return Arrays.stream(jvmArguments.split(" ")).filter(word -> !word.isEmpty()).toList();
  }

  /** Why a window between cores that are so far apart does not count; null if it does. */
  public @Nullable String farApart(double roundTripNs) {
    return roundTripNs <= roundTripMaxNs
        ? null
        : String.format(
            Locale.ROOT, "cores far apart, a cache line took %.0f ns to and fro", roundTripNs);
  }

  /**
   * Too many windows did not count.
   *
   * @param who the subject
   * @param count how many
   * @param reason why the last one did not
   */
  public PeerException giveUp(String who, int count, String reason) {
    return new PeerException(
        String.format(
            Locale.ROOT,
            "%s: %d windows rejected (last: %s); stop what else runs on cores %d and %d or choose"
                + " others, lower --share-min or raise --round-trip-max",
            who,
            count,
            reason,
            cores.functionCpu,
            cores.switchCpu));
  }

  /** Puts what shapes the numbers in a report's settings. */
  public void addTo(Map<String, Object> settings) {
    settings.put("forks", forks);
    settings.put("warmUpSeconds", warmUpSeconds);
    settings.put("shareMin", shareMin);
    settings.put("roundTripMaxNs", roundTripMaxNs);
    cores.addTo(settings);
    settings.put("jvmArgs", jvmArguments);
    settings.put("controlCpu", controlCpu == null ? cores.switchCpu : controlCpu);
  }
}
