// SPDX-License-Identifier: Apache-2.0

/**
 * {@code bench oneway}, {@code pvp} and {@code scale}: a {@link io.iovtee.bench.pair.Contestant} is
 * one switch with its network function, {@link io.iovtee.bench.pair.Comparison} alternates them
 * window by window. Depends on {@link io.iovtee.bench.report}, {@link io.iovtee.bench.vswitch} and
 * {@link io.iovtee.bench.peer}. Runs on the main thread.
 */
@NullMarked
package io.iovtee.bench.pair;

import org.jspecify.annotations.NullMarked;
