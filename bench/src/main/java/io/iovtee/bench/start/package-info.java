// SPDX-License-Identifier: Apache-2.0

/**
 * {@code bench startup} and {@code warmup}: how long a switch takes from its start to the first
 * frame, and to its full rate. {@link io.iovtee.bench.start.SinkFunction} is the network function
 * that counts; it runs in this process on a core of its own. Depends on {@link
 * io.iovtee.bench.report} and {@link io.iovtee.bench.peer}.
 */
@NullMarked
package io.iovtee.bench.start;

import org.jspecify.annotations.NullMarked;
