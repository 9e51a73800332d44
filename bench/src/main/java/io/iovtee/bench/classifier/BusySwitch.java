// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.classifier;

import io.iovtee.api.FlowTable;
import io.iovtee.bench.classifier.Interval.Cause;
import io.iovtee.bench.peer.Pause;
import io.iovtee.bench.report.Figure;
import io.iovtee.flow.Action;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import io.iovtee.vswitch.assembly.LoopCores;
import io.iovtee.vswitch.assembly.VSwitch;
import io.iovtee.vswitch.config.SwitchConfig;
import io.iovtee.vswitch.datapath.NicRxQueue;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * A switch whose emulated NIC makes frames all the time, in the loop's own thread: what changes the
 * rules has the other cores for itself, as in a switch that has run for half a minute.
 */
final class BusySwitch {
  static final int RATE_PPS = 500_000;

  private BusySwitch() {}

  /**
   * What was measured.
   *
   * @param changes one by one
   * @param figures of them, and what became of the frames
   */
  record Result(Intervals changes, List<Figure> figures) {}

  /**
   * Changes a rule of a switch that has these and another one for all frames.
   *
   * @param cpu core of the loop; other threads of this process leave it, and do not come back
   * @param ringSize descriptors of the NIC's ring
   */
  static Result measure(List<FlowRule> rules, int cpu, int ringSize, int count) {
    List<FlowRule> all = new ArrayList<>(rules);
    all.add(FlowRule.of(1, Match.ANY, Action.output("nf1")));
    try (VSwitch vswitch =
        VSwitch.start(SwitchConfig.parse(configuration(cpu, ringSize), "bench"))) {
      LoopCores.reserve(List.of(cpu));
      NicRxQueue uplink = vswitch.nicPort("uplink").orElseThrow().rxQueue(0);
      LongSupplier missed = () -> uplink.counters().getOrDefault("rx_missed", 0L);
      FlowTable table = vswitch.flows();
      // Before the rules are loaded: what loading leaves for the collector is part of the result.
      Intervals unused = Changes.ofSwitch(table, missed, rules.size(), Intervals.WARM_UP, 0);
      table.replace(all, -1).toCompletableFuture().join();
      Traffic before = Traffic.of(vswitch.stats());
      long fromNs = System.nanoTime();
      Intervals changes = Changes.ofSwitch(table, missed, rules.size(), 0, count);
      Traffic during = Traffic.of(vswitch.stats()).since(before);
      long ms = (System.nanoTime() - fromNs) / 1_000_000;
      if (during.received() == 0) {
        throw new IllegalStateException("no frame came while rules changed: nothing was measured");
      }
      return new Result(changes, figures(changes, during, quiet(missed, ms)));
    }
  }

  private static String configuration(int cpu, int ringSize) {
    return """
    loops: [{cpu: %d}]
    ports:
      uplink:
        type: soft
        dma: inline
        ring-size: %d
        traffic: {type: generator, rate-pps: %d, dl-dst: "02:00:00:00:00:03"}
      nf1: {type: soft, dma: inline}
      nf2: {type: soft, dma: inline}
    """
        .formatted(cpu, ringSize, RATE_PPS);
  }

  /** As long a time without changes. */
  private static Intervals quiet(LongSupplier missed, long ms) {
    try (CoreWatch watch = new CoreWatch(name -> name.startsWith("iovtee-"))) {
      return Intervals.measure(0, (int) Math.max(1, ms), watch, missed, _ -> Pause.ms(1));
    }
  }

  private static List<Figure> figures(Intervals changes, Traffic during, Intervals quiet) {
    long elsewhere = changes.missed(Cause.COLLECTION) + changes.missed(Cause.OTHERS);
    List<Figure> figures = new ArrayList<>(changes.figures());
    figures.add(new Figure("frames", "frames", during.received(), 0));
    figures.add(new Figure("lost", "lost", during.lost() - elsewhere, 0));
    figures.add(new Figure("lostGc", "gc", changes.missed(Cause.COLLECTION), 0));
    figures.add(new Figure("lostOthers", "others", changes.missed(Cause.OTHERS), 0));
    figures.add(new Figure("lostQuiet", "lost quiet", quiet.missed(), 0));
    figures.add(new Figure("misrouted", "misrouted", during.misrouted(), 0));
    return figures;
  }
}
