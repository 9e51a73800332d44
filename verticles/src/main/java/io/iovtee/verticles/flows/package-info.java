// SPDX-License-Identifier: Apache-2.0

/**
 * The desired rules: lists and changes the switch's rule table, one change after the other, each
 * against the version that it was worked out from. Depends on plugin-api, the bus and Vert.x.
 */
@NullMarked
package io.iovtee.verticles.flows;

import org.jspecify.annotations.NullMarked;
