// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.flows;

import io.iovtee.api.FlowTable.FlowEntry;
import java.util.List;

/**
 * The rule table at one version.
 *
 * @param entries the rules asked for: all of them, or those that a command added or deleted
 * @param total rules in the table
 */
public record FlowsView(long version, List<FlowEntry> entries, int total) {}
