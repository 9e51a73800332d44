// SPDX-License-Identifier: Apache-2.0

/**
 * Drives the programs that we measure and test against: DPDK's testpmd, network namespaces, veth
 * pairs. Depends on nothing of ours but the native calls; everything here blocks and belongs on a
 * control thread of a benchmark or a test. Whatever is made here (process, namespace, link) is
 * registered with {@link io.iovtee.bench.peer.CleanUp} and goes away with this JVM at the latest.
 */
@NullMarked
package io.iovtee.bench.peer;

import org.jspecify.annotations.NullMarked;
