// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.flows;

import io.iovtee.api.GroupTable.GroupEntry;
import io.iovtee.api.GroupTable.MeterEntry;
import java.util.List;

/**
 * The groups and meters at one time.
 *
 * @param version of rules, groups and meters together
 */
public record GroupsView(long version, List<GroupEntry> groups, List<MeterEntry> meters) {}
