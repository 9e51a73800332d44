// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

/**
 * Limits against a front-end that does it on purpose. {@link #DEFAULT} is right outside of tests.
 *
 * @param messageTimeoutMs from a message's first byte to its last, and for a reply to be read: a
 *     peer that drip-feeds or does not read is cut off
 * @param firstMessageTimeoutMs from accepting a connection to its first whole message: a silent
 *     peer must not keep the port's only place. Every known front-end speaks at once
 * @param repliesMax replies that wait for the peer; a front-end waits for each, so more than one is
 *     unusual
 * @param messagesPerTick requests handled per {@link #TICK_MS}: a start with 128 queue pairs sends
 *     some 2000, a flood must leave the processor to others
 * @param acceptsPerTick connections accepted per {@link #TICK_MS}, refused ones included
 * @param reconnectMinMs first pause of a client before it connects again; doubles each time
 * @param reconnectMaxMs longest such pause
 */
public record VhostUserLimits(
    int messageTimeoutMs,
    int firstMessageTimeoutMs,
    int repliesMax,
    int messagesPerTick,
    int acceptsPerTick,
    int reconnectMinMs,
    int reconnectMaxMs) {

  /** Length of the period that budgets are counted in, ms. */
  public static final int TICK_MS = 10;

  public static final VhostUserLimits DEFAULT =
      new VhostUserLimits(5000, 5000, 64, 256, 4, 20, 1000);
}
