// SPDX-License-Identifier: Apache-2.0
/**
 * Memory shared with guests and the switch's own frame buffers.
 *
 * <p>{@link io.iovtee.vswitch.memory.HostPool} is the switch's; {@link
 * io.iovtee.vswitch.memory.GuestMemory} is what a guest's memory table gave, checked by {@code
 * RegionCheck} before anything is mapped and laid out by {@code MemoryWindow} so that one UMEM can
 * cover pool and guest.
 *
 * <p>Depends on {@code linux} only. Mapping and unmapping run on control and session threads; poll
 * loops only translate addresses.
 */
@NullMarked
package io.iovtee.vswitch.memory;

import org.jspecify.annotations.NullMarked;
