// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.store;

import io.iovtee.flow.FlowRule;
import org.jspecify.annotations.Nullable;

/**
 * A rule that was added (nothing before), deleted (nothing after) or changed (the same match and
 * priority before and after).
 */
public record RuleDelta(@Nullable FlowRule before, @Nullable FlowRule after) {}
