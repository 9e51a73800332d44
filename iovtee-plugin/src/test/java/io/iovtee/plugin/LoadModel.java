// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.api.CopyReason;
import io.iovtee.api.Outcome;
import io.iovtee.api.SwitchStats;
import io.iovtee.api.SwitchStats.InputStats;
import io.iovtee.api.SwitchStats.LoopStats;
import io.iovtee.api.SwitchStats.PauseStats;
import io.iovtee.api.testkit.FakeRxQueue;
import io.iovtee.api.testkit.FakeSwitch;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * What a poll loop would count: frames cost what the test says, in each way, and the loop delivers
 * as many as come or as it has time for. Time is the mapping thread's.
 */
final class LoadModel {
  private static final long SEED = 20261123;

  private final FakeMappingThread clock;
  private final FakeRxQueue queue;
  private final Random random = new Random(SEED);

  double offeredPps;
  int frameLength = 64;
  double copyNs = 100;
  double writeNs = 100;

  /** Share of the offered frames that comes while the queue writes through: a sender that waits. */
  double writtenPart = 1;

  /** The same share differs from window to window by up to this. */
  double partNoise;

  /** The core runs something else for this share of the time. */
  double taken;

  /** Whether the system tells of it. */
  boolean tellsTaken = true;

  /** Costs differ by up to this share from window to window. */
  double noise;

  /** Frames in the first moments of a way that still lie in the other way's buffers. */
  double mixedShare;

  private long lastMs;
  private double frames;
  private double bytes;
  private double written;
  private double transition;
  private double workNs;
  private double waitNs;
  private long writeThroughMs;
  private long changes;
  private boolean wasLending;

  LoadModel(FakeMappingThread clock, FakeRxQueue queue) {
    this.clock = clock;
    this.queue = queue;
    lastMs = clock.timeMs();
  }

  /** How long the queue has written through. */
  long writeThroughMs() {
    return writeThroughMs;
  }

  /** Times that the way has changed, as far as readings saw it. */
  long changes() {
    return changes;
  }

  /** All counters, as of now. */
  SwitchStats stats() {
    long ms = clock.timeMs() - lastMs;
    lastMs = clock.timeMs();
    boolean lending = queue.isLending();
    changes += lending == wasLending ? 0 : 1;
    wasLending = lending;
    double ownNs = ms * 1e6 * (1 - taken);
    double factor = 1 + noise * (2 * random.nextDouble() - 1);
    double cost = (lending ? writeNs : copyNs) * factor;
    // The time that others had lies within duty cycles: the loop takes it for its own.
    double seenCost = cost / (1 - taken);
    double part = lending ? writtenPart + partNoise * (2 * random.nextDouble() - 1) : 1;
    double handled = Math.min(offeredPps * part * ms / 1e3, ownNs / cost);
    frames += handled;
    bytes += handled * frameLength;
    workNs += handled * seenCost;
    waitNs += ms * 1e6 * taken;
    if (lending) {
      writeThroughMs += ms;
      written += handled * (1 - mixedShare);
      transition += handled * mixedShare;
    }
    return reading();
  }

  private SwitchStats reading() {
    Map<String, Long> outcomes = new HashMap<>();
    outcomes.put(Outcome.WRITTEN_THROUGH.label(), (long) written);
    outcomes.put(Outcome.COPIED.label(), (long) (frames - written));
    InputStats input =
        new InputStats(
            "uplink",
            0,
            false,
            (long) frames,
            (long) bytes,
            outcomes,
            Map.of(CopyReason.TRANSITION.label(), (long) transition),
            Map.of(),
            0,
            Map.of(),
            Map.of());
    long wait = tellsTaken ? (long) waitNs : -1;
    LoopStats loop =
        new LoopStats(
            FakeSwitch.LOOP, 0, 1, (long) workNs, 0, 0, 0, 0, 0, 0, wait, PauseStats.NONE, 0);
    return new SwitchStats(clock.timeMs() * 1_000_000, List.of(input), List.of(), List.of(loop));
  }
}
