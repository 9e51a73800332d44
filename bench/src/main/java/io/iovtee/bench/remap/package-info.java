// SPDX-License-Identifier: Apache-2.0

/**
 * {@code bench remap}: what a change of a mapping does to frames that run meanwhile. Switch and
 * plugin run in this process; {@link io.iovtee.bench.remap.NumberedTraffic} sends numbered frames,
 * {@link io.iovtee.bench.remap.CountingFunction} receives them, each on a thread of its own, and
 * {@link io.iovtee.bench.remap.Deliveries} says afterwards what was lost and when nothing came.
 * Depends on {@link io.iovtee.bench.report} and {@link io.iovtee.bench.peer}.
 */
@NullMarked
package io.iovtee.bench.remap;

import org.jspecify.annotations.NullMarked;
