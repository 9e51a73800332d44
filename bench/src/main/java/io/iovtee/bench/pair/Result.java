// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.pair;

import io.iovtee.bench.report.Figure;
import io.iovtee.bench.report.Goal;
import io.iovtee.bench.report.Metric;
import io.iovtee.bench.report.Row;
import io.iovtee.bench.report.Series;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What one subject did in one case.
 *
 * @param forks accepted windows of each start, in the order of the rounds
 * @param rejected windows in which a polling thread lost its core, or the cores were far apart
 * @param losses what became of its frames, where that is known
 */
record Result(
    Case measured, Subject subject, List<List<Window>> forks, int rejected, Losses losses) {
  Result {
    forks = forks.stream().map(List::copyOf).toList();
  }

  /** Over all windows of all starts. */
  Series series(ToDoubleFunction<Window> reading) {
    return Series.of(forks.stream().flatMap(List::stream).mapToDouble(reading).toArray());
  }

  Row toRow() {
    List<List<Double>> mpps =
        forks.stream().map(fork -> fork.stream().map(Window::mpps).toList()).toList();
    List<Figure> figures = new ArrayList<>();
    figures.addAll(
        List.of(
            figure("switchCyclesPerPacket", "cycles", Window::cyclesPerPacket, 0),
            figure(
                "switchCyclesPerPacketWithoutNic", "no NIC", Window::cyclesPerPacketWithoutNic, 0),
            figure("nfCyclesPerPacket", "NF cycles", Window::functionCyclesPerPacket, 0),
            figure("allocatedBytesPerPacket", "alloc", Window::allocatedPerPacket, 3),
            figure("copiedBytesPerPacket", "copied", Window::copiedPerPacket, 0),
            figure("coreRoundTripNs", "core ns", Window::roundTripNs, 0),
            new Figure("rejectedWindows", "rejected", rejected, 0),
            Figure.hidden("switchCoreShareMin", series(Window::switchShare).min(), 4),
            Figure.hidden("nfCoreShareMin", series(Window::functionShare).min(), 4)));
    if (measured.nic() == Nic.XDP) {
      figures.add(figure("switchCoreKernelShare", "kernel", Window::kernelShare, 2));
      figures.addAll(lossFigures());
    }
    return new Row(
        measured.scenario().label(),
        measured.parameters(),
        subject.label(),
        Metric.MPPS,
        mpps,
        figures,
        Goal.NONE);
  }

  private List<Figure> lossFigures() {
    if (measured.scenario() == Scenario.PVP) {
      return List.of(new Figure("lostFrames", "lost", losses.lost(), 0));
    }
    return List.of(
        figure("offeredMpps", "offered", Window::sentMpps, 2),
        new Figure("lostBeforeSwitchPercent", "lost NIC%", losses.beforeSwitchPercent(), 2),
        new Figure("lostInSwitchPercent", "lost switch%", losses.inSwitchPercent(), 2));
  }

  private Figure figure(
      String key, String heading, ToDoubleFunction<Window> reading, int decimals) {
    return new Figure(key, heading, series(reading).median(), decimals);
  }
}
