// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.iovtee;

import java.util.Map;

/**
 * What the switch classified on one NIC queue since the last reading: the event that tells which
 * guest a queue's frames are for.
 *
 * @param frames all frames that the queue received
 * @param byGuest those that a rule sent to a guest, by the guest's port
 */
public record MatchedFlows(QueueId queue, long frames, Map<String, Long> byGuest) {}
