// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nf;

/**
 * What the sample NF did since it started, over all connections. The last eight count only when it
 * verifies.
 *
 * @param received frames taken from the receive rings
 * @param receivedBytes their bytes
 * @param returned frames put on the transmit rings
 * @param returnedBytes their bytes
 * @param ignored frames that the mode has no answer for
 * @param dropped frames that found the transmit ring full
 * @param emptyBuffers buffers that the switch gave back without a frame
 * @param connections times that it connected to the switch
 * @param good test frames seen for the first time, every byte as sent
 * @param corrupt test frames with changed or missing bytes
 * @param foreign frames that are no test frames
 * @param missing sequence numbers passed over that have not come since
 * @param duplicated frames that had come before
 * @param reordered frames that came after a later one of their flow
 * @param late frames too old to say which of the two
 * @param misdelivered test frames of another tenant or of a flow that nobody sends
 */
public record NfStats(
    long received,
    long receivedBytes,
    long returned,
    long returnedBytes,
    long ignored,
    long dropped,
    long emptyBuffers,
    long connections,
    long good,
    long corrupt,
    long foreign,
    long missing,
    long duplicated,
    long reordered,
    long late,
    long misdelivered) {
  /** {@code received=1 receivedBytes=60 …}: one line, for whoever reads the process's output. */
  @Override
  public String toString() {
    return ("received=%d receivedBytes=%d returned=%d returnedBytes=%d ignored=%d dropped=%d "
            + "emptyBuffers=%d connections=%d good=%d corrupt=%d foreign=%d missing=%d "
            + "duplicated=%d reordered=%d late=%d misdelivered=%d")
        .formatted(
            received,
            receivedBytes,
            returned,
            returnedBytes,
            ignored,
            dropped,
            emptyBuffers,
            connections,
            good,
            corrupt,
            foreign,
            missing,
            duplicated,
            reordered,
            late,
            misdelivered);
  }
}
