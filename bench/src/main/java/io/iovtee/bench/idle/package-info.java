// SPDX-License-Identifier: Apache-2.0

/**
 * {@code bench idle}: what switches take of a core, and how often they wake up, while their ports
 * are up and no frame comes. Reads {@code /proc} and asks the switches nothing meanwhile. Depends
 * on {@link io.iovtee.bench.report}, {@link io.iovtee.bench.vswitch} and {@link
 * io.iovtee.bench.peer}. Runs on the main thread.
 */
@NullMarked
package io.iovtee.bench.idle;

import org.jspecify.annotations.NullMarked;
