// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.pair;

import io.iovtee.bench.peer.BusiestThread;
import io.iovtee.bench.peer.Pause;
import io.iovtee.bench.peer.PeerException;
import io.iovtee.bench.report.Figure;
import io.iovtee.bench.report.Metric;
import io.iovtee.bench.report.Row;
import io.iovtee.bench.report.Series;
import io.iovtee.bench.vswitch.JavaSwitch;
import io.iovtee.bench.vswitch.StatsLine;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What one poll loop of our switch pays for more ports and more queues: emulated NICs, the first of
 * which has an endless load that goes back out of it, and no network function.
 */
final class PortScale {
  static final int PORTS_MAX = 64;

  /** Of one emulated NIC here; it could have more. */
  static final int QUEUES_MAX = 16;

  /** Entries of each queue's ring: four bursts. */
  private static final int RING_SIZE = 256;

  /** Fills all rings, the idle ports' too, and leaves as much for the loop. */
  private static final int POOL_CHUNKS = 2 * RING_SIZE * (PORTS_MAX + QUEUES_MAX);

  /** Pause after a rejected window: whoever wants the core gets on with it. */
  private static final long REST_MS = 1000;

  private static final Metric NS_PER_FRAME = new Metric("nsPerFrame", "ns per frame", 1, false);

  private final PairOptions options;
  private final Path directory;
  private final PrintStream progress;

  PortScale(PairOptions options, Path directory, PrintStream progress) {
    this.options = options;
    this.directory = directory;
    this.progress = progress;
  }

  /** One row for each number of ports; idle ports are compared with the first row's. */
  List<Row> overPorts(List<Integer> counts) {
    List<Row> rows = new ArrayList<>();
    double firstCycleNs = 0;
    for (int count : counts) {
      Measured measured = measure("ports", count, configuration(count, 1));
      if (rows.isEmpty()) {
        firstCycleNs = measured.cycleNs();
      }
      double idlePollNs = idlePollNs(measured.cycleNs(), count, firstCycleNs, counts.getFirst());
      rows.add(
          measured.row(
              Map.of("ports", count),
              List.of(
                  new Figure("dutyCycleNs", "duty cycle", measured.cycleNs(), 0),
                  new Figure("idlePollNs", "idle poll", idlePollNs, 1),
                  new Figure("rejectedWindows", "rejected", measured.rejected, 0))));
    }
    return rows;
  }

  /** What each further port without traffic adds to a duty cycle; NaN for the first. */
  static double idlePollNs(double cycleNs, int ports, double firstCycleNs, int firstPorts) {
    return ports == firstPorts ? Double.NaN : (cycleNs - firstCycleNs) / (ports - firstPorts);
  }

  /** One row for each number of queues. */
  List<Row> overQueues(List<Integer> counts) {
    List<Row> rows = new ArrayList<>();
    for (int count : counts) {
      Measured measured = measure("queues", count, configuration(1, count));
      rows.add(
          measured.row(
              Map.of("queues", count),
              List.of(
                  new Figure("dutyCycleNs", "duty cycle", measured.cycleNs(), 0),
                  new Figure("rejectedWindows", "rejected", measured.rejected, 0))));
    }
    return rows;
  }

  /** One loop; port 0 with an endless load on all its queues, the other ports without any. */
  String configuration(int ports, int queues) {
    StringBuilder text = new StringBuilder();
    text.append("switch: {name: bench, pool-chunks: %d}\n".formatted(POOL_CHUNKS));
    text.append("loops: [{cpu: %d}]\n".formatted(options.counting.cores.switchCpu));
    text.append("ports:\n");
    for (int port = 0; port < ports; port++) {
      text.append("  nic%d: {type: soft, dma: inline, ring-size: %d, ".formatted(port, RING_SIZE));
      if (port == 0) {
        text.append(
            "queues: %d, traffic: {type: \"null\", frame-bytes: %d}, "
                .formatted(queues, options.frameSizes.getFirst()));
      }
      text.append("tx: {type: discard}}\n");
    }
    return text.append("flows: [\"in_port=nic0,actions=in_port\"]\n").toString();
  }

  /** The windows of one configuration. */
  private record Measured(List<Double> nsPerFrame, List<Double> cyclesNs, int rejected) {
    double cycleNs() {
      return Series.of(cyclesNs).median();
    }

    Row row(Map<String, Object> parameters, List<Figure> figures) {
      return Row.of("scale", parameters, "switch", NS_PER_FRAME, nsPerFrame).with(figures);
    }
  }

  private Measured measure(String what, int count, String configuration) {
    progress.printf("scale: %d %s%n", count, what);
    JavaSwitch.Setup setup =
        new JavaSwitch.Setup(
            what + "-" + count,
            options.counting.ourCpus(),
            options.counting.ourJvmArguments(),
            configuration,
            false,
            directory);
    List<Double> nsPerFrame = new ArrayList<>();
    List<Double> cycleNs = new ArrayList<>();
    int rejected = 0;
    try (JavaSwitch vswitch = JavaSwitch.start(setup)) {
      Pause.ms((long) (options.counting.warmUpSeconds * 1000));
      while (nsPerFrame.size() < options.windows) {
        BusiestThread thread = BusiestThread.of(vswitch.process().pid());
        StatsLine before = vswitch.stats();
        Pause.ms((long) (options.windowSeconds * 1000));
        StatsLine after = vswitch.stats();
        double share = thread.share();
        if (share < options.counting.shareMin) {
          reject(what + " " + count, ++rejected, share);
          continue;
        }
        double busyNs = after.busyNs() - before.busyNs();
        nsPerFrame.add(busyNs / Math.max(1, after.receivedFrames() - before.receivedFrames()));
        cycleNs.add(busyNs / Math.max(1, after.dutyCycles() - before.dutyCycles()));
      }
    }
    return new Measured(nsPerFrame, cycleNs, rejected);
  }

  private void reject(String what, int rejected, double share) {
    String problem =
        String.format(
            Locale.ROOT, "scale %s: the switch had %.1f %% of its core", what, share * 100);
    progress.println(problem + ": window rejected");
    if (rejected >= options.counting.rejectionsMax) {
      throw new PeerException(
          problem
              + ", in "
              + rejected
              + " windows; stop what else runs on core "
              + options.counting.cores.switchCpu
              + ", or lower --share-min");
    }
    Pause.ms(REST_MS);
  }
}
