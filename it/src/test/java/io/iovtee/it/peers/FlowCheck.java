// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.peers;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntPredicate;

/** Looks at every frame that a function is given: it must be intact and of a flow of its own. */
public final class FlowCheck implements TestFunction.Inspector {
  private final IntPredicate mine;
  private final FlowFrames frames = new FlowFrames(0);
  private final AtomicLong wrong = new AtomicLong();

  /**
   * Prepares.
   *
   * @param mine which flows are the function's
   */
  public FlowCheck(IntPredicate mine) {
    this.mine = mine;
  }

  @Override
  public void frame(byte[] frame, int length) {
    if (!frames.isIntact(frame, length) || !mine.test(frames.flow())) {
      wrong.incrementAndGet();
    }
  }

  /** Frames that were damaged or somebody else's. */
  public long wrong() {
    return wrong.get();
  }
}
