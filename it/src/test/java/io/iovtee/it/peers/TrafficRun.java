// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.peers;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Sends numbered frames of random flows and lengths into a wire, never more on their way than a
 * window, and judges what comes back. The window keeps rings and sockets from overflowing, so that
 * every loss is the switch's. One thread.
 */
public final class TrafficRun {
  /**
   * So long without any frame coming back means that those on their way are lost. Much longer than
   * a queue's re-bind, which holds traffic for 50 ms, and than a switch waits for a core.
   */
  private static final long SILENCE_NS = TimeUnit.SECONDS.toNanos(5);

  /** Between two looks this process may have been stopped, and the switch with it. */
  private static final long LOOK_NS_MAX = 20_000_000;

  /** Pause when there is nothing to do: the switch and the NF need the cores more than we do. */
  private static final long PAUSE_NS = 20_000;

  /**
   * What to send.
   *
   * @param flowCount flows, numbered from 0
   * @param lengthMin shortest frame in bytes, without FCS
   * @param lengthMax longest frame
   * @param window frames on their way, at most
   * @param seed of flows and lengths
   */
  public record Plan(int flowCount, int lengthMin, int lengthMax, int window, long seed) {

    /** Frames of 60 to 1514 bytes. */
    public static Plan ofAllLengths(int flowCount, int window, long seed) {
      return new Plan(flowCount, 60, 1514, window, seed);
    }
  }

  private final FrameWire wire;
  private final Plan plan;
  private final Random random;
  private final DeliveryLog log;
  private final FlowFrames frames;
  private LongSupplier missedByNic = () -> 0;
  private long writtenOff;
  private int pendingFlow = -1;
  private int pendingLength;

  public TrafficRun(FrameWire wire, Plan plan) {
    this.wire = wire;
    this.plan = plan;
    this.random = new Random(plan.seed());
    this.log = new DeliveryLog(plan.flowCount());
    this.frames = new FlowFrames(plan.flowCount());
  }

  /**
   * Counts frames that the NIC says it did not take as no longer on their way.
   *
   * @param missedByNic the NIC's own counter
   */
  public TrafficRun notWaitingFor(LongSupplier missedByNic) {
    this.missedByNic = missedByNic;
    return this;
  }

  /** Sends so many more frames and waits for the last one. */
  public TrafficResult send(long frames) {
    long target = log.sentCount() + frames;
    return sendWhile(() -> log.sentCount() < target);
  }

  /** Sends as long as the condition holds, and waits for the last frame. */
  public TrafficResult sendWhile(BooleanSupplier more) {
    long silentNs = 0;
    long lookedNs = System.nanoTime();
    while (true) {
      boolean sending = more.getAsBoolean();
      if (!sending && onTheirWay() <= 0) {
        return log.result();
      }
      int sent = sending ? fillWindow(more) : 0;
      int received = wire.receive(this::judge);
      long nowNs = System.nanoTime();
      boolean heard = received > 0 || onTheirWay() <= 0;
      silentNs = heard ? 0 : silentNs + Math.min(nowNs - lookedNs, LOOK_NS_MAX);
      lookedNs = nowNs;
      if (silentNs > SILENCE_NS) {
        writtenOff = log.missing();
        silentNs = 0;
      }
      if (sent + received == 0) {
        writtenOff = Math.max(writtenOff, missedByNic.getAsLong());
        LockSupport.parkNanos(PAUSE_NS);
      }
    }
  }

  /** The seed and the plan, for messages. */
  public Plan plan() {
    return plan;
  }

  private long onTheirWay() {
    return log.missing() - writtenOff;
  }

  private int fillWindow(BooleanSupplier more) {
    int sent = 0;
    while (onTheirWay() < plan.window() && more.getAsBoolean()) {
      if (pendingFlow < 0) {
        pendingFlow = random.nextInt(plan.flowCount());
        pendingLength = plan.lengthMin() + random.nextInt(plan.lengthMax() - plan.lengthMin() + 1);
        frames.make(pendingFlow, log.nextNumber(pendingFlow), pendingLength);
      }
      if (!wire.send(frames.bytes(), pendingLength)) {
        return sent;
      }
      log.sent(pendingFlow);
      pendingFlow = -1;
      sent++;
    }
    return sent;
  }

  private void judge(byte[] bytes, int length) {
    if (frames.isIntact(bytes, length)) {
      log.received(frames.flow(), frames.number());
    } else {
      log.receivedCorrupted();
    }
  }
}
