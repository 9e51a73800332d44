// SPDX-License-Identifier: Apache-2.0

/**
 * Benchmarks under a given load, with every frame accounted for: {@code vm2vm}, {@code ndr} and
 * {@code latency}.
 *
 * <p>{@link io.iovtee.bench.load.LoadGenerator} is a process of its own with one busy thread: it
 * sends on one vhost-user port, or on a wire to the switch's emulated NIC ({@link
 * io.iovtee.bench.load.LoadWire}), and receives on another port ({@link
 * io.iovtee.bench.load.LoadPort}), by a {@link io.iovtee.bench.load.Schedule}, and keeps a {@link
 * io.iovtee.bench.load.Ledger} of each trial ({@link io.iovtee.bench.load.LoadEngine}). The
 * commands run on the main thread of theirs and talk to it by lines ({@link
 * io.iovtee.bench.load.LoadProcess}). May use everything in {@code io.iovtee.bench} but {@code
 * pair}, and the driver side of {@code io.iovtee.vswitch}.
 */
@NullMarked
package io.iovtee.bench.load;

import org.jspecify.annotations.NullMarked;
