// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nf;

import io.iovtee.vswitch.frames.TestFrame;
import java.util.concurrent.TimeUnit;

/**
 * The test frames of one queue pair, in turn over its share of the flows, at a limited rate if one
 * is asked for. Lives as long as the NF: after a reconnect the numbers go on. NF thread.
 */
final class TrafficSource {
  private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);

  /** At most a hundredth of a second is caught up with after a pause: no long bursts. */
  private static final long CATCH_UP_DIVISOR = 100;

  private final NfTraffic traffic;
  private final int firstFlow;
  private final int flowStride;
  private final TestFrame[] flows;

  /** Frames that this pair sends of the whole: its share of the rate and of the count. */
  private final long framesPerSecond;

  private final long frameCount;
  private long sent;

  /** The rate is kept from here on, and what was sent since. */
  private long anchorNs;

  private long sentSinceAnchor;

  /**
   * @param pair flows {@code pair, pair + pairs, pair + 2 * pairs, …} are this pair's
   */
  TrafficSource(NfOptions options, int pair, int pairs, long nowNs) {
    traffic = options.traffic();
    firstFlow = pair;
    flowStride = pairs;
    flows = new TestFrame[Math.max(0, (traffic.flows() - pair + pairs - 1) / pairs)];
    long count = 0;
    for (int i = 0; i < flows.length; i++) {
      int flow = firstFlow + i * flowStride;
      flows[i] =
          new TestFrame(
              traffic.destinationMac(),
              options.mac(),
              options.ipv4(),
              traffic.destinationIpv4(),
              NfTraffic.SOURCE_PORT + flow,
              NfTraffic.DESTINATION_PORT);
      boolean oneMore = flow < traffic.frameCount() % traffic.flows();
      count += traffic.frameCount() / traffic.flows() + (oneMore ? 1 : 0);
    }
    frameCount = count;
    framesPerSecond = Math.max(1, traffic.framesPerSecond() * flows.length / traffic.flows());
    anchorNs = nowNs;
  }

  /** Frames that may be sent now, at most {@code max}. */
  int due(int max, long nowNs) {
    long due = flows.length == 0 ? 0 : max;
    if (traffic.frameCount() > 0) {
      due = Math.min(due, frameCount - sent);
    }
    if (traffic.framesPerSecond() > 0 && due > 0) {
      due = Math.min(due, dueByRate(nowNs));
    }
    return (int) due;
  }

  private long dueByRate(long nowNs) {
    long elapsedNs = nowNs - anchorNs;
    if (elapsedNs >= 2 * SECOND_NS) {
      anchorNs = nowNs;
      sentSinceAnchor = 0;
    } else if (elapsedNs >= SECOND_NS) {
      anchorNs += SECOND_NS;
      sentSinceAnchor -= framesPerSecond;
    }
    long earned = (nowNs - anchorNs) * framesPerSecond / SECOND_NS;
    long catchUpMax = Math.max(1, framesPerSecond / CATCH_UP_DIVISOR);
    sentSinceAnchor = Math.max(sentSinceAnchor, earned - catchUpMax);
    return earned - sentSinceAnchor;
  }

  /** Writes the next frame; returns its length. */
  int next(long address) {
    int index = (int) (sent % flows.length);
    flows[index].writeTo(
        address,
        traffic.frameBytes(),
        traffic.tenant(),
        firstFlow + index * flowStride,
        sent / flows.length);
    sent++;
    sentSinceAnchor++;
    return traffic.frameBytes();
  }

  /** Frames written so far. */
  long sent() {
    return sent;
  }
}
