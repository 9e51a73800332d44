// SPDX-License-Identifier: Apache-2.0

/**
 * The rules that a table shall have, and commands that change them: {@code FlowMod} says what to
 * do, {@code RuleStore} does it and tells which rules changed; {@code GroupMod} and {@code
 * GroupStore} are the same for groups and meters. Knows nothing of frames or of how rules are
 * looked up.
 *
 * <p>Depends on the rule model only. A store belongs to one thread; all else is immutable.
 */
@NullMarked
package io.iovtee.flow.store;

import org.jspecify.annotations.NullMarked;
