// SPDX-License-Identifier: Apache-2.0

/**
 * The queue-mapping engine: decides which physical Rx queue is filled with which guest's buffers.
 *
 * <p>Sees plugin-api and verticles, never the reference switch.
 *
 * <p>{@link io.iovtee.plugin.GuestBufferSource} and what it uses run on the poll thread that owns
 * the queue; mappings run on one thread, {@code iovtee-mapping}; the control plane on Vert.x
 * threads.
 */
@NullMarked
package io.iovtee.plugin;

import org.jspecify.annotations.NullMarked;
