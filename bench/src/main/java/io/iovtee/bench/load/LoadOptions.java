// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Options that all load scenarios share. Fields are set by picocli. */
final class LoadOptions {
  @Option(
      names = "--subjects",
      split = ",",
      defaultValue = "testpmd,copy",
      paramLabel = "NAME",
      converter = LoadSubject.Converter.class,
      description = "Who takes part (default: ${DEFAULT-VALUE}).")
  List<LoadSubject> subjects = List.of();

  @Option(
      names = "--forks",
      defaultValue = "2",
      description = "How often each subject and its generator are started (default: 2).")
  int forks;

  @Option(
      names = "--trial-seconds",
      defaultValue = "2",
      description =
          "How long frames are sent in a trial, 0.05 or more (default: ${DEFAULT-VALUE}; RFC 2544"
              + " says 60).")
  double trialSeconds;

  @Option(
      names = "--warm-up-seconds",
      defaultValue = "6",
      description = "Traffic before a subject's first trial (default: ${DEFAULT-VALUE}).")
  double warmUpSeconds;

  @Option(
      names = "--share-min",
      defaultValue = "0.985",
      description =
          "A trial counts if both polling threads had at least this share of their cores"
              + " (default: ${DEFAULT-VALUE}).")
  double shareMin;

  @Option(
      names = "--rejections-max",
      defaultValue = "60",
      description =
          "Give up when so many trials in a row did not count (default: ${DEFAULT-VALUE}).")
  int rejectionsMax;

  @Option(
      names = "--generator-cpu",
      defaultValue = "0",
      description = "Core of the generator and sink (default: ${DEFAULT-VALUE}).")
  int generatorCpu;

  @Option(
      names = "--switch-cpu",
      defaultValue = "1",
      description = "Core of the switch (default: ${DEFAULT-VALUE}).")
  int switchCpu;

  @Option(
      names = "--queue-size",
      defaultValue = "1024",
      description = "Entries of each virtqueue (default: ${DEFAULT-VALUE}).")
  int queueSize;

  /** The first option with a value that can not work, with what is allowed; or null. */
  @Nullable String firstError() {
    if (forks < 1) {
      return "--forks: " + forks + " is below 1";
    }
    if (trialSeconds < 0.05 || trialSeconds > 600) {
      return "--trial-seconds: " + trialSeconds + " is not in 0.05..600";
    }
    if (warmUpSeconds < 0.1 || warmUpSeconds > 600) {
      return "--warm-up-seconds: " + warmUpSeconds + " is not in 0.1..600";
    }
    if (shareMin <= 0 || shareMin > 1) {
      return "--share-min: " + shareMin + " is not above 0 and up to 1";
    }
    if (rejectionsMax < 1) {
      return "--rejections-max: " + rejectionsMax + " is below 1";
    }
    if (Integer.bitCount(queueSize) != 1 || queueSize < 64 || queueSize > 32768) {
      return "--queue-size: " + queueSize + " is not a power of two in 64..32768";
    }
    if (generatorCpu == switchCpu) {
      return "--generator-cpu and --switch-cpu are both "
          + switchCpu
          + ": two pollers need two cores";
    }
    return null;
  }

  int trialMs() {
    return (int) (trialSeconds * 1000);
  }

  Map<String, Object> settings() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("forks", forks);
    map.put("trialSeconds", trialSeconds);
    map.put("warmUpSeconds", warmUpSeconds);
    map.put("shareMin", shareMin);
    map.put("queueSize", queueSize);
    map.put("generatorCpu", generatorCpu);
    map.put("switchCpu", switchCpu);
    return map;
  }

  /** Reads frame lengths of the command line. */
  static final class MixConverter implements ITypeConverter<FrameMix> {
    @Override
    public FrameMix convert(String text) {
      try {
        return FrameMix.parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }
}
