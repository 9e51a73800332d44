// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import org.jspecify.annotations.Nullable;

/**
 * One piece of a rule, as it stands there: {@code name}, {@code name=value}, {@code name:value} or
 * {@code name(value)}.
 *
 * @param start where the name starts in the line, from 0
 * @param end where the piece ends
 * @param valueStart where the value starts; {@code end} without a value
 */
record Word(String name, @Nullable String value, int start, int valueStart, int end) {}
