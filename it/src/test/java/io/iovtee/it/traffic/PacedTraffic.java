// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.traffic;

import io.iovtee.it.peers.FrameWire;
import io.iovtee.it.peers.TestFunction;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Sends secret frames as fast as the functions get them. One thread sends and runs all functions:
 * on a machine whose cores are taken, each thread more costs a wait for every few frames.
 */
final class PacedTraffic {
  /** Frames on their way: fewer than a queue, or a function's ring, has room for by itself. */
  private static final int WINDOW = 1024;

  /** Frames between two looks at what has arrived. */
  private static final int BURST = 64;

  private static final long PAUSE_NS = 200_000;

  /** Pauses in a row without a frame, after which what is missing is taken for lost: 0.2 s. */
  private static final int PAUSES_MAX = 1000;

  private final FrameWire wire;
  private final List<TestFunction> functions;
  private final SecretFrames frames;
  private final boolean filtered;
  private long sent;
  private long expected;
  private long lost;

  /**
   * @param filtered whether a function's queue lets in no other frames
   */
  PacedTraffic(
      FrameWire wire, List<TestFunction> functions, SecretFrames frames, boolean filtered) {
    this.wire = wire;
    this.functions = functions;
    this.frames = frames;
    this.filtered = filtered;
  }

  /** Sends, and returns when no frame is on its way any more. */
  void send(long count) {
    for (long i = 1; i <= count; i++) {
      frames.next();
      while (!wire.send(frames.bytes(), frames.length())) {
        takeOrPause();
      }
      expected += arrives() ? 1 : 0;
      if (i % BURST == 0) {
        flush();
        awaitOutstanding(WINDOW);
      }
    }
    sent += count;
    flush();
    awaitOutstanding(0);
  }

  private boolean arrives() {
    return !filtered || frames.queue() == frames.function() || frames.queue() >= functions.size();
  }

  private void awaitOutstanding(int max) {
    int pauses = 0;
    while (outstanding() > max) {
      pauses = takeOrPause() ? 0 : pauses + 1;
      if (pauses == PAUSES_MAX) {
        lost += outstanding();
      }
    }
  }

  private long outstanding() {
    long missing = expected - functions.stream().mapToLong(TestFunction::received).sum();
    // What was taken for lost and came after all.
    lost = Math.max(0, Math.min(lost, missing));
    return missing - lost;
  }

  private boolean takeOrPause() {
    flush();
    if (take() > 0) {
      return true;
    }
    LockSupport.parkNanos(PAUSE_NS);
    return false;
  }

  private void flush() {
    wire.receive((bytes, length) -> {});
  }

  private int take() {
    int count = 0;
    for (TestFunction function : functions) {
      count += function.turn();
    }
    return count;
  }

  /** Frames that were sent. */
  long sent() {
    return sent;
  }

  /** Frames that should have been delivered and were not: a full ring dropped them. */
  long lost() {
    return lost;
  }
}
