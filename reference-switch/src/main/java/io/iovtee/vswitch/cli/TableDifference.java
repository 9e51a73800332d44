// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.FlowMeter;
import io.iovtee.flow.Match;
import io.iovtee.flow.store.GroupStore;
import io.iovtee.flow.store.TableContent;
import io.iovtee.flow.text.FlowRuleFormatter;
import io.iovtee.flow.text.GroupSyntax;
import io.iovtee.flow.text.MeterSyntax;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import picocli.CommandLine.Model.CommandSpec;

/**
 * What must be removed and added to make one table of another; the order of rules is no matter. One
 * that is in both otherwise (other actions, cookie or timeouts; other buckets or bands) is removed
 * and added.
 */
record TableDifference(Part meters, Part groups, Part rules) {

  /** Of one kind, as texts. */
  record Part(List<String> removed, List<String> added) {
    boolean isEmpty() {
      return removed.isEmpty() && added.isEmpty();
    }
  }

  private record Name(int priority, Match match) {}

  /** Groups and meters, too: of a content that says nothing of them there are none. */
  static TableDifference between(TableContent from, TableContent to) {
    GroupStore old = from.groupsOrNone();
    GroupStore wanted = to.groupsOrNone();
    return new TableDifference(
        part(old.meters(), wanted.meters(), FlowMeter::id, MeterSyntax::format),
        part(old.groups(), wanted.groups(), FlowGroup::id, GroupSyntax::format),
        part(
            from.rules(),
            to.rules(),
            rule -> new Name(rule.priority(), rule.match()),
            FlowRuleFormatter::format));
  }

  private static <K, V> Part part(
      Collection<V> from, Collection<V> to, Function<V, K> name, Function<V, String> text) {
    Map<K, V> old = byName(from, name);
    Map<K, V> wanted = byName(to, name);
    return new Part(notIn(wanted, old, text), notIn(old, wanted, text));
  }

  /** Of rules with the same match and priority the last one counts, as when they are added. */
  private static <K, V> Map<K, V> byName(Collection<V> all, Function<V, K> name) {
    Map<K, V> named = new LinkedHashMap<>();
    all.forEach(one -> named.put(name.apply(one), one));
    return named;
  }

  private static <K, V> List<String> notIn(
      Map<K, V> others, Map<K, V> all, Function<V, String> text) {
    List<String> texts = new ArrayList<>();
    all.forEach((name, one) -> {
      if (!one.equals(others.get(name))) {
        texts.add(text.apply(one));
      }
    });
    return texts;
  }

  /** A command's difference: FILE against a table. */
  @FunctionalInterface
  interface Question {
    TableDifference ask() throws IOException;
  }

  /**
   * Answers a command {@code diff}.
   *
   * @return 0 they are the same, 1 they differ, 2 that could not be found out
   */
  static int answer(CommandSpec spec, boolean json, Question question) {
    TableDifference difference;
    try {
      difference = question.ask();
    } catch (CommandException | IOException e) {
      PrintWriter err = spec.commandLine().getErr();
      err.println("iovtee: " + e.getMessage());
      err.flush();
      return 2;
    }
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(difference.json());
    } else {
      difference.lines().forEach(out::println);
    }
    out.flush();
    return difference.isEmpty() ? 0 : 1;
  }

  boolean isEmpty() {
    return meters.isEmpty() && groups.isEmpty() && rules.isEmpty();
  }

  /** Lines as {@code ovs-ofctl diff-flows} prints them: {@code -} removed, {@code +} added. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (Part part : List.of(meters, groups, rules)) {
      part.removed.forEach(text -> lines.add("-" + text));
      part.added.forEach(text -> lines.add("+" + text));
    }
    return lines;
  }

  /** The same as JSON. */
  String json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("same", isEmpty());
    json.put("rules", json(rules));
    json.put("groups", json(groups));
    json.put("meters", json(meters));
    return Json.object(json);
  }

  private static Map<String, List<String>> json(Part part) {
    Map<String, List<String>> json = new LinkedHashMap<>();
    json.put("removed", part.removed);
    json.put("added", part.added);
    return json;
  }
}
