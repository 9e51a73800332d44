// SPDX-License-Identifier: Apache-2.0

/**
 * Benchmarks. {@link io.iovtee.bench.Main} names the commands; each lives in a package of its own
 * below this one, on top of {@link io.iovtee.bench.report} (options, table, JSON, chart), {@link
 * io.iovtee.bench.vswitch} (switches as processes) and {@link io.iovtee.bench.peer} (DPDK and the
 * system). Sees every module; nothing depends on it but the integration tests, which use the last.
 */
@NullMarked
package io.iovtee.bench;

import org.jspecify.annotations.NullMarked;
