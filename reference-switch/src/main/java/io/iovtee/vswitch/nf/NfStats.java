// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nf;

/**
 * What the sample NF did since it started, over all connections.
 *
 * @param received frames taken from the receive rings
 * @param receivedBytes their bytes
 * @param returned frames put on the transmit rings
 * @param ignored frames that the mode has no answer for
 * @param connections times that it connected to the switch
 */
public record NfStats(
    long received, long receivedBytes, long returned, long ignored, long connections) {
  /** {@code received=1 receivedBytes=60 …}: one line, for whoever reads the process's output. */
  @Override
  public String toString() {
    return "received=%d receivedBytes=%d returned=%d ignored=%d connections=%d"
        .formatted(received, receivedBytes, returned, ignored, connections);
  }
}
