// SPDX-License-Identifier: Apache-2.0

/**
 * The front-end of vhost-user, the other end of {@code io.iovtee.vswitch.vhost}: shares memory of
 * its own with a back-end and runs the driver side of the virtqueues in it. Used by the sample
 * network function, and by tests as a well-behaved and, through {@link
 * io.iovtee.vswitch.frontend.FrontendChannel}, as a hostile peer.
 *
 * <p>Depends on {@code linux}, {@code virtio} and the message names of {@code vhost}. Everything is
 * for one thread, which may block for the bounded time of a reply.
 */
@NullMarked
package io.iovtee.vswitch.frontend;

import org.jspecify.annotations.NullMarked;
