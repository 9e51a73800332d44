// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.config;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.classifier.Classifier;
import io.iovtee.flow.classifier.UnresolvedPort;
import io.iovtee.flow.store.GroupStore;
import io.iovtee.flow.text.FlowRuleFormatter;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.flow.text.FlowSyntaxException;
import io.iovtee.vswitch.config.RuleDirectory.PlacedRule;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where a configuration's rules come from: its own list, and behind it all files of a directory,
 * which can be read again.
 */
public final class RuleSources {
  private static final String FLOWS_DEFAULT = "priority=0,actions=normal";

  private final List<PlacedRule> own;
  private final @Nullable Path directory;
  private final boolean watched;
  private final Set<String> ports;
  private final GroupStore groups;

  /** What the files looked like just before they were read last. */
  private volatile String readStamp = "";

  private RuleSources(
      List<PlacedRule> own,
      @Nullable Path directory,
      boolean watched,
      Set<String> ports,
      GroupStore groups) {
    this.own = own;
    this.directory = directory;
    this.watched = watched;
    this.ports = ports;
    this.groups = groups;
  }

  /**
   * Reads the configuration's own rules.
   *
   * @param relativeTo where relative paths start; null for the working directory
   * @param ports names of ports that rules may use
   * @param groups groups and meters that rules may name
   */
  static RuleSources of(
      Section root, @Nullable Path relativeTo, Set<String> ports, GroupStore groups) {
    List<PlacedRule> own = new ArrayList<>();
    if (!root.has("flows") && !root.has("flows-directory")) {
      own.add(new PlacedRule(FlowRuleParser.parseRule(FLOWS_DEFAULT), "default"));
    }
    for (Section.Line line : root.lines("flows")) {
      try {
        FlowRuleParser.parseRules(line.text())
            .forEach(rule -> own.add(new PlacedRule(rule, line.at())));
      } catch (FlowSyntaxException e) {
        throw new ConfigException(line.at() + ": flows: " + e.getMessage(), e);
      }
    }
    Path directory = null;
    if (root.has("flows-directory")) {
      Path named = Path.of(root.text("flows-directory"));
      directory = relativeTo == null ? named : relativeTo.resolve(named);
    } else if (root.has("flows-directory-watch")) {
      throw root.error("flows-directory-watch", "there is no flows-directory to watch");
    }
    return new RuleSources(
        List.copyOf(own), directory, root.flag("flows-directory-watch", true), ports, groups);
  }

  /**
   * All rules, with the directory's files read now.
   *
   * @throws ConfigException with file and line
   */
  List<FlowRule> read() {
    readStamp = stamp();
    List<PlacedRule> all = new ArrayList<>(own);
    if (directory != null) {
      all.addAll(RuleDirectory.read(directory));
    }
    List<FlowRule> rules = all.stream().map(PlacedRule::rule).toList();
    refuseUnknownPort(rules, all);
    refuseUnknownGroup(all);
    return rules;
  }

  /** Whether changes of the directory's files are to be noticed. */
  public boolean watched() {
    return watched && directory != null;
  }

  /** Whether the files look different from when they were read last, rightly or not. */
  public boolean isStale(String stamp) {
    return !stamp.equals(readStamp);
  }

  /**
   * What the directory's files look like from outside: equal as long as none of them comes, goes or
   * is written to.
   */
  public String stamp() {
    return directory == null ? "" : RuleDirectory.stamp(directory);
  }

  /** Here the place in the file is still known. */
  private void refuseUnknownPort(List<FlowRule> rules, List<PlacedRule> placed) {
    // Which number a port has does not matter for finding the names that have none.
    Classifier lenient = Classifier.compileLenient(rules, port -> ports.contains(port) ? 1 : -1);
    for (UnresolvedPort unknown : lenient.unresolved()) {
      throw new ConfigException(
          "%s: flows: no such port: port=%s, rule=%s; ports here: %s"
              .formatted(
                  placed.get(unknown.rule()).at(),
                  unknown.port(),
                  FlowRuleFormatter.format(rules.get(unknown.rule())),
                  ports.isEmpty() ? "none" : String.join(", ", ports)));
    }
  }

  private void refuseUnknownGroup(List<PlacedRule> placed) {
    for (PlacedRule each : placed) {
      try {
        groups.checkNamed(each.rule(), () -> "rule " + FlowRuleFormatter.format(each.rule()));
      } catch (IllegalArgumentException e) {
        throw new ConfigException(each.at() + ": flows: " + e.getMessage(), e);
      }
    }
  }
}
