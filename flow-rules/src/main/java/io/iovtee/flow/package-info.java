// SPDX-License-Identifier: Apache-2.0

/**
 * The flow-rule model: rules, matches and actions, as immutable values.
 *
 * <p>Depends on java.base only. Any thread may use these types.
 */
@NullMarked
package io.iovtee.flow;

import org.jspecify.annotations.NullMarked;
