// SPDX-License-Identifier: Apache-2.0
/**
 * Puts a switch together from its configuration and changes it at run time: ports, rules, plugins'
 * queues. Everything structural happens on one thread, the control thread; poll loops are spoken to
 * through their mailboxes, guests' sessions speak to us.
 */
@NullMarked
package io.iovtee.vswitch.assembly;

import org.jspecify.annotations.NullMarked;
