// SPDX-License-Identifier: Apache-2.0

/**
 * Benchmarks against peers. {@link io.iovtee.bench.Main} reads the command line, {@link
 * io.iovtee.bench.Comparison} alternates the subjects window by window, a {@link
 * io.iovtee.bench.Contestant} is one switch with its network function, {@link
 * io.iovtee.bench.SwitchUnderTest} is our switch in a process of its own. Everything here runs on
 * the main thread of its process. Sees every module; nothing depends on it but the integration
 * tests, which use {@link io.iovtee.bench.peer}.
 */
@NullMarked
package io.iovtee.bench;

import org.jspecify.annotations.NullMarked;
