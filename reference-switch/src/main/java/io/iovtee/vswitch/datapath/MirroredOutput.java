// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

/** An output of a port that a mirror selects: what is sent there is copied for the mirror first. */
final class MirroredOutput implements TxQueue {
  private final TxQueue output;
  private final int port;
  private final MirrorTap tap;

  MirroredOutput(TxQueue output, int port, MirrorTap tap) {
    this.output = output;
    this.port = port;
    this.tap = tap;
  }

  /** The output itself, past a mirror. */
  static TxQueue behind(TxQueue output) {
    return output instanceof MirroredOutput mirrored ? mirrored.output : output;
  }

  @Override
  public void transmit(FrameBatch batch, int[] index, int count, boolean mayTake) {
    tap.sent(batch, index, count, port);
    output.transmit(batch, index, count, mayTake);
  }

  @Override
  public int flush() {
    return output.flush();
  }

  @Override
  public long emulationNs() {
    return output.emulationNs();
  }
}
