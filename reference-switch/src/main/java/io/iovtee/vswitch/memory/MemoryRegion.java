// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.memory;

/**
 * One region of a guest's memory, mapped.
 *
 * @param guestAddress guest-physical address of the first byte (unsigned)
 * @param size bytes
 * @param frontendAddress the front-end's virtual address of the first byte (unsigned): what ring
 *     addresses in SET_VRING_ADDR are given in
 * @param mmapOffset where the region starts in its file
 * @param hostAddress where it is mapped in this process
 */
public record MemoryRegion(
    long guestAddress, long size, long frontendAddress, long mmapOffset, long hostAddress) {}
