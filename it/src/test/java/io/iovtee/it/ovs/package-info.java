// SPDX-License-Identifier: Apache-2.0

/**
 * The same rules and the same frames through Debian's Open vSwitch and through this switch: what
 * they decide, and what leaves, is compared byte for byte.
 *
 * <p>Open vSwitch runs unprivileged in a directory of the test's own, with emulated devices.
 */
@NullMarked
package io.iovtee.it.ovs;

import org.jspecify.annotations.NullMarked;
