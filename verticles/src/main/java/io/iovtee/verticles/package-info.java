// SPDX-License-Identifier: Apache-2.0

/**
 * The control plane. Runs on Vert.x event loops, never on a poll thread; reaches the switch through
 * plugin-api only.
 */
@NullMarked
package io.iovtee.verticles;

import org.jspecify.annotations.NullMarked;
