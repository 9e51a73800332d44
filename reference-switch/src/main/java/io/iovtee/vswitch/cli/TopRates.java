// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import io.iovtee.vswitch.cli.TopReading.Loop;
import io.iovtee.vswitch.cli.TopReading.Port;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What happened between two readings, by the switch's own clock. Where a counter went back (the
 * switch, or the port, began anew) or something was not there before, nothing is known of it.
 */
final class TopRates {
  private static final double NS_PER_SECOND = 1e9;
  private static final double BITS = 8;

  private final @Nullable TopReading before;
  private final TopReading now;
  private final double seconds;

  /**
   * Per second.
   *
   * @param throughShare of the frames that came in, 0 to 1; 0 when none came
   * @param dropped all reasons together
   * @param reason the most frequent one, empty if nothing was dropped
   */
  record PortRate(
      double inFrames,
      double inBits,
      double throughShare,
      double outFrames,
      double outBits,
      double dropped,
      String reason) {}

  /**
   * Of a loop.
   *
   * @param busy share of its time, 0 to 1; so are the next two
   * @param emulation what emulated NICs took
   * @param waiting ready to run, while its core ran something else
   * @param frames per second
   * @param nsPerFrame busy time for each; empty when there was none
   */
  record LoopRate(
      double busy, double emulation, double waiting, double frames, Optional<Double> nsPerFrame) {}

  private TopRates(@Nullable TopReading before, TopReading now, double seconds) {
    this.before = before;
    this.now = now;
    this.seconds = seconds;
  }

  /**
   * Rates between two readings.
   *
   * @param before null at the first one
   */
  static TopRates between(@Nullable TopReading before, TopReading now) {
    if (before == null) {
      return new TopRates(null, now, 0);
    }
    double seconds = Duration.between(before.time(), now.time()).toNanos() / NS_PER_SECOND;
    boolean sameRun =
        now.loops().entrySet().stream()
            .allMatch(loop -> {
              Loop then = before.loops().get(loop.getKey());
              return then == null || loop.getValue().cycles() >= then.cycles();
            });
    return new TopRates(seconds > 0 && sameRun ? before : null, now, seconds);
  }

  TopReading now() {
    return now;
  }

  /** Empty when nothing is known of the time between the readings. */
  Optional<PortRate> port(String name) {
    Port then = before == null ? null : before.ports().get(name);
    Port port = now.ports().get(name);
    if (then == null
        || port == null
        || port.inFrames() < then.inFrames()
        || port.inBytes() < then.inBytes()
        || port.outFrames() < then.outFrames()
        || port.outBytes() < then.outBytes()) {
      return Optional.empty();
    }
    long received = port.inFrames() - then.inFrames();
    double dropped = 0;
    String reason = "";
    long most = 0;
    for (Map.Entry<String, Long> one : port.drops().entrySet()) {
      long count = one.getValue() - then.drops().getOrDefault(one.getKey(), 0L);
      if (count < 0) {
        return Optional.empty();
      }
      dropped += count;
      if (count > most) {
        most = count;
        reason = one.getKey();
      }
    }
    return Optional.of(
        new PortRate(
            received / seconds,
            (port.inBytes() - then.inBytes()) * BITS / seconds,
            received == 0 ? 0 : (double) (port.writtenThrough() - then.writtenThrough()) / received,
            (port.outFrames() - then.outFrames()) / seconds,
            (port.outBytes() - then.outBytes()) * BITS / seconds,
            dropped / seconds,
            reason));
  }

  /** As above. */
  Optional<LoopRate> loop(String name) {
    Loop then = before == null ? null : before.loops().get(name);
    Loop loop = now.loops().get(name);
    if (then == null || loop == null) {
      return Optional.empty();
    }
    double busy = loop.busyNs() - then.busyNs();
    double emulation = loop.emulationNs() - then.emulationNs();
    double waiting = loop.waitNs() - then.waitNs();
    double all = busy + emulation + loop.idleNs() - then.idleNs();
    long frames = loop.frames() - then.frames();
    if (all <= 0 || busy < 0 || frames < 0) {
      return Optional.empty();
    }
    return Optional.of(
        new LoopRate(
            busy / all,
            emulation / all,
            waiting / (seconds * NS_PER_SECOND),
            frames / seconds,
            frames == 0 ? Optional.empty() : Optional.of(busy / frames)));
  }

  /** Ports that come first, by what the user wants to see on top. */
  Comparator<String> order(TopOrder order) {
    Comparator<String> most =
        Comparator.comparingDouble(name -> port(name).map(order::of).orElse(0.0));
    return most.reversed();
  }
}
