// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.pair;

import io.iovtee.bench.peer.BusiestThread;
import io.iovtee.bench.peer.CoreTime;
import io.iovtee.bench.peer.Pause;
import io.iovtee.bench.peer.PeerException;
import io.iovtee.bench.peer.Testpmd;
import io.iovtee.bench.peer.TscFrequency;
import io.iovtee.bench.peer.WindowOptions;
import io.iovtee.bench.vswitch.SwitchCounters;
import io.iovtee.bench.vswitch.SwitchProcess;
import io.iovtee.bench.vswitch.Uplink;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;

/**
 * One switch with its own network function. Paused (all threads of both stopped) while another has
 * the cores, so that memory, connection and compiled code stay as they are between its turns.
 */
final class Contestant implements AutoCloseable {
  /** How often the shares are looked at within a window, so that a lost one ends early. */
  private static final long LOOK_INTERVAL_MS = 250;

  /**
   * How far below the limit a share may be in the middle of a window: a running thread's time is
   * known only to a timer tick (4 ms).
   */
  private static final double LOOK_TOLERANCE = 0.03;

  /** Some frames may be copied while buffers are short; a queue that is not mapped copies 60. */
  private static final double COPIED_PER_FRAME_MAX = 1;

  /** Traffic after a pause before counters are read: rings and caches are as in a long run. */
  private static final long SETTLE_MS = 300;

  /** A mapping comes into force, or a link up, that much after the processes are ready. */
  private static final long FEED_INTERVAL_MS = 1000;

  private final Scenario scenario;
  private final Subject subject;
  private final int switchCpu;
  private final Uplink uplink;
  private final SwitchProcess vswitch;
  private final NetworkFunction function;
  private final DoubleSupplier roundTrip;
  private final TscFrequency tsc;

  /** Counters at the end of the warm-up. */
  private NetworkFunction.Totals begin = NetworkFunction.Totals.NONE;

  private long switchedAtBegin;

  /** What runs; the contestant closes it. */
  record Parts(Uplink uplink, SwitchProcess vswitch, NetworkFunction function) {}

  /**
   * Takes what has been started.
   *
   * @param roundTrip measures how long a cache line takes from core to core and back, ns
   */
  Contestant(
      Scenario scenario,
      Subject subject,
      int switchCpu,
      DoubleSupplier roundTrip,
      TscFrequency tsc,
      Parts parts) {
    this.scenario = scenario;
    this.subject = subject;
    this.switchCpu = switchCpu;
    this.roundTrip = roundTrip;
    this.tsc = tsc;
    this.uplink = parts.uplink;
    this.vswitch = parts.vswitch;
    this.function = parts.function;
  }

  Subject subject() {
    return subject;
  }

  /** Of the NF. */
  String functionVersion() {
    return function.version();
  }

  /** Of the switch. */
  String switchVersion() {
    return vswitch.version();
  }

  void pause() {
    function.process().pause();
    vswitch.process().pause();
  }

  void resume() {
    vswitch.process().resume();
    function.process().resume();
    Pause.ms(SETTLE_MS);
  }

  /** Leaves the cores to others for a while. */
  void rest(long ms) {
    pause();
    Pause.ms(ms);
    resume();
  }

  /**
   * Lets traffic run, so that the JVM's compilers have done their work. Frames that a mapping has
   * cost when it came into force are replaced.
   */
  void warmUp(double seconds) {
    Pause.ms((long) (seconds * 1000));
    uplink.feed();
    Pause.ms(SETTLE_MS);
    begin = function.hold();
    switchedAtBegin = switched();
    function.release();
  }

  private long switched() {
    return (long) vswitch.counters(tsc.mhz()).receivedFrames();
  }

  /** Ends the traffic; answers what became of it since {@link #warmUp}. */
  Losses endTraffic() {
    resume();
    NetworkFunction.Totals end = function.hold();
    if (end.equals(NetworkFunction.Totals.NONE)) {
      return Losses.inLoop(uplink.lost());
    }
    return Losses.of(
        end.sent() - begin.sent(), switched() - switchedAtBegin, end.received() - begin.received());
  }

  /**
   * Refuses a write-through switch that copies: its mapping did not come into force, and its
   * numbers would be those of the copy path.
   */
  void checkMode() {
    if (subject != Subject.WRITE_THROUGH) {
      return;
    }
    SwitchCounters before = vswitch.counters(tsc.mhz());
    Pause.ms(LOOK_INTERVAL_MS);
    SwitchCounters done = vswitch.counters(tsc.mhz()).minus(before);
    double copiedPerFrame = done.copiedBytes() / Math.max(1, done.receivedFrames());
    if (copiedPerFrame > COPIED_PER_FRAME_MAX) {
      throw new PeerException(
          vswitch
              .process()
              .failure(
                  String.format(
                      Locale.ROOT,
                      "is to write through and copies %.1f bytes per frame",
                      copiedPerFrame)));
    }
  }

  /**
   * Measures one window; traffic must be running.
   *
   * @throws RejectedWindow if a polling thread lost its core, or the cores were far apart
   * @throws PeerException if there is no traffic any more
   */
  Window measure(double seconds, WindowOptions rules) throws RejectedWindow {
    double roundTripNs = checkDistance(rules);
    CoreTime coreBefore = CoreTime.of(switchCpu);
    SwitchCounters before = vswitch.counters(tsc.mhz());
    BusiestThread switchThread = BusiestThread.of(vswitch.process().pid());
    BusiestThread functionThread = BusiestThread.of(function.process().pid());
    function.mark();
    long endNs = System.nanoTime() + (long) (seconds * 1e9);
    for (long leftNs = endNs - System.nanoTime(); leftNs > 0; leftNs = endNs - System.nanoTime()) {
      Pause.ms(Math.min(LOOK_INTERVAL_MS, 1 + TimeUnit.NANOSECONDS.toMillis(leftNs)));
      check(switchThread, functionThread, rules.shareMin - LOOK_TOLERANCE);
    }
    NetworkFunction.Rates rates = rates();
    double kernelShare = CoreTime.of(switchCpu).minus(coreBefore).kernelShare();
    check(switchThread, functionThread, rules.shareMin);
    double switchShare = switchThread.share();
    double functionShare = functionThread.share();
    SwitchCounters done = vswitch.counters(tsc.mhz()).minus(before);
    roundTripNs = Math.max(roundTripNs, checkDistance(rules));
    return window(rates, done, switchShare, functionShare, kernelShare, roundTripNs);
  }

  private NetworkFunction.Rates rates() {
    try {
      return function.rates();
    } catch (PeerException e) {
      throw new PeerException(
          subject.label()
              + ": "
              + e.getMessage()
              + "\n"
              + vswitch.process().failure("may have lost them"),
          e);
    }
  }

  private double checkDistance(WindowOptions rules) throws RejectedWindow {
    double roundTripNs = roundTrip.getAsDouble();
    String reason = rules.farApart(roundTripNs);
    if (reason != null) {
      throw new RejectedWindow(reason);
    }
    return roundTripNs;
  }

  private Window window(
      NetworkFunction.Rates rates,
      SwitchCounters done,
      double switchShare,
      double functionShare,
      double kernelShare,
      double roundTripNs) {
    double perPacket = scenario.receptions() / Math.max(1, done.receivedFrames());
    return new Window(
        scenario == Scenario.PVP
            ? Math.min(rates.receivedMpps(), rates.sentMpps())
            : rates.receivedMpps(),
        rates.receivedMpps(),
        rates.sentMpps(),
        done.busyCycles() * perPacket,
        (done.busyCycles() - done.nicCycles()) * perPacket,
        rates.cyclesPerPacket(),
        done.allocatedBytes() / Math.max(1, done.receivedFrames()),
        done.copiedBytes() * perPacket,
        switchShare,
        functionShare,
        kernelShare,
        roundTripNs);
  }

  private static void check(BusiestThread switchThread, BusiestThread functionThread, double min)
      throws RejectedWindow {
    double switchShare = switchThread.share();
    double functionShare = functionThread.share();
    if (Math.min(switchShare, functionShare) < min) {
      throw new RejectedWindow(
          String.format(
              Locale.ROOT,
              "switch had %.1f %% of its core, NF %.1f %%",
              switchShare * 100,
              functionShare * 100));
    }
  }

  /** Waits until the NF receives. */
  void awaitTraffic() {
    long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(Testpmd.START_TIMEOUT_MS);
    long nextFeedNs = System.nanoTime();
    while (System.nanoTime() < deadlineNs) {
      if (System.nanoTime() - nextFeedNs >= 0) {
        uplink.feed();
        nextFeedNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(FEED_INTERVAL_MS);
      }
      if (function.reached()) {
        tsc.found(function.tscMhz());
        tsc.found(vswitch.tscMhz());
        return;
      }
      Pause.ms(50);
    }
    throw new PeerException(
        subject.label()
            + ": no frame reached the NF in "
            + Testpmd.START_TIMEOUT_MS
            + " ms\n"
            + vswitch.process().failure("sent nothing")
            + "\n"
            + function.process().failure("received nothing"));
  }

  /** The NF first: it tells the switch that it leaves. */
  @Override
  public void close() {
    resume();
    try {
      function.close();
    } finally {
      try {
        vswitch.close();
      } finally {
        uplink.close();
      }
    }
  }

  /** The window says nothing about the switch: a polling thread lost its core, for example. */
  static final class RejectedWindow extends Exception {
    private static final long serialVersionUID = 1L;

    private final String reason;

    RejectedWindow(String reason) {
      super(reason);
      this.reason = reason;
    }

    String reason() {
      return reason;
    }
  }
}
