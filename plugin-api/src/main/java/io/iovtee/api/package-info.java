// SPDX-License-Identifier: Apache-2.0

/**
 * The interface between a vswitch and its plugins.
 *
 * <p>Depends on flow-rules only: no Vert.x, no JSON, no native access. Each method says which
 * thread calls it.
 */
@NullMarked
package io.iovtee.api;

import org.jspecify.annotations.NullMarked;
