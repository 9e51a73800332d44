// SPDX-License-Identifier: Apache-2.0

/**
 * The uplink of benchmarks over AF_XDP: a veth pair in a namespace of its own, with BPF programs at
 * its far end that stand for the wire: {@link io.iovtee.bench.xdp.ClosedLoop} sends every frame
 * back, {@link io.iovtee.bench.xdp.LiveProcess} makes frames and is the sink behind the switch,
 * too. Depends on the switch's BPF calls, {@link io.iovtee.bench.peer} and the sink's {@link
 * io.iovtee.bench.load.LoadPort}. Runs on the main thread, {@link io.iovtee.bench.xdp.LiveEngine}
 * on one of its own in a process of its own.
 */
@NullMarked
package io.iovtee.bench.xdp;

import org.jspecify.annotations.NullMarked;
