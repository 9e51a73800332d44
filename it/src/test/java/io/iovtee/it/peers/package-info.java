// SPDX-License-Identifier: Apache-2.0

/**
 * The world outside of the switch, for end-to-end tests: numbered frames that go in on a wire
 * ({@link io.iovtee.it.peers.FrameWire}), and a log that knows what became of each ({@link
 * io.iovtee.it.peers.DeliveryLog}). The network functions are real testpmd processes (package
 * io.iovtee.bench.peer). Everything runs on the test's own thread.
 */
@NullMarked
package io.iovtee.it.peers;

import org.jspecify.annotations.NullMarked;
