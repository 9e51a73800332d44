// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.xdp;

import io.iovtee.bench.load.LoadPort;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Generator and sink in one thread: sends some frames, takes what the network function's ring
 * holds, and so on. So no two threads share the core, and the sink is never away for longer than
 * the sending takes.
 */
final class LiveEngine implements Runnable {
  /**
   * Frames sent in one turn. A call costs some microseconds before the first frame; and what a turn
   * sends has to fit into the sink's ring, with as much again that may still be under way.
   */
  private static final int TURN = 512;

  /** While nothing is sent the core belongs to others. */
  private static final long PAUSE_NS = TimeUnit.MICROSECONDS.toNanos(50);

  private final String netns;
  private final String far;
  private final byte[] frame;
  private final @Nullable LoadPort sink;
  private final AtomicReference<@Nullable CompletableFuture<LiveCounts>> asked =
      new AtomicReference<>();
  private volatile boolean sending;
  private volatile boolean ended;
  private long received;
  private long foreign;

  /**
   * Prepares.
   *
   * @param far interface that frames leave by, in the namespace
   * @param sink where they come back; null if they do not
   */
  LiveEngine(String netns, String far, byte[] frame, @Nullable LoadPort sink) {
    this.netns = netns;
    this.far = far;
    this.frame = frame;
    this.sink = sink;
  }

  /** Sends until {@link #stop}. Any thread. */
  void start() {
    sending = true;
  }

  /** Sends no more. Any thread. */
  void stop() {
    sending = false;
  }

  /** Lets {@link #run} return. Any thread. */
  void end() {
    ended = true;
  }

  /** What was counted between two turns. One caller at a time, of any other thread. */
  LiveCounts counts() {
    CompletableFuture<LiveCounts> answer = new CompletableFuture<>();
    asked.set(answer);
    return answer.join();
  }

  @Override
  public void run() {
    try (LiveSource source = LiveSource.open(netns, far, frame)) {
      while (!ended) {
        turn(source);
      }
    }
  }

  private void turn(LiveSource source) {
    boolean busy = sending;
    if (busy) {
      source.send(TURN);
    }
    busy |= drain() > 0;
    CompletableFuture<LiveCounts> answer = asked.getAndSet(null);
    if (answer != null) {
      answer.complete(new LiveCounts(source.sent(), received, foreign, System.nanoTime()));
    }
    if (!busy) {
      LockSupport.parkNanos(PAUSE_NS);
    }
  }

  /** Takes what the ring holds now, and what comes meanwhile up to as much as a turn sends. */
  private int drain() {
    if (sink == null) {
      return 0;
    }
    int all = 0;
    int count;
    do {
      count = sink.poll();
      int ours = sink.count(count, frame.length);
      received += ours;
      foreign += count - ours;
      sink.giveBack(count);
      all += count;
    } while (count == LoadPort.BURST && all < TURN);
    return all;
  }
}
