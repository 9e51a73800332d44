// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.pair;

import io.iovtee.bench.peer.PeerException;
import io.iovtee.bench.report.Environment;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * All subjects of one case. Each fork starts all of them anew, and then they take turns: one window
 * of each, then the next round, so that whatever drifts in the machine meets them all. Each round
 * begins with another subject. Only the pair that is measured runs; the others are stopped.
 */
final class Comparison {
  /** Pause after a rejected window: whoever wants the core gets on with it. */
  private static final long REST_MS = 1000;

  private final PairOptions options;
  private final Case measured;
  private final PrintStream progress;

  /** Of each subject: the windows of each fork. */
  private final List<List<List<Window>>> windows = new ArrayList<>();

  /** Of each subject. */
  private final int[] rejected;

  /** Of each subject: what became of its frames, where that is known. */
  private final Losses[] losses;

  private Comparison(PairOptions options, Case measured, PrintStream progress) {
    this.options = options;
    this.measured = measured;
    this.progress = progress;
    this.rejected = new int[options.subjects.size()];
    this.losses = new Losses[options.subjects.size()];
    Arrays.fill(losses, Losses.NONE);
    options.subjects.forEach(subject -> windows.add(new ArrayList<>()));
  }

  /** One comparison for each frame size of the options. */
  static List<Result> all(
      PairOptions options,
      Scenario scenario,
      int functions,
      Path directory,
      Environment environment,
      PrintStream progress) {
    environment.note("nic", options.nic().description());
    Contestants contestants = new Contestants(options, directory);
    List<Result> results = new ArrayList<>();
    for (int frameBytes : options.frameSizes) {
      Case measured =
          new Case(scenario, options.nic(), frameBytes, functions, options.rules, options.tables);
      results.addAll(new Comparison(options, measured, progress).run(contestants, environment));
    }
    return results;
  }

  /** Runs all rounds of all forks; closes what it started. */
  private List<Result> run(Contestants factory, Environment environment) {
    for (int fork = 0; fork < options.counting.forks; fork++) {
      runFork(factory, environment, fork);
    }
    List<Result> results = new ArrayList<>();
    for (int i = 0; i < options.subjects.size(); i++) {
      results.add(
          new Result(measured, options.subjects.get(i), windows.get(i), rejected[i], losses[i]));
    }
    return results;
  }

  private void runFork(Contestants factory, Environment environment, int fork) {
    List<Contestant> contestants = new ArrayList<>();
    windows.forEach(forks -> forks.add(new ArrayList<>()));
    try {
      for (Subject subject : options.subjects) {
        start(factory, subject, fork, contestants);
      }
      environment.note("nf", contestants.getFirst().functionVersion());
      contestants.forEach(c -> environment.note(c.subject().label(), c.switchVersion()));
      environment.note("tscMhz", factory.tscMhz());
      int first = firstRound(fork, options.windows, options.counting.forks);
      int end = firstRound(fork + 1, options.windows, options.counting.forks);
      for (int round = first; round < end; round++) {
        for (int turn = 0; turn < contestants.size(); turn++) {
          int index = (round + turn) % contestants.size();
          measure(contestants.get(index), index, round, windows.get(index).get(fork));
        }
      }
      for (int i = 0; i < contestants.size(); i++) {
        losses[i] = losses[i].plus(contestants.get(i).endTraffic());
        contestants.get(i).pause();
      }
    } finally {
      closeAll(contestants);
    }
  }

  /** The rounds of all forks are numbered through; none has more than one more than another. */
  static int firstRound(int fork, int rounds, int forks) {
    return (int) ((long) rounds * fork / forks);
  }

  private void start(Contestants factory, Subject subject, int fork, List<Contestant> contestants) {
    say("start %d/%d of %s and its NF", fork + 1, options.counting.forks, subject.label());
    Contestant contestant = factory.start(measured, subject);
    contestants.add(contestant);
    contestant.warmUp(options.counting.warmUpSeconds);
    contestant.checkMode();
    contestant.pause();
  }

  /** Repeats until a window is accepted. */
  private void measure(Contestant contestant, int index, int round, List<Window> accepted) {
    contestant.resume();
    for (int before = accepted.size(); accepted.size() == before; ) {
      try {
        Window window = contestant.measure(options.windowSeconds, options.counting);
        accepted.add(window);
        say(
            "round %d/%d %-13s %7.2f Mpps, %4.0f cycles/packet",
            round + 1,
            options.windows,
            contestant.subject().label(),
            window.mpps(),
            window.cyclesPerPacket());
      } catch (Contestant.RejectedWindow e) {
        reject(contestant.subject().label(), index, round, e.reason());
        contestant.rest(REST_MS);
      }
    }
    contestant.pause();
  }

  private void reject(String label, int index, int round, String reason) {
    rejected[index]++;
    say("round %d/%d %-13s rejected: %s", round + 1, options.windows, label, reason);
    if (rejected[index] >= options.counting.rejectionsMax) {
      throw options.counting.giveUp(label, rejected[index], reason);
    }
  }

  private void closeAll(List<Contestant> contestants) {
    for (Contestant contestant : contestants) {
      try {
        contestant.close();
      } catch (PeerException e) {
        say("could not end %s: %s", contestant.subject().label(), e);
      }
    }
  }

  private void say(String format, Object... arguments) {
    progress.printf(
        "%s %d B: %s%n",
        measured.scenario().label(),
        measured.frameBytes(),
        String.format(Locale.ROOT, format, arguments));
  }
}
