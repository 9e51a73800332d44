// SPDX-License-Identifier: Apache-2.0

/**
 * The back-end of vhost-user: takes a front-end's messages, checks them, and asks the data path for
 * what they mean.
 *
 * <p>Read in this order: {@link io.iovtee.vswitch.vhost.VhostUserRequest} (what can be asked),
 * {@link io.iovtee.vswitch.vhost.VhostUserConnection} (bytes and descriptors into messages), {@link
 * io.iovtee.vswitch.vhost.VhostUserSession} (the protocol's state), {@link
 * io.iovtee.vswitch.vhost.GuestPortBackend} (the only door to the data path).
 *
 * <p>Depends on {@code linux}, {@code memory} and {@code virtio}. One thread per port, named {@code
 * iovtee-vhost-<port>}; it may block, for a bounded time, on the data path's acknowledgement and on
 * nothing else.
 *
 * <p>A front-end is an adversary. Whatever it sends, it can end only its own connection: then all
 * descriptors and mappings that came over it are released, and one line says which rule it broke.
 */
@NullMarked
package io.iovtee.vswitch.vhost;

import org.jspecify.annotations.NullMarked;
