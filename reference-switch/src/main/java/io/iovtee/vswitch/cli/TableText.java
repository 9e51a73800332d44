// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import io.iovtee.flow.store.TableContent;
import io.iovtee.flow.text.FlowRuleFormatter;
import io.iovtee.flow.text.GroupSyntax;
import io.iovtee.flow.text.MeterSyntax;

/** Meters, groups and rules as text, one a line, as bundles and replacements read them. */
final class TableText {
  private TableText() {}

  static String of(TableContent content) {
    StringBuilder lines = new StringBuilder();
    content
        .groupsOrNone()
        .meters()
        .forEach(meter -> lines.append(MeterSyntax.format(meter)).append('\n'));
    content
        .groupsOrNone()
        .groups()
        .forEach(group -> lines.append(GroupSyntax.format(group)).append('\n'));
    content.rules().forEach(rule -> lines.append(FlowRuleFormatter.format(rule)).append('\n'));
    return lines.toString();
  }
}
