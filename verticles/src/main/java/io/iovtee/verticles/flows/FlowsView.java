// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.flows;

import io.iovtee.api.FlowTable.FlowEntry;
import java.util.List;
import java.util.OptionalLong;

/**
 * The rule table at one version.
 *
 * @param count rules that were asked for, or that a command added, changed or deleted
 * @param entries these; of many that a command named the first ({@link
 *     io.iovtee.api.FlowTable.Changed})
 * @param total rules in the table
 * @param next where the next page begins, if there is one
 */
public record FlowsView(
    long version, int count, List<FlowEntry> entries, int total, OptionalLong next) {}
