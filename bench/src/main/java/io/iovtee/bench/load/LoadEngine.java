// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import io.iovtee.vswitch.frames.LoadFrame;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Runs trials: sends on one port, or on a wire, by the schedule, receives on the other port (or on
 * the same), and accounts for every frame. One thread, which never waits for the switch: a frame
 * that falls due while the transmit ring, or the wire, is full is refused there and then.
 */
final class LoadEngine {
  /**
   * A turn takes a few microseconds. After a longer pause the generator's own core was gone; what
   * fell due meanwhile is not offered: sent at once it would be a burst that nobody asked for.
   */
  private static final long PAUSE_NS = TimeUnit.MICROSECONDS.toNanos(20);

  /** The switch has taken all frames, and none came for so long: what is missing is lost. */
  private static final long QUIET_NS = TimeUnit.MILLISECONDS.toNanos(50);

  /** It has not taken all, and none came for so long: it has stopped (RFC 2544, 26.1: 2 s). */
  private static final long SILENT_NS = TimeUnit.SECONDS.toNanos(2);

  private static final int TRIALS_MAX = 1 << 16;

  /**
   * Before each trial, not counted: a switch that has gone to sleep meanwhile wakes up, and learns
   * what it has to. So slow that what comes while it wakes fits in its ring.
   */
  private static final double LEAD_IN_PER_SECOND = 10_000;

  private static final int LEAD_IN_MS = 20;

  private final LoadSender sender;
  private final LoadPort receiver;
  private int trials;

  private Ledger ledger = new Ledger(0);
  private LoadFrame[] frames = {};
  private int nextFrame;
  private long offered;
  private long refused;
  private long skipped;
  private long gapMaxNs;
  private long nowNs;

  LoadEngine(LoadSender sender, LoadPort receiver) {
    this.sender = sender;
    this.receiver = receiver;
  }

  /** Runs one trial. */
  TrialResult run(TrialSpec spec) {
    send(new TrialSpec(spec.mix(), LEAD_IN_PER_SECOND, LEAD_IN_MS));
    long sendNs = send(spec);
    return result(sendNs);
  }

  /** Sends, and waits for what is still under way. Returns how long it sent. */
  private long send(TrialSpec spec) {
    trials = (trials + 1) % TRIALS_MAX;
    ledger = new Ledger(trials);
    frames = spec.mix().frames();
    sender.prepare(frames[0]);
    nextFrame = 0;
    offered = 0;
    refused = 0;
    skipped = 0;
    gapMaxNs = 0;
    receive();
    long startNs = nowNs;
    long endNs = startNs + TimeUnit.MILLISECONDS.toNanos(spec.lengthMs());
    Schedule schedule =
        spec.framesPerSecond() == 0 ? null : new Schedule(spec.framesPerSecond(), startNs);
    while (nowNs < endNs) {
      turn(schedule, spec.framesPerSecond());
    }
    long sendNs = nowNs - startNs;
    drain();
    return sendNs;
  }

  private void turn(@Nullable Schedule schedule, double framesPerSecond) {
    long beforeNs = nowNs;
    receive();
    long gapNs = nowNs - beforeNs;
    gapMaxNs = Math.max(gapMaxNs, gapNs);
    if (schedule == null) {
      sendAll();
      return;
    }
    if (gapNs > PAUSE_NS) {
      schedule.delay(gapNs);
      skipped += (long) (gapNs * framesPerSecond / 1e9);
    }
    sendDue(schedule);
  }

  private void sendAll() {
    int count = sender.room();
    for (int i = 0; i < count; i++) {
      send(nowNs);
    }
    sender.flush();
  }

  private void sendDue(Schedule schedule) {
    int due = (int) Math.min(LoadSender.BURST, schedule.due(nowNs) - offered);
    if (due <= 0) {
      return;
    }
    int count = Math.min(due, sender.room());
    for (int i = 0; i < count; i++) {
      send(schedule.dueNs(offered));
    }
    sender.flush();
    refused += due - count;
    offered += due - count;
  }

  private void send(long timeNs) {
    sender.send(frames[nextFrame], ledger.sequence(offered), timeNs);
    offered++;
    nextFrame = nextFrame + 1 < frames.length ? nextFrame + 1 : 0;
  }

  /** One look at the receive ring; afterwards {@code nowNs} is no earlier than any frame in it. */
  private int receive() {
    int count = receiver.poll();
    nowNs = System.nanoTime();
    if (count > 0) {
      receiver.count(count, ledger, nowNs);
      receiver.giveBack(count);
    }
    return count;
  }

  private void drain() {
    long lastNs = nowNs;
    long sent = offered - refused;
    boolean taken = false;
    while (ledger.frames() < sent) {
      if (receive() > 0) {
        lastNs = nowNs;
      } else if (!taken && sender.allTaken()) {
        taken = true;
        lastNs = nowNs;
      } else if (nowNs - lastNs >= (taken ? QUIET_NS : SILENT_NS)) {
        return;
      }
    }
  }

  private TrialResult result(long sendNs) {
    Histogram latency = ledger.latency();
    return new TrialResult(
        offered,
        refused,
        ledger.received(),
        ledger.duplicated(),
        ledger.reordered(),
        ledger.late(),
        ledger.foreign(),
        ledger.stale(),
        skipped,
        sendNs,
        gapMaxNs,
        latency.getValueAtPercentile(50),
        latency.getValueAtPercentile(90),
        latency.getValueAtPercentile(99),
        latency.getValueAtPercentile(99.9),
        latency.getValueAtPercentile(99.99),
        latency.getMaxValue());
  }
}
