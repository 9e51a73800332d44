// SPDX-License-Identifier: Apache-2.0

/**
 * Mappings: which NIC receive queue is filled with which guest's buffers. Declares {@link
 * io.iovtee.verticles.iovtee.MappingEngine}, which the plugin implements, and the verticle that
 * feeds it with what happens in the switch and passes commands on.
 *
 * <p>Depends on plugin-api and Vert.x. The records are immutable; any thread.
 */
@NullMarked
package io.iovtee.verticles.iovtee;

import org.jspecify.annotations.NullMarked;
