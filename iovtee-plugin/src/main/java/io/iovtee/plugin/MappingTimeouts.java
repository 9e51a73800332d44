// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

/**
 * How long a mapping waits for the switch. A step that takes longer has failed: the mapping falls
 * back to copying and is tried again.
 *
 * @param steerMs for the NIC to take a steering entry and to read it back
 * @param attachMs for a re-bind, which takes 31–50 ms on AF_XDP plus the wait for the old one to go
 * @param lendMs for one duty cycle of a poll loop
 * @param drainMs for the NIC to fill the guest buffers that it still holds; an idle queue never
 *     does, and they are revoked instead
 * @param drainPollMs between two looks at the outstanding buffers
 * @param retryMinMs before the first new try
 * @param retryMaxMs before any later one; the wait doubles up to this
 * @param settledMs after which an active mapping counts as a success, so that the wait starts again
 *     from the least
 */
record MappingTimeouts(
    long steerMs,
    long attachMs,
    long lendMs,
    long drainMs,
    long drainPollMs,
    long retryMinMs,
    long retryMaxMs,
    long settledMs) {

  static final MappingTimeouts DEFAULT =
      new MappingTimeouts(2_000, 5_000, 2_000, 2_000, 20, 1_000, 60_000, 30_000);
}
