// SPDX-License-Identifier: Apache-2.0

/**
 * Tap interfaces of the host, type {@code tap}: the switch's way to the host's own network stack.
 *
 * <p>Each queue is a descriptor of {@code /dev/net/tun}, and each frame is one read or one write of
 * it: a system call a frame is inherent here. So a duty cycle makes a bounded number of them.
 * {@code TapPort} is made on the control thread; the queues run on their poll threads; no thread is
 * started. Depends on {@code linux}, {@code memory}, {@code nic.parts} and the interfaces of {@code
 * datapath}.
 *
 * @see <a href="https://docs.kernel.org/networking/tuntap.html">tuntap</a>
 */
@NullMarked
package io.iovtee.vswitch.nic.tap;

import org.jspecify.annotations.NullMarked;
