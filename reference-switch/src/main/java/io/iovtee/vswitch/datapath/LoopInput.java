// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

/** One row of a loop's poll list: an input, whose port it is, and where it is counted. */
final class LoopInput {
  /** Failures after which an input is given up: each may cost a batch of frames. */
  static final int FAILURES_MAX = 16;

  final FrameInput input;
  final int port;
  final InputCounters counters;

  /** Times that its code failed. */
  int failures;

  LoopInput(FrameInput input, int port, InputCounters counters) {
    this.input = input;
    this.port = port;
    this.counters = counters;
  }

  /** A row whose frames were decided by another loop: they go to {@code port} as they are. */
  static LoopInput handover(Handover ring, int port) {
    return new LoopInput(ring, port, new InputCounters());
  }

  boolean isHandover() {
    return input instanceof Handover;
  }

  /** What becomes of an input that was given up. */
  enum Fate {
    /** It is still polled, with new patience: it does what did not fail. */
    GOES_ON,
    /** It is polled no more. */
    LEAVES,
    /** The guest can neither send nor be woken: its session ends, and it may connect again. */
    ENDS_GUEST
  }

  /**
   * The input failed again and again. First it goes without what most likely failed: a NIC queue
   * without the source that lends to it, a guest without what it sends.
   */
  Fate giveUp(PollLoop loop) {
    return switch (input) {
      case NicInput nic when nic.isLending() -> {
        nic.endLending(loop);
        yield Fate.GOES_ON;
      }
      case GuestInput guest -> guest.stopReading() ? Fate.GOES_ON : Fate.ENDS_GUEST;
      default -> Fate.LEAVES;
    };
  }

  /** The guest port whose memory a poll touches: its own, or the one that fills the NIC queue. */
  int blame() {
    return switch (input) {
      case GuestInput _ -> port;
      case NicInput nic -> OwnerIds.port(nic.lender());
      default -> 0;
    };
  }

  /** Nanoseconds of hardware emulation in the last poll. */
  long emulationNs() {
    return input instanceof NicInput nic ? nic.queue().emulationNs() : 0;
  }

  /** After the batch was released: returned buffers become visible to whom they belong. */
  void flush(FrameBatch batch) {
    if (input instanceof GuestInput guest) {
      guest.flush();
    } else if (input instanceof Handover ring) {
      ring.release(batch);
    }
  }

  /** Stops touching a guest whose memory failed. */
  void abandonGuest(int guestPort) {
    if (input instanceof GuestInput guest && port == guestPort) {
      guest.abandon();
    } else if (input instanceof NicInput nic && OwnerIds.port(nic.lender()) == guestPort) {
      nic.stopLending();
    }
  }
}
