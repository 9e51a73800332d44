// SPDX-License-Identifier: Apache-2.0
/**
 * The plugin SPI of the switch: what a plugin may see and do.
 *
 * <p>Two hooks carry the whole idea. <em>Refill</em>: a NIC receive queue asks its {@link
 * io.iovtee.api.RxBufferSource} for buffers. <em>Publish in place</em>: a frame that lies in a
 * buffer which a virtqueue lent is completed on that virtqueue without a copy. Everything else here
 * is for finding queues, ports and rules, and for being told when they change.
 *
 * <p>No Vert.x, no JSON, no {@code Linker} and no {@code Arena} here; memory appears as addresses.
 */
@NullMarked
package io.iovtee.api;

import org.jspecify.annotations.NullMarked;
