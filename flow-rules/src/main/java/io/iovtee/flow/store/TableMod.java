// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.store;

/** One command to what a switch works by: its rules, or the groups and meters that they name. */
public sealed interface TableMod permits FlowMod, GroupMod {}
