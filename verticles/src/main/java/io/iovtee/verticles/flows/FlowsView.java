// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.flows;

import io.iovtee.api.FlowTable.FlowEntry;
import java.util.List;
import java.util.OptionalLong;

/**
 * The rule table at one version.
 *
 * @param entries the rules asked for, or those that a command added, changed or deleted
 * @param total rules in the table
 * @param next where the next page begins, if there is one
 */
public record FlowsView(long version, List<FlowEntry> entries, int total, OptionalLong next) {}
