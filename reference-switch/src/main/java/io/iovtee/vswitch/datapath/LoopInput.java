// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

/** One row of a loop's poll list: an input, whose port it is, and where it is counted. */
final class LoopInput {
  /** Failures after which an input is polled no more: each may cost a batch of buffers. */
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

  /**
   * The input failed again and again and brings no frames from now on.
   *
   * @return whether it must still be polled, with new patience: somebody waits for what it does
   *     besides
   */
  boolean giveUp() {
    failures = 0;
    return input instanceof GuestInput guest && guest.stopReading();
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
