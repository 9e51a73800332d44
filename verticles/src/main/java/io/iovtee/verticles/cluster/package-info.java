// SPDX-License-Identifier: Apache-2.0

/**
 * Several switches that share rules: who is there, the rules that all shall have, and putting them
 * into this switch's table. The only package with Hazelcast, and of it only {@code
 * HazelcastMeeting}, {@code HazelcastSetup} and {@code GuardedNodeContext}, which are not loaded
 * where no cluster is configured. Everything runs on threads of its own; poll loops know nothing of
 * it. Depends on plugin-api, the bus, stats and mapping commands, Vert.x and Hazelcast.
 */
@NullMarked
package io.iovtee.verticles.cluster;

import org.jspecify.annotations.NullMarked;
