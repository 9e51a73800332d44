// SPDX-License-Identifier: Apache-2.0

/**
 * Reads the switch's counters now and then, on a worker thread and never on a poll thread, and
 * works out rates. Depends on plugin-api, the bus and Vert.x.
 */
@NullMarked
package io.iovtee.verticles.stats;

import org.jspecify.annotations.NullMarked;
