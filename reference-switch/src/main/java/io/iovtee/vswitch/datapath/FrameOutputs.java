// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.api.DropReason;
import io.iovtee.flow.FlowRule;

/**
 * Sends the {@link FrameAtHand}. An output waits until it is known whether another one, or a
 * change, follows: only the last may take the frame's buffer, all others copy. One loop owns it.
 *
 * <p>Outputs send the snapshot of a frame that lies in a guest's memory, so such a frame needs no
 * copy for being changed. It is written back to the frame's own place in two cases: a chunk of the
 * switch's own pool, and the receive buffer of the very guest that gets the frame, when it has not
 * grown: whether the guest posted room for more is not looked at, so a frame with a tag more is
 * copied. A transmit buffer that a guest lends is never written.
 */
final class FrameOutputs {
  private final Pipeline pipeline;
  private final FrameAtHand frame;

  /** Port of the output that waits; 0 if none does. */
  private int waiting;

  /** Whether that is an output to the input. */
  private boolean waitingBack;

  FrameOutputs(Pipeline pipeline, FrameAtHand frame) {
    this.pipeline = pipeline;
    this.frame = frame;
  }

  /** Another frame. */
  void start() {
    waiting = 0;
  }

  /**
   * One output.
   *
   * @param target a port's number, or one of the targets of {@link FlowProgram}
   */
  void output(FrameBatch batch, int i, int target, InputCounters counters) {
    int inPort = frame.inPort();
    int port = target;
    if (port == FlowProgram.NORMAL) {
      FrameEditor now = frame.editor;
      port = pipeline.switchByMac(now.source(), now.destination(), now.endsInTag(), inPort);
    }
    if (port == FlowProgram.FLOOD) {
      sendWaiting(batch, i, counters);
      frame.leave(batch, i);
      pipeline.floodCopies(batch, i, inPort, counters);
      return;
    }
    boolean back = port == FlowProgram.IN_PORT;
    port = back ? inPort : port;
    if (port <= 0) {
      return;
    }
    if (port == inPort && !back) {
      batch.dropped(i, DropReason.OUTPUT_IS_INPUT.ordinal());
      return;
    }
    if (waiting != 0 && waiting != port && FrameAtHand.isHome(batch, i, waiting)) {
      frame.leave(batch, i); // who waits may keep the buffer, so this one gets a copy first
      pipeline.sendNow(batch, i, port, false, counters);
      return;
    }
    sendWaiting(batch, i, counters);
    waiting = port;
    waitingBack = back;
  }

  /** A copy of the frame as it is now; the frame's own way and outcome stay as they are. */
  void mirror(FrameBatch batch, int i, int port) {
    if (port > 0 && port != frame.inPort()) {
      frame.settle(batch, i);
      pipeline.tap().copy(batch, i, port, MirrorTap.BY_RULES);
    }
  }

  /** To the API; counts as dropped for one of two reasons while no port gets the frame. */
  void punt(FrameBatch batch, int i, FlowRule rule, int lengthMax) {
    PuntQueue queue = pipeline.punts();
    boolean taken = queue != null && queue.offer(batch, i, frame.inPort(), rule, lengthMax);
    batch.dropped(i, (taken ? DropReason.PUNTED : DropReason.PUNT_LIMIT).ordinal());
  }

  /** Something follows: the output that waits gets a copy. */
  void sendWaiting(FrameBatch batch, int i, InputCounters counters) {
    if (waiting != 0) {
      frame.leave(batch, i);
      pipeline.sendNow(batch, i, waiting, false, counters);
      waiting = 0;
    }
  }

  /** Nothing follows: the output that waits, if one does, may have the frame's buffer. */
  void sendLast(FrameBatch batch, int i, InputCounters counters) {
    if (waiting == 0 || frame.isEnded()) {
      return;
    }
    frame.leave(batch, i);
    boolean home = FrameAtHand.isHome(batch, i, waiting);
    boolean fits = !home || frame.fitsHome();
    if (fits && home) {
      frame.settleHome(batch, i);
    }
    if (fits && !waitingBack) {
      pipeline.enqueue(batch, i, waiting, frame.inPort(), counters);
    } else {
      pipeline.sendNow(batch, i, waiting, fits, counters);
    }
  }
}
