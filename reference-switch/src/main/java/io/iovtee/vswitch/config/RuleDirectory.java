// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.config;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.flow.text.FlowRuleTree;
import io.iovtee.flow.text.FlowSyntaxException;
import io.iovtee.flow.text.FlowTreeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Rules from all files of a directory, in the order of their names: {@code *.flows} has rules in
 * text form, one a line; {@code *.yaml}, {@code *.yml} and {@code *.json} have the key {@code
 * flows} with a list of rules, each a text or a mapping. Other files are left alone.
 */
final class RuleDirectory {
  /** Files that are read at most: a directory with more is not one of rules. */
  static final int FILES_MAX = 1000;

  private RuleDirectory() {}

  /**
   * A rule and where it stands.
   *
   * @param at {@code file:line}
   */
  record PlacedRule(FlowRule rule, String at) {}

  /**
   * Reads the directory.
   *
   * @throws ConfigException with file and line
   */
  static List<PlacedRule> read(Path directory) {
    List<PlacedRule> rules = new ArrayList<>();
    for (Path file : files(directory)) {
      try {
        if (Files.size(file) > YamlFile.LENGTH_MAX) {
          throw new ConfigException(
              "%s: a file of rules has at most %d bytes".formatted(file, YamlFile.LENGTH_MAX));
        }
        String text = Files.readString(file);
        rules.addAll(isText(file) ? lines(text, file.toString()) : tree(text, file.toString()));
      } catch (IOException e) {
        throw new ConfigException("%s: can not be read: %s".formatted(file, e.getMessage()), e);
      }
    }
    return rules;
  }

  private static List<Path> files(Path directory) {
    try (Stream<Path> all = Files.list(directory)) {
      List<Path> files = all.filter(RuleDirectory::hasRules).sorted().limit(FILES_MAX + 1).toList();
      if (files.size() > FILES_MAX) {
        throw new ConfigException(
            "%s: more than %d files of rules in one directory".formatted(directory, FILES_MAX));
      }
      return files;
    } catch (IOException e) {
      throw new ConfigException(
          "%s: flows-directory can not be read: %s".formatted(directory, e.getMessage()), e);
    }
  }

  /**
   * Name, length, time and identity of each file, so that a file that was written to, or replaced,
   * makes a difference; the error if the directory can not be read.
   */
  static String stamp(Path directory) {
    try {
      StringBuilder stamp = new StringBuilder();
      for (Path file : files(directory)) {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        stamp
            .append(file.getFileName())
            .append(' ')
            .append(attributes.size())
            .append(' ')
            .append(attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS))
            .append(' ')
            .append(attributes.fileKey())
            .append('\n');
      }
      return stamp.toString();
    } catch (IOException | ConfigException e) {
      return e.toString();
    }
  }

  private static boolean hasRules(Path file) {
    String name = file.toString();
    return isText(file)
        || name.endsWith(".yaml")
        || name.endsWith(".yml")
        || name.endsWith(".json");
  }

  private static boolean isText(Path file) {
    return file.toString().endsWith(".flows");
  }

  private static List<PlacedRule> lines(String text, String name) {
    List<PlacedRule> rules = new ArrayList<>();
    int number = 0;
    for (String line : text.lines().toList()) {
      number++;
      try {
        for (FlowRule rule : FlowRuleParser.parseRules(line)) {
          rules.add(new PlacedRule(rule, name + ":" + number));
        }
      } catch (FlowSyntaxException e) {
        throw new ConfigException(
            "%s:%d:%d: %s: %s".formatted(name, number, e.column(), e.text(), e.problem()), e);
      }
    }
    return rules;
  }

  private static List<PlacedRule> tree(String text, String name) {
    YamlFile file = YamlFile.parse(text, name);
    Section root = new Section(file, "", file.root()).allow("flows");
    List<PlacedRule> rules = new ArrayList<>();
    for (Section.Item item : root.places("flows")) {
      try {
        rules.add(
            new PlacedRule(
                item.value() instanceof String line
                    ? FlowRuleParser.parseRule(line)
                    : FlowRuleTree.read(item.value()),
                item.at()));
      } catch (FlowSyntaxException | FlowTreeException e) {
        throw new ConfigException(item.at() + ": flows: " + e.getMessage(), e);
      }
    }
    return rules;
  }
}
