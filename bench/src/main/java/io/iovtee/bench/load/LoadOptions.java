// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import io.iovtee.bench.peer.WindowOptions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Options that all load scenarios share. Fields are set by picocli. */
final class LoadOptions {
  @Option(
      names = "--subjects",
      split = ",",
      paramLabel = "NAME",
      converter = LoadSubject.Converter.class,
      description =
          "Who takes part (default: testpmd,copy; write-through,copy where frames come from a"
              + " NIC).")
  private List<LoadSubject> subjects = List.of();

  @Option(
      names = "--trial-seconds",
      defaultValue = "2",
      description =
          "How long frames are sent in a trial, 0.05 or more (default: ${DEFAULT-VALUE}; RFC 2544"
              + " says 60).")
  double trialSeconds;

  @Option(
      names = "--frame-sizes",
      split = ",",
      paramLabel = "BYTES",
      converter = MixConverter.class,
      description =
          "Frame lengths without FCS, or imix (default: vm2vm 64,1514,imix; ndr RFC 2544's and"
              + " imix; latency 64).")
  private List<FrameMix> frameSizes = List.of();

  @Mixin WindowOptions counting = new WindowOptions();

  /** The first option with a value that can not work, with what is allowed; or null. */
  @Nullable String firstError(LoadPath path) {
    for (LoadSubject subject : subjects) {
      String obstacle = subject.obstacle(path);
      if (obstacle != null) {
        return "--subjects: " + obstacle;
      }
    }
    if (trialSeconds < 0.05 || trialSeconds > 600) {
      return "--trial-seconds: " + trialSeconds + " is not in 0.05..600";
    }
    return counting.firstError();
  }

  /** Who the command line names, or who belongs to the path. */
  List<LoadSubject> subjects(LoadPath path) {
    return subjects.isEmpty() ? LoadSubject.of(path) : subjects;
  }

  /** The frames that the command line names, or these. */
  List<FrameMix> mixes(List<String> unlessNamed) {
    return frameSizes.isEmpty() ? unlessNamed.stream().map(FrameMix::parse).toList() : frameSizes;
  }

  int trialMs() {
    return (int) (trialSeconds * 1000);
  }

  Map<String, Object> settings() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("trialSeconds", trialSeconds);
    counting.addTo(map);
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
