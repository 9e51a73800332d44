// SPDX-License-Identifier: Apache-2.0

/**
 * Traffic through a whole switch and real network functions, each frame accounted for, with and
 * without the plugin jar.
 */
@NullMarked
package io.iovtee.it.traffic;

import org.jspecify.annotations.NullMarked;
