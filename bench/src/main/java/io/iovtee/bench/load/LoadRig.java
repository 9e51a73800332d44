// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import io.iovtee.bench.peer.PeerException;
import io.iovtee.bench.peer.TestpmdOptions;
import io.iovtee.bench.vswitch.JavaSwitch;
import io.iovtee.bench.vswitch.SwitchProcess;
import io.iovtee.bench.vswitch.TestpmdSwitch;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Locale;

/**
 * One switch between two vhost-user ports, and the generator that sends on the first and receives
 * on the second. Paused (all threads of both stopped) while another rig has the cores.
 */
final class LoadRig implements AutoCloseable {
  /** Pause after a trial that does not count: whoever wants the core gets on with it. */
  private static final long REST_MS = 100;

  /** Of the warm-up: the switch meets its limit, and a load below it. */
  private static final double WARM_UP_LOAD = 0.5;

  private final LoadSubject subject;
  private final LoadOptions options;
  private final SwitchProcess vswitch;
  private final LoadProcess generator;
  private final PrintStream progress;
  private int rejected;

  private LoadRig(
      LoadSubject subject,
      LoadOptions options,
      SwitchProcess vswitch,
      LoadProcess generator,
      PrintStream progress) {
    this.subject = subject;
    this.options = options;
    this.vswitch = vswitch;
    this.generator = generator;
    this.progress = progress;
  }

  /**
   * Starts both; they are connected on return.
   *
   * @param name of files and sockets; one of each in a directory
   */
  static LoadRig start(
      LoadSubject subject, LoadOptions options, String name, Path directory, PrintStream progress) {
    Path to = directory.resolve(name + "-0.sock");
    Path from = directory.resolve(name + "-1.sock");
    SwitchProcess vswitch =
        switch (subject) {
          case TESTPMD -> startTestpmd(options, to, from);
          case COPY -> startOurs(options, name, directory, to, from);
        };
    try {
      LoadProcess generator =
          LoadProcess.start(
              new LoadProcess.Setup(name, options.generatorCpu, options.queueSize, true, to, from));
      vswitch.process().raisePriority();
      generator.process().raisePriority();
      return new LoadRig(subject, options, vswitch, generator, progress);
    } catch (PeerException e) {
      vswitch.close();
      throw e;
    }
  }

  private static SwitchProcess startTestpmd(LoadOptions options, Path to, Path from) {
    return new TestpmdSwitch(
        TestpmdOptions.vhostToVhost(to, from)
            .named("switch")
            .onCpu(options.switchCpu)
            .withRingSize(options.queueSize));
  }

  private static SwitchProcess startOurs(
      LoadOptions options, String name, Path directory, Path to, Path from) {
    String configuration =
        """
        switch: {name: bench}
        loops: [{cpu: %d}]
        ports:
          nf0: {type: vhost-user, socket: "%s", role: server}
          nf1: {type: vhost-user, socket: "%s", role: server}
        flows: ["in_port=nf0,actions=output:nf1", "in_port=nf1,actions=output:nf0"]
        """
            .formatted(options.switchCpu, to, from);
    return JavaSwitch.start(
        new JavaSwitch.Setup(name, options.switchCpu, configuration, false, directory));
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
    return full;
  }

  /** A trial that may or may not count. */
  Attempt attempt(TrialSpec spec) {
    CoreLoss switchLoss = CoreLoss.of(switchPid());
    TrialResult result = generator.run(spec);
    Attempt attempt = new Attempt(spec, result, switchLoss.lostNs(), options.queueSize);
    say("%s", attempt);
    return attempt;
  }

  /**
   * A trial in which both had their cores.
   *
   * @throws PeerException if too many in a row did not count
   */
  TrialResult run(TrialSpec spec) {
    for (int i = 0; i < options.rejectionsMax; i++) {
      Attempt attempt = attempt(spec);
      if (attempt.share() >= options.shareMin) {
        return attempt.result();
      }
      reject(attempt);
    }
    throw new PeerException(
        String.format(
            Locale.ROOT,
            "%s: %d trials in a row in which a polling thread lost its core; stop what else runs on"
                + " cores %d and %d, or lower --share-min",
            subject.label(),
            options.rejectionsMax,
            options.generatorCpu,
            options.switchCpu));
  }

  /** Notes a trial that does not count, and leaves the cores to others for a while. */
  void reject(Attempt attempt) {
    rejected++;
    say(
        "does not count: switch without core for %.1f ms, generator for %.1f ms at a time",
        attempt.switchLossNs() / 1e6, attempt.result().gapMaxNs() / 1e6);
    pause();
    LoadProcess.sleep(REST_MS);
    resume();
  }

  /**
   * A trial in the middle of which our switch collects its whole heap; one that is not ours, or has
   * no heap, has an ordinary trial.
   */
  TrialResult runWithCollection(TrialSpec spec) {
    long position = generator.begin(spec);
    LoadProcess.sleep(spec.lengthMs() / 2);
    if (vswitch instanceof JavaSwitch ours) {
      say("collection of %.1f ms", ours.collect() / 1e6);
    }
    return generator.await(position, spec);
  }

  private void say(String format, Object... arguments) {
    progress.printf("%-8s %s%n", subject.label(), String.format(Locale.ROOT, format, arguments));
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
