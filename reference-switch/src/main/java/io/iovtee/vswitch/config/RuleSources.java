// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.config;

import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.FlowMeter;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.classifier.Classifier;
import io.iovtee.flow.classifier.UnresolvedPort;
import io.iovtee.flow.store.FlowMod;
import io.iovtee.flow.store.GroupMod;
import io.iovtee.flow.store.GroupStore;
import io.iovtee.flow.text.FlowRuleFormatter;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.flow.text.FlowSyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a configuration's rules, groups and meters come from: its own lists, and behind them all
 * files of a directory, which can be read again.
 */
public final class RuleSources {
  /** How errors name the group that they are about. */
  private static final Pattern GROUP = Pattern.compile("(?:\\bgroup|in a circle:) (\\d+)");

  private static final String FLOWS_DEFAULT = "priority=0,actions=normal";

  private final Section root;
  private final List<PlacedMod> own;
  private final @Nullable Path directory;
  private final boolean watched;
  private final Set<String> ports;

  /** What the files looked like just before they were read last. */
  private volatile String readStamp = "";

  private RuleSources(
      Section root,
      List<PlacedMod> own,
      @Nullable Path directory,
      boolean watched,
      Set<String> ports) {
    this.root = root;
    this.own = own;
    this.directory = directory;
    this.watched = watched;
    this.ports = ports;
  }

  /**
   * What all sources say together.
   *
   * @param groups groups and meters
   */
  record Tables(GroupStore groups, List<FlowRule> rules) {}

  /**
   * Reads the configuration's own rules, groups and meters.
   *
   * @param relativeTo where relative paths start; null for the working directory
   * @param ports names of ports that rules and groups may use
   */
  static RuleSources of(Section root, @Nullable Path relativeTo, Set<String> ports) {
    List<PlacedMod> own = new ArrayList<>(TableKeys.meters(root));
    own.addAll(TableKeys.groups(root));
    if (!root.has("flows") && !root.has("flows-directory")) {
      own.add(new PlacedMod(new FlowMod.Add(FlowRuleParser.parseRule(FLOWS_DEFAULT)), "default"));
    }
    for (Section.Line line : root.lines("flows")) {
      try {
        FlowRuleParser.parseRules(line.text())
            .forEach(rule -> own.add(new PlacedMod(new FlowMod.Add(rule), line.at())));
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
    boolean watched = root.flag("flows-directory-watch", true);
    return new RuleSources(root, List.copyOf(own), directory, watched, ports);
  }

  /**
   * All that the sources say, with the directory's files read now.
   *
   * @throws ConfigException with file and line
   */
  Tables read() {
    readStamp = stamp();
    List<PlacedMod> all = new ArrayList<>(own);
    if (directory != null) {
      all.addAll(RuleDirectory.read(directory));
    }
    GroupStore groups = groups(all);
    List<FlowRule> rules = new ArrayList<>();
    List<String> places = new ArrayList<>();
    for (PlacedMod each : all) {
      if (each.mod() instanceof FlowMod.Add(FlowRule rule)) {
        rules.add(rule);
        places.add(each.at());
      }
    }
    refuseUnknownPort(rules, places);
    refuseUnknownGroup(groups, rules, places);
    return new Tables(groups, List.copyOf(rules));
  }

  private GroupStore groups(List<PlacedMod> all) {
    List<GroupMod> mods = new ArrayList<>();
    Map<String, String> places = new HashMap<>();
    for (PlacedMod each : all) {
      if (each.mod() instanceof GroupMod mod) {
        mods.add(mod);
        String name = name(mod);
        String before = places.put(name, each.at());
        if (before != null) {
          throw new ConfigException(
              "%s: there is a %s already, at %s".formatted(each.at(), name, before));
        }
      }
    }
    try {
      GroupStore groups = GroupStore.EMPTY.after(mods);
      groups.checkPorts(ports::contains);
      return groups;
    } catch (IllegalArgumentException e) {
      String message = String.valueOf(e.getMessage());
      String at = placeOf(message, places);
      throw at == null
          ? root.error("groups", message)
          : new ConfigException(at + ": groups: " + message, e);
    }
  }

  /** Where the group stands that an error names; null if it names none. */
  private static @Nullable String placeOf(String message, Map<String, String> places) {
    Matcher group = GROUP.matcher(message);
    return group.find() ? places.get("group " + group.group(1)) : null;
  }

  private static String name(GroupMod mod) {
    return switch (mod) {
      case GroupMod.AddGroup(FlowGroup group) -> "group " + group.id();
      case GroupMod.AddMeter(FlowMeter meter) -> "meter " + meter.id();
      default -> throw new IllegalStateException("a file only adds: " + mod);
    };
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
  private void refuseUnknownPort(List<FlowRule> rules, List<String> places) {
    // Which number a port has does not matter for finding the names that have none.
    Classifier lenient = Classifier.compileLenient(rules, port -> ports.contains(port) ? 1 : -1);
    for (UnresolvedPort unknown : lenient.unresolved()) {
      throw new ConfigException(
          "%s: flows: no such port: port=%s, rule=%s; ports here: %s"
              .formatted(
                  places.get(unknown.rule()),
                  unknown.port(),
                  FlowRuleFormatter.format(rules.get(unknown.rule())),
                  ports.isEmpty() ? "none" : String.join(", ", ports)));
    }
  }

  private static void refuseUnknownGroup(
      GroupStore groups, List<FlowRule> rules, List<String> places) {
    for (int i = 0; i < rules.size(); i++) {
      FlowRule rule = rules.get(i);
      try {
        groups.checkNamed(rule, () -> "rule " + FlowRuleFormatter.format(rule));
      } catch (IllegalArgumentException e) {
        throw new ConfigException(places.get(i) + ": flows: " + e.getMessage(), e);
      }
    }
  }
}
