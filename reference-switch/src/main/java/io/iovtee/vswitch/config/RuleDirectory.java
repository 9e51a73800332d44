// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.config;

import io.iovtee.flow.store.TableMod;
import io.iovtee.flow.text.FlowSyntaxException;
import io.iovtee.flow.text.TableModParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Rules, groups and meters from all files of a directory, in the order of their names: {@code
 * *.flows} has them in text form, one a line; {@code *.yaml}, {@code *.yml} and {@code *.json} have
 * the keys {@code flows}, {@code groups} and {@code meters} with lists, whose elements are texts or
 * mappings. Other files are left alone.
 */
public final class RuleDirectory {
  /** Files that are read at most: a directory with more is not one of rules. */
  static final int FILES_MAX = 1000;

  private RuleDirectory() {}

  /**
   * Reads the directory.
   *
   * @throws ConfigException with file and line
   */
  static List<PlacedMod> read(Path directory) {
    List<PlacedMod> all = new ArrayList<>();
    files(directory).forEach(file -> all.addAll(readFile(file)));
    return all;
  }

  /** Whether {@link #entries} reads it: a directory, or a file that has rules as YAML or JSON. */
  public static boolean reads(Path file) {
    return Files.isDirectory(file) || isTree(file);
  }

  /**
   * What a directory or one file of it says that there shall be.
   *
   * @throws ConfigException with file and line
   */
  public static List<TableMod> entries(Path file) {
    List<PlacedMod> read = Files.isDirectory(file) ? read(file) : readFile(file);
    return read.stream().map(PlacedMod::mod).toList();
  }

  private static List<PlacedMod> readFile(Path file) {
    try {
      if (Files.size(file) > YamlFile.LENGTH_MAX) {
        throw new ConfigException(
            "%s: a file of rules has at most %d bytes".formatted(file, YamlFile.LENGTH_MAX));
      }
      String text = Files.readString(file);
      return isText(file) ? lines(text, file.toString()) : tree(text, file.toString());
    } catch (NoSuchFileException e) {
      throw new ConfigException("%s: no such file".formatted(file), e);
    } catch (IOException e) {
      throw new ConfigException("%s: can not be read: %s".formatted(file, e.getMessage()), e);
    }
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
    return isText(file) || isTree(file);
  }

  private static boolean isTree(Path file) {
    String name = file.toString();
    return name.endsWith(".yaml") || name.endsWith(".yml") || name.endsWith(".json");
  }

  private static boolean isText(Path file) {
    return file.toString().endsWith(".flows");
  }

  private static List<PlacedMod> lines(String text, String name) {
    List<PlacedMod> mods = new ArrayList<>();
    int number = 0;
    for (String line : text.lines().toList()) {
      number++;
      try {
        for (TableMod mod : TableModParser.parseEntries(line)) {
          mods.add(new PlacedMod(mod, name + ":" + number));
        }
      } catch (FlowSyntaxException e) {
        throw new ConfigException(
            "%s:%d:%d: %s: %s".formatted(name, number, e.column(), e.text(), e.problem()), e);
      }
    }
    return mods;
  }

  private static List<PlacedMod> tree(String text, String name) {
    YamlFile file = YamlFile.parse(text, name);
    Section root = new Section(file, "", file.root()).allow("meters", "groups", "flows");
    List<PlacedMod> mods = new ArrayList<>(TableKeys.meters(root));
    mods.addAll(TableKeys.groups(root));
    mods.addAll(TableKeys.flows(root));
    return mods;
  }
}
