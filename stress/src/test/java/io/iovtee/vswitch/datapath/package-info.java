// SPDX-License-Identifier: Apache-2.0

/**
 * Concurrency tests that need what only this package of the switch has; the others are in {@code
 * io.iovtee.stress}, where they are described.
 */
@NullMarked
package io.iovtee.vswitch.datapath;

import org.jspecify.annotations.NullMarked;
