// SPDX-License-Identifier: Apache-2.0

/**
 * How verticles talk to each other inside one switch: addresses and typed messages on Vert.x's
 * event bus, handed over as the immutable objects that they are. Depends on Vert.x only; any
 * thread.
 */
@NullMarked
package io.iovtee.verticles.bus;

import org.jspecify.annotations.NullMarked;
