// SPDX-License-Identifier: Apache-2.0

/**
 * What several NICs are made of: a ring of posted buffers, an interrupt, counters.
 *
 * <p>{@code PostedRxQueue} is the receive queue of a port whose frames somebody of the switch
 * copies out of the kernel ({@code nic.tap}, {@code nic.vxlan}): such a queue takes buffers of the
 * host pool only. Depends on {@code linux}, {@code memory} and the interfaces of {@code datapath}.
 */
@NullMarked
package io.iovtee.vswitch.nic.parts;

import org.jspecify.annotations.NullMarked;
