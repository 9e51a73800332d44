// SPDX-License-Identifier: Apache-2.0

/**
 * The reference switch. Its packages, in dependency order: linux, memory, virtio and nic, datapath,
 * vhost, plugin, cli; each may use those before it.
 */
@NullMarked
package io.iovtee.vswitch;

import org.jspecify.annotations.NullMarked;
