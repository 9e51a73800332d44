// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import io.iovtee.bench.peer.CoreDistance;
import io.iovtee.bench.peer.CoreOptions;
import io.iovtee.bench.peer.PeerException;
import io.iovtee.bench.peer.WindowOptions;
import io.iovtee.bench.vswitch.JavaSwitch;
import io.iovtee.bench.vswitch.StatsLine;
import io.iovtee.bench.vswitch.SwitchProcess;
import io.iovtee.bench.vswitch.TestpmdSwitch;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Supplier;

/**
 * One switch, and the generator that sends to its first port and receives on the second. Paused
 * (all threads of both stopped) while another rig has the cores.
 */
final class LoadRig implements AutoCloseable {
  /** Pause after a trial that does not count: whoever wants the core gets on with it. */
  private static final long REST_MS = 100;

  /** Of the look whether frames are written through. */
  private static final int CHECK_MS = 50;

  /** Bytes. Now and then a guest has no buffer posted, and a frame is copied after all. */
  private static final long COPIED_PER_FRAME_MAX = 1;

  /** Of the warm-up: the switch meets its limit, and a load below it. */
  private static final double WARM_UP_LOAD = 0.5;

  /** What all rigs of a run share. */
  record Bench(
      LoadOptions options,
      PathOptions path,
      CoreDistance cores,
      Path directory,
      PrintStream progress) {}

  private final LoadSubject subject;
  private final Bench bench;
  private final WindowOptions counting;
  private final SwitchProcess vswitch;
  private final LoadProcess generator;
  private int rejected;

  private LoadRig(LoadSubject subject, Bench bench, SwitchProcess vswitch, LoadProcess generator) {
    this.subject = subject;
    this.bench = bench;
    this.counting = bench.options.counting;
    this.vswitch = vswitch;
    this.generator = generator;
  }

  /**
   * Starts both; they are connected on return.
   *
   * @param name of files and sockets; one of each in a directory
   */
  static LoadRig start(LoadSubject subject, String name, Bench bench) {
    CoreOptions cpus = bench.options.counting.cores;
    LoadSwitch starter = new LoadSwitch(subject, name, bench);
    SwitchProcess vswitch = starter.start();
    try {
      LoadProcess generator = starter.startGenerator(vswitch);
      vswitch.process().raisePriority(cpus.switchCpu);
      generator.process().raisePriority(cpus.functionCpu);
      return new LoadRig(subject, bench, vswitch, generator);
    } catch (PeerException e) {
      vswitch.close();
      throw e;
    }
  }

  LoadSubject subject() {
    return subject;
  }

  long switchPid() {
    return vswitch.process().pid();
  }

  /** DPDK's version, if the switch is testpmd. */
  String version() {
    return vswitch instanceof TestpmdSwitch testpmd ? testpmd.version() : "";
  }

  /** Trials so far that did not count. */
  int rejected() {
    return rejected;
  }

  void pause() {
    generator.process().pause();
    vswitch.process().pause();
  }

  void resume() {
    vswitch.process().resume();
    generator.process().resume();
  }

  /**
   * Lets traffic run, so that the JVMs' compilers have done their work.
   *
   * @return frames per second that arrived of as many as the transmit ring took
   */
  double warmUp(FrameMix mix, double seconds) {
    int quarterMs = Math.max(50, (int) (seconds * 250));
    double full = 0;
    for (int half = 0; half < 2; half++) {
      full = generator.run(new TrialSpec(mix, 0, quarterMs)).receivedPerSecond();
      generator.run(new TrialSpec(mix, Math.max(1, full * WARM_UP_LOAD), quarterMs));
    }
    if (subject == LoadSubject.WRITE_THROUGH && vswitch instanceof JavaSwitch ours) {
      checkMode(ours, new TrialSpec(mix, Math.max(1, full * WARM_UP_LOAD), CHECK_MS));
    }
    return full;
  }

  /**
   * Refuses a mapping that did not come into force: its numbers would be those of the copy path.
   */
  private void checkMode(JavaSwitch ours, TrialSpec spec) {
    StatsLine before = ours.stats();
    generator.run(spec);
    StatsLine after = ours.stats();
    long copied = after.copiedBytes() - before.copiedBytes();
    long frames = after.nicFrames() - before.nicFrames();
    if (copied > frames * COPIED_PER_FRAME_MAX) {
      throw new PeerException(
          vswitch
              .process()
              .failure(
                  "is to write through, and copied %d bytes of %d frames"
                      .formatted(copied, frames)));
    }
  }

  /**
   * A trial between cores that were near each other before it and after it; otherwise it may count
   * or not.
   *
   * @throws PeerException if they were far apart too often in a row
   */
  Attempt attempt(TrialSpec spec) {
    return attempt(spec, () -> generator.run(spec));
  }

  private Attempt attempt(TrialSpec spec, Supplier<TrialResult> trial) {
    String reason = "";
    for (int i = 0; i < counting.rejectionsMax; i++) {
      Attempt attempt = once(spec, trial);
      String farApart = counting.farApart(attempt.roundTripNs());
      if (farApart == null) {
        return attempt;
      }
      reason = farApart;
      reject(reason);
    }
    throw counting.giveUp(subject.label(), counting.rejectionsMax, reason);
  }

  private Attempt once(TrialSpec spec, Supplier<TrialResult> trial) {
    double beforeNs = bench.cores.roundTripNs();
    CoreLoss switchLoss = CoreLoss.of(switchPid());
    TrialResult result = trial.get();
    long lossNs = switchLoss.lostNs();
    double roundTripNs = Math.max(beforeNs, bench.cores.roundTripNs());
    Attempt attempt = new Attempt(spec, result, lossNs, roundTripNs, counting.cores.queueSize);
    say("%s", attempt);
    return attempt;
  }

  /**
   * A trial in which both had their cores, and these were near each other.
   *
   * @throws PeerException if too many in a row did not count
   */
  TrialResult run(TrialSpec spec) {
    return accepted(spec, () -> generator.run(spec));
  }

  private TrialResult accepted(TrialSpec spec, Supplier<TrialResult> trial) {
    String reason = "";
    for (int i = 0; i < counting.rejectionsMax; i++) {
      Attempt attempt = attempt(spec, trial);
      if (attempt.share() >= counting.shareMin) {
        return attempt.result();
      }
      reason = attempt.disturbance();
      reject(reason);
    }
    throw counting.giveUp(subject.label(), counting.rejectionsMax, reason);
  }

  /** Notes a trial that does not count, and leaves the cores to others for a while. */
  void reject(String reason) {
    rejected++;
    say("does not count: %s", reason);
    pause();
    LoadProcess.sleep(REST_MS);
    resume();
  }

  /**
   * A trial in the middle of which our switch collects its whole heap; one that is not ours, or has
   * no heap, has an ordinary trial.
   */
  TrialResult runWithCollection(TrialSpec spec) {
    return accepted(spec, () -> collectAmid(spec));
  }

  private TrialResult collectAmid(TrialSpec spec) {
    long position = generator.begin(spec);
    LoadProcess.sleep(spec.lengthMs() / 2);
    if (vswitch instanceof JavaSwitch ours) {
      say("collection of %.1f ms", ours.collect() / 1e6);
    }
    return generator.await(position, spec);
  }

  private void say(String format, Object... arguments) {
    bench.progress.printf(
        "%-8s %s%n", subject.label(), String.format(Locale.ROOT, format, arguments));
  }

  /** The generator first: it tells the switch that it leaves. */
  @Override
  public void close() {
    resume();
    try {
      generator.close();
    } finally {
      vswitch.close();
    }
  }
}
