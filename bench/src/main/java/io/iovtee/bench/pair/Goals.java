// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.pair;

import io.iovtee.bench.report.Goal;
import io.iovtee.bench.report.Ratio;
import io.iovtee.bench.report.Row;
import java.util.ArrayList;
import java.util.List;

/**
 * The comparisons that matter, and what we want of each. Write-through over our own copy path in
 * pvp: the gain that the IOVTee paper (Kawashima, IEEE TNSM 18(1), 2021) reports at long frames,
 * +98 %; at 64 B the network function itself is the limit. Over DPDK's vhost: what makes it worth
 * taking; less of it is left where the NIC's own work on each byte is paid by the same core. Over
 * Open vSwitch: what replaces it. Copy: a baseline that DPDK would not be ashamed of. Mode auto: it
 * may never be a reason to switch write-through off.
 */
final class Goals {
  private static final int SHORT_FRAME_BYTES = 64;
  private static final int LONG_FRAME_BYTES = 1514;

  /** Of two subjects: the least quotient, for short frames and for long ones; 0 without a goal. */
  private record Wanted(
      Scenario scenario,
      Nic nic,
      int functions,
      Subject above,
      Subject below,
      double shortFrame,
      double longFrame) {
    boolean isOf(Case measured, Subject upper, Subject lower) {
      return scenario == measured.scenario()
          && nic == measured.nic()
          && functions == measured.functions()
          && above == upper
          && below == lower;
    }
  }

  private static final List<Wanted> WANTED =
      List.of(
          new Wanted(
              Scenario.ONEWAY, Nic.SOFT, 1, Subject.WRITE_THROUGH, Subject.TESTPMD, 1.5, 4.0),
          new Wanted(Scenario.ONEWAY, Nic.SOFT, 1, Subject.COPY, Subject.TESTPMD, 1.2, 1.0),
          new Wanted(
              Scenario.ONEWAY, Nic.SOFT_COPY, 1, Subject.WRITE_THROUGH, Subject.TESTPMD, 0, 1.98),
          new Wanted(Scenario.PVP, Nic.SOFT, 1, Subject.WRITE_THROUGH, Subject.TESTPMD, 1.3, 3.5),
          new Wanted(Scenario.PVP, Nic.SOFT, 1, Subject.COPY, Subject.TESTPMD, 1.2, 1.0),
          new Wanted(Scenario.PVP, Nic.SOFT, 1, Subject.WRITE_THROUGH, Subject.COPY, 1.1, 1.98),
          new Wanted(Scenario.PVP, Nic.SOFT, 1, Subject.WRITE_THROUGH, Subject.OVS, 2.0, 3.5),
          new Wanted(Scenario.PVP, Nic.XDP, 1, Subject.WRITE_THROUGH, Subject.TESTPMD, 1.15, 1.3),
          new Wanted(Scenario.PVP, Nic.XDP, 1, Subject.WRITE_THROUGH, Subject.OVS, 1.4, 1.6),
          new Wanted(Scenario.PVP, Nic.SOFT, 4, Subject.WRITE_THROUGH, Subject.TESTPMD, 2.0, 0));

  /** Each "above / below", with or without a goal. */
  private static final List<List<Subject>> PAIRS =
      List.of(
          List.of(Subject.WRITE_THROUGH, Subject.TESTPMD),
          List.of(Subject.COPY, Subject.TESTPMD),
          List.of(Subject.WRITE_THROUGH, Subject.COPY),
          List.of(Subject.AUTO, Subject.COPY),
          List.of(Subject.AUTO, Subject.WRITE_THROUGH),
          List.of(Subject.WRITE_THROUGH, Subject.OVS),
          List.of(Subject.COPY, Subject.OVS),
          List.of(Subject.TESTPMD, Subject.LIMIT),
          List.of(Subject.OVS, Subject.LIMIT),
          List.of(Subject.COPY, Subject.LIMIT),
          List.of(Subject.WRITE_THROUGH, Subject.LIMIT));

  /** What mode auto may cost at any length, whichever way is the faster one. */
  private static final double AUTO_OVER_COPY = 0.98;

  private Goals() {}

  /** All ratios that the results allow, case by case. */
  static List<Ratio> ratios(List<Result> results) {
    List<Ratio> ratios = new ArrayList<>();
    for (Result below : results) {
      for (List<Subject> pair : PAIRS) {
        if (below.subject() != pair.getLast()) {
          continue;
        }
        for (Result above : results) {
          Row upper = above.toRow();
          Row lower = below.toRow();
          if (above.subject() == pair.getFirst() && Ratio.comparable(upper, lower)) {
            ratios.add(Ratio.between(upper, lower, of(above, below.subject())));
          }
        }
      }
    }
    return ratios;
  }

  /** What we want of one result over another subject's. */
  static Goal of(Result above, Subject below) {
    Case measured = above.measured();
    if (above.subject() == Subject.AUTO && below == Subject.COPY) {
      return Goal.atLeast(AUTO_OVER_COPY);
    }
    boolean shortFrame = measured.frameBytes() == SHORT_FRAME_BYTES;
    if (!shortFrame && measured.frameBytes() != LONG_FRAME_BYTES) {
      return Goal.NONE;
    }
    for (Wanted wanted : WANTED) {
      double least = shortFrame ? wanted.shortFrame : wanted.longFrame;
      if (least > 0 && wanted.isOf(measured, above.subject(), below)) {
        return Goal.atLeast(least);
      }
    }
    return Goal.NONE;
  }
}
