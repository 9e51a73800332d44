// SPDX-License-Identifier: Apache-2.0

/**
 * The queue-mapping engine: decides which physical Rx queue is filled with which guest's buffers.
 *
 * <p>Sees plugin-api and verticles, never the reference switch.
 */
@NullMarked
package io.iovtee.plugin;

import org.jspecify.annotations.NullMarked;
