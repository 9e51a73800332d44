// SPDX-License-Identifier: Apache-2.0

/**
 * Ports on the host's own network stack, tap and VXLAN, in network namespaces that the tests make:
 * the host of each namespace reaches the other through the switch. Needs root.
 */
@NullMarked
package io.iovtee.it.host;

import org.jspecify.annotations.NullMarked;
