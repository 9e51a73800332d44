// SPDX-License-Identifier: Apache-2.0

/**
 * The text form of rules, as {@code ovs-ofctl} reads and writes it: parser, printer, and the error
 * that says where and what.
 *
 * <p>Depends on the rule model only. Any thread may use these types.
 */
@NullMarked
package io.iovtee.flow.text;

import org.jspecify.annotations.NullMarked;
