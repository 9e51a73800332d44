// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.remap;

import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What the command takes. Fields are set by picocli. */
final class RemapOptions {
  /** Frames that are noted, at 16 bytes each. */
  private static final int FRAMES_MAX = 10_000_000;

  /** A physical port of the switch. */
  enum Nic {
    soft,
    xdp
  }

  @Option(
      names = "--nic",
      split = ",",
      defaultValue = "soft,xdp",
      description =
          "soft: the emulated NIC; xdp: AF_XDP on a veth pair, needs root"
              + " (default: ${DEFAULT-VALUE}).")
  List<Nic> nics = List.of();

  @Option(
      names = "--cycles",
      defaultValue = "10",
      description = "How often each change is made (default: ${DEFAULT-VALUE}).")
  int cycles;

  @Option(
      names = "--rate-pps",
      defaultValue = "20000",
      description = "Frames a second, 100 to 200000 (default: ${DEFAULT-VALUE}).")
  int ratePps;

  @Option(
      names = "--frame-bytes",
      defaultValue = "64",
      description = "Frame length without FCS, 60 to 1514 (default: ${DEFAULT-VALUE}).")
  int frameBytes;

  @Nullable String firstError() {
    if (cycles < 1 || cycles > 200) {
      return "--cycles: " + cycles + " is not in 1..200";
    }
    if (ratePps < 100 || ratePps > 200_000) {
      return "--rate-pps: " + ratePps + " is not in 100..200000";
    }
    long frames = (long) ratePps * RemapRun.CYCLE_S_MAX * (cycles + RemapRun.FIRST_CYCLES);
    if (frames > FRAMES_MAX) {
      return "--rate-pps " + ratePps + " for " + cycles + " --cycles: lower one of them";
    }
    if (frameBytes < 60 || frameBytes > 1514) {
      return "--frame-bytes: " + frameBytes + " is not in 60..1514";
    }
    return null;
  }
}
