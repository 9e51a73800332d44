// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import io.iovtee.flow.store.TableContent;
import io.iovtee.flow.store.TableMod;
import io.iovtee.flow.text.TableModParser;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Reads the rules, groups and meters of a running switch as they were at one time. They come in
 * several answers, and many rules in pages: each answer has the table's version ({@code ETag}), and
 * what has another version than the rest is read again.
 */
final class WholeTable {
  /** A table that changes between all of so many readings is not going to stand still. */
  static final int READINGS_MAX = 10;

  private static final List<String> LISTS =
      List.of("/api/v1/meters?view=dump", "/api/v1/groups?view=dump", "/api/v1/flows?view=rules");

  private final ServerOptions server;

  WholeTable(ServerOptions server) {
    this.server = server.asText();
  }

  /**
   * @throws CommandException if the switch can not be asked, or its rules do not stand still
   */
  TableContent read() {
    Set<String> versions = new LinkedHashSet<>();
    for (int i = 0; i < READINGS_MAX; i++) {
      List<TableMod> all = new ArrayList<>();
      versions.clear();
      for (String list : LISTS) {
        server.pages(
            list,
            page -> {
              versions.add(version(page));
              all.addAll(TableModParser.parseEntries(page.body()));
            });
      }
      if (versions.size() == 1) {
        return TableContent.of(all);
      }
    }
    throw new CommandException(
        ("the rules changed while they were read, %d times in a row (versions seen last: %s): ask"
                + " again when what changes them has ended")
            .formatted(READINGS_MAX, String.join(", ", versions)));
  }

  private static String version(HttpResponse<String> page) {
    return page.headers()
        .firstValue("ETag")
        .orElseThrow(() ->
            new CommandException(
                "the answer has no version (ETag): " + page.uri() + "; is a switch there?"));
  }
}
