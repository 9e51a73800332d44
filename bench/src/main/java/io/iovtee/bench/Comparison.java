// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench;

import io.iovtee.bench.peer.PeerException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * All subjects of one scenario and one frame size, in turn: one window of each, then the next
 * round, so that whatever drifts in the machine meets them all. Each round begins with another
 * subject.
 */
final class Comparison {
  /** Pause after a rejected window: whoever wants the core gets on with it. */
  private static final long REST_MS = 1000;

  private final BenchOptions options;
  private final Scenario scenario;
  private final int frameBytes;
  private final PrintStream progress;
  private final List<Contestant> contestants = new ArrayList<>();
  private final List<List<Window>> windows = new ArrayList<>();
  private final List<Integer> rejected = new ArrayList<>();

  Comparison(BenchOptions options, Scenario scenario, int frameBytes, PrintStream progress) {
    this.options = options;
    this.scenario = scenario;
    this.frameBytes = frameBytes;
    this.progress = progress;
  }

  /** Runs all rounds; closes what it started. */
  List<Result> run(Contestants factory, Environment environment) {
    try {
      for (Subject subject : options.subjects) {
        start(factory, subject);
      }
      environment.learn(contestants.getFirst());
      for (int round = 0; round < options.windows; round++) {
        for (int turn = 0; turn < contestants.size(); turn++) {
          measure((round + turn) % contestants.size(), round);
        }
      }
      return results();
    } finally {
      closeAll();
    }
  }

  private void start(Contestants factory, Subject subject) {
    say("starting %s and its NF", subject.label());
    Contestant contestant = factory.start(scenario, subject, frameBytes);
    contestants.add(contestant);
    windows.add(new ArrayList<>());
    rejected.add(0);
    contestant.warmUp(options.warmUpSeconds);
    contestant.checkMode();
    contestant.pause();
  }

  private void measure(int index, int round) {
    Contestant contestant = contestants.get(index);
    contestant.resume();
    while (windows.get(index).size() <= round) {
      try {
        Window window = contestant.measure(options.windowSeconds, options.shareMin);
        windows.get(index).add(window);
        say(
            "round %d/%d %-13s %7.2f Mpps, %4.0f cycles/packet",
            round + 1,
            options.windows,
            contestant.subject().label(),
            window.mpps(),
            window.cyclesPerPacket());
      } catch (Contestant.RejectedWindow e) {
        reject(index, round, e.reason());
        contestant.rest(REST_MS);
      }
    }
    contestant.pause();
  }

  private void reject(int index, int round, String reason) {
    int count = rejected.get(index) + 1;
    rejected.set(index, count);
    String label = contestants.get(index).subject().label();
    say("round %d/%d %-13s rejected: %s", round + 1, options.windows, label, reason);
    if (count >= options.rejectionsMax) {
      throw new PeerException(
          String.format(
              Locale.ROOT,
              "%s: %d windows rejected because a polling thread lost its core (last: %s);"
                  + " stop what else runs on cores %d and %d, or lower --share-min",
              label,
              count,
              reason,
              options.functionCpu,
              options.switchCpu));
    }
  }

  private List<Result> results() {
    List<Result> results = new ArrayList<>();
    for (int i = 0; i < contestants.size(); i++) {
      results.add(
          new Result(
              scenario, frameBytes, contestants.get(i).subject(), windows.get(i), rejected.get(i)));
    }
    return results;
  }

  private void closeAll() {
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
        scenario.label(), frameBytes, String.format(Locale.ROOT, format, arguments));
  }
}
