// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.vswitch.datapath.LoopFailure.Where;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** What failed on a poll loop, for the log. The loop's thread notes it, one other asks. */
final class LoopFailures {
  private final AtomicLong lostBuffers = new AtomicLong();
  private volatile @Nullable LoopFailure first;

  /** The first failure is kept until somebody asks: those behind it may come from it. */
  void note(Where where, int port, RuntimeException e) {
    if (first == null) {
      first = new LoopFailure(where, port, e);
    }
  }

  /** What failed first since the last call; null if nothing did. */
  @Nullable LoopFailure take() {
    LoopFailure taken = first;
    first = null;
    return taken;
  }

  /** Somebody failed at taking so many buffers back, or at some of them: it did not say. */
  void lost(int buffers) {
    lostBuffers.addAndGet(buffers);
  }

  /** All of them. Any thread. */
  long lostBuffers() {
    return lostBuffers.get();
  }
}
