// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.ovs;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * What looks like a rule, a match or an action in the manual pages of Open vSwitch, as they are
 * installed: which of it is one, {@code ovs-ofctl} must say.
 */
final class ManualPages {
  private static final List<Path> PAGES =
      List.of(
          Path.of("/usr/share/man/man7/ovs-actions.7.gz"),
          Path.of("/usr/share/man/man7/ovs-fields.7.gz"),
          Path.of("/usr/share/man/man8/ovs-ofctl.8.gz"));

  private static final Pattern BOLD = Pattern.compile("\\\\f[BC](.*?)(?=\\\\f[RP]|$)");
  private static final Pattern COMMAND =
      Pattern.compile(
          "^\\$?\\s*ovs-ofctl\\s+(-O\\s*\\S+\\s+)?(add-flow|mod-flows)\\s+(br\\S*\\s+)?");
  private static final Pattern MATCH = Pattern.compile("[a-z_0-9]+=[^= ].*|[a-z0-9]+");
  private static final Pattern ACTION = Pattern.compile("[a-z_]+([:(][^ ].*)?");

  private ManualPages() {}

  /** Null, or what is missing and the command that mends it. */
  static @Nullable String missing() {
    return PAGES.stream().allMatch(Files::isReadable)
        ? null
        : "no manual pages of Open vSwitch: sudo apt-get install openvswitch-common, without a"
            + " path-exclude=/usr/share/man/* in /etc/dpkg/dpkg.cfg.d";
  }

  /** Texts that could be rules. */
  static Collection<String> candidates() throws IOException {
    Set<String> candidates = new TreeSet<>();
    for (Path page : PAGES) {
      try (InputStream in = new GZIPInputStream(Files.newInputStream(page))) {
        new String(in.readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .filter(line -> !line.startsWith(".\\\""))
            .forEach(line -> pieces(line).forEach(piece -> add(candidates, piece)));
      }
    }
    return candidates;
  }

  /** The line itself, and what is set in bold. */
  private static List<String> pieces(String roff) {
    String line =
        roff.replace("\\[char46]", ".").replace("\\-", "-").replaceAll("\\\\\\((dq|cq|oq|aq)", "'");
    List<String> pieces = new ArrayList<>();
    Matcher bold = BOLD.matcher(line);
    while (bold.find()) {
      pieces.add(bold.group(1));
    }
    pieces.add(line.replaceAll("^\\.[A-Z]+ *\"?", "").replaceAll("\\\\f[A-Z]", ""));
    return pieces;
  }

  private static void add(Set<String> candidates, String piece) {
    String text = COMMAND.matcher(piece.strip()).replaceFirst("");
    text = text.replaceAll("^['\"]+|['\",]+$", "").replace("'", "").strip();
    if (text.contains("\\") || text.endsWith("(") || text.endsWith("=") || text.endsWith("...")) {
      return; // cut off, or with places to fill in
    }
    if (text.contains("actions=")) {
      candidates.add(text);
      return;
    }
    boolean word = text.startsWith("action"); // the word itself
    if (MATCH.matcher(text).matches() && !word) {
      candidates.add(text + " actions=drop");
    }
    if (ACTION.matcher(text).matches()) {
      candidates.add("actions=" + text);
    }
  }
}
