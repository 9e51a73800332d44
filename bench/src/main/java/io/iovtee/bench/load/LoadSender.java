// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import io.iovtee.vswitch.frames.LoadFrame;

/** Where a generator puts its frames. One thread; nothing waits, nothing is allocated per frame. */
public interface LoadSender {
  /** Frames that are sent in one turn at most: as many as DPDK's applications take. */
  int BURST = 32;

  /** A trial begins with this frame: what can be made beforehand is made now. */
  void prepare(LoadFrame frame);

  /** Frames that {@link #send} can take now, as far as it matters: up to {@link #BURST}. */
  int room();

  /** Puts a frame on its way; the switch sees it after {@link #flush}. */
  void send(LoadFrame frame, long sequence, long timeNs);

  /** Shows the switch what was sent. */
  void flush();

  /** Whether the switch is done with all that was sent. */
  boolean allTaken();
}
