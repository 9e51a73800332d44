// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import io.iovtee.vswitch.nic.pcap.PcapTrace;

/**
 * Replays a capture: at recorded speed, at a fixed rate, or as fast as descriptors come. A frame
 * that is due and finds no descriptor is missed, or with backpressure holds those behind it; as
 * fast as descriptors come means that it always holds.
 */
final class PcapSource implements TrafficSource {

  /** Between the last frame and the first of the next round where the file gives no hint. */
  private static final long GAP_NS_DEFAULT = 1_000_000;

  /** Frames looked at per step, missed ones included: bounds the step. */
  private static final int FRAMES_MAX = 4096;

  private final PcapTrace trace;
  private final String file;
  private final PcapSpeed speed;
  private final long roundNs;
  private final long count;
  private final boolean hold;
  private final Pacer pacer;
  private final FrameKey key = new FrameKey();
  private volatile Steering steering;
  private long next;
  private int nextFrame;
  private long roundStartNs;

  /**
   * @param loop how often; 0 = endless
   * @param ratePps frames per second for {@link PcapSpeed#FIXED}
   */
  PcapSource(
      PcapTrace trace,
      String file,
      PcapSpeed speed,
      long ratePps,
      int loop,
      boolean backpressure,
      int queues) {
    this.trace = trace;
    this.file = file;
    this.speed = speed;
    int frames = trace.frames();
    long lastNs = trace.elapsedNs(frames - 1);
    roundNs = lastNs + (frames > 1 && lastNs > 0 ? lastNs / (frames - 1) : GAP_NS_DEFAULT);
    count = loop == 0 ? Long.MAX_VALUE : (long) loop * frames;
    hold = backpressure || speed == PcapSpeed.MAX;
    pacer = new Pacer(Math.max(1, ratePps));
    steering = Steering.rss(queues);
  }

  @Override
  public int run(RxRing[] rings, int demand, long nowNs) {
    if (!pacer.started()) {
      if (!anyLinked(rings)) {
        return 0;
      }
      pacer.start(nowNs);
      roundStartNs = nowNs;
    }
    Steering now = steering;
    int done = 0;
    int doneMax = DmaEngine.BURST * rings.length;
    for (int i = 0; i < FRAMES_MAX && done < doneMax && isDue(nowNs); i++) {
      int offset = trace.offset(nextFrame);
      int length = trace.length(nextFrame);
      key.parse(trace.bytes(), offset, length);
      int queue = now.queueOf(key, trace.bytes());
      if (queue < 0) {
        rings[~queue].filtered(1);
      } else if (rings[queue].receive(trace.bytes(), offset, length)) {
        done++;
      } else if (hold) {
        return done;
      } else {
        rings[queue].missed(1);
      }
      advance();
    }
    return done;
  }

  private static boolean anyLinked(RxRing[] rings) {
    boolean linked = false;
    for (RxRing ring : rings) {
      linked |= ring.unfilled() > 0 || ring.linkedOnce();
    }
    return linked;
  }

  private boolean isDue(long nowNs) {
    if (next >= count) {
      return false;
    }
    return switch (speed) {
      case RECORDED -> nowNs - roundStartNs >= trace.elapsedNs(nextFrame);
      case FIXED -> next < pacer.due(nowNs);
      case MAX -> true;
    };
  }

  private void advance() {
    next++;
    nextFrame++;
    if (nextFrame == trace.frames()) {
      nextFrame = 0;
      roundStartNs += roundNs;
    }
  }

  @Override
  public boolean isPaced() {
    return true;
  }

  @Override
  public void steer(Steering changed) {
    steering = changed;
  }

  @Override
  public String description() {
    return "replay of %s, %d frames, %s"
        .formatted(
            file,
            trace.frames(),
            switch (speed) {
              case RECORDED -> "recorded speed";
              case FIXED -> pacer.toString();
              case MAX -> "as fast as descriptors come";
            });
  }
}
