// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import java.util.function.LongToIntFunction;
import java.util.function.ToIntFunction;

/**
 * What actions name, as loops find it: ports by number, groups and meters by their place in {@link
 * GroupRows}. What a rule names is there; who makes the rule has checked it.
 */
public record ActionNumbers(
    ToIntFunction<String> port, LongToIntFunction group, LongToIntFunction meter) {}
