// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nf;

import io.iovtee.vswitch.frames.TestFrame;

/**
 * The test frames that {@link NfMode#source} sends, and that any mode expects when it verifies.
 *
 * @param destinationMac 48 bits; all ones for broadcast
 * @param destinationIpv4 as {@code 0xc6120002} for 198.18.0.2
 * @param frameBytes length of each frame, 60..1514
 * @param tenant the number in the frames: who may receive them; 0..65535
 * @param flows flows to send in turn, 1..1024; each has a UDP source port of its own
 * @param framesPerSecond limit; 0 for none
 * @param frameCount frames to send in all; 0 for no end
 * @param window frames that may be under way: sent and not come back; 0 for no limit. Smaller than
 *     every ring on the way, nothing can be lost for want of room, however slow the machine is
 */
public record NfTraffic(
    long destinationMac,
    int destinationIpv4,
    int frameBytes,
    int tenant,
    int flows,
    long framesPerSecond,
    long frameCount,
    int window) {
  /** Flows of one source: each holds a template. */
  public static final int FLOWS_MAX = 1024;

  /** Flow {@code i} is sent from UDP port {@code SOURCE_PORT + i}. */
  public static final int SOURCE_PORT = 4096;

  /** The UDP port that all flows are sent to: discard (RFC 863). */
  public static final int DESTINATION_PORT = 9;

  private static final int TENANT_MAX = 65535;

  /** Broadcast frames of 60 bytes to 198.18.0.2 (RFC 2544), one flow, as fast as it goes. */
  public static final NfTraffic DEFAULT =
      new NfTraffic(0xffff_ffff_ffffL, 0xc6120002, TestFrame.LENGTH_MIN, 0, 1, 0, 0, 0);

  public NfTraffic {
    NfOptions.check("frame-bytes", frameBytes, TestFrame.LENGTH_MIN, TestFrame.LENGTH_MAX);
    NfOptions.check("tenant", tenant, 0, TENANT_MAX);
    NfOptions.check("flows", flows, 1, FLOWS_MAX);
    NfOptions.check("rate", framesPerSecond, 0, Integer.MAX_VALUE);
    NfOptions.check("count", frameCount, 0, Long.MAX_VALUE);
    NfOptions.check("window", window, 0, Integer.MAX_VALUE);
  }
}
