// SPDX-License-Identifier: Apache-2.0

/**
 * The uplink of benchmarks over AF_XDP: a veth pair in a namespace of its own, with BPF programs at
 * its far end that stand for the wire. Depends on the switch's BPF calls and {@link
 * io.iovtee.bench.peer}. Runs on the main thread.
 */
@NullMarked
package io.iovtee.bench.xdp;

import org.jspecify.annotations.NullMarked;
