// SPDX-License-Identifier: Apache-2.0

/**
 * {@code bench micro}: what one verb of a ring, one header, one lookup or one copy takes. The
 * classes named {@code ...Benchmark} are JMH's; {@link io.iovtee.bench.micro.MicroCommand} runs
 * them, each in a JVM of its own, and {@link io.iovtee.bench.micro.Partner} is the thread on the
 * other core.
 *
 * <p>On top of {@code report} and {@code peer}; uses the switch's parts, never a whole switch.
 */
@NullMarked
package io.iovtee.bench.micro;

import org.jspecify.annotations.NullMarked;
