// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.cluster;

import io.iovtee.flow.ClusterCookie;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.store.FlowMod;
import io.iovtee.flow.store.RuleRow;
import io.iovtee.flow.store.RuleStore;
import io.iovtee.flow.text.FlowRuleFormatter;
import io.iovtee.flow.text.FlowRuleParser;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * The rules that all members shall have, at one version. As bytes it is text: some lines of {@code
 * key value}, then a rule a line. So it stands in the cluster and in the state file, and nothing of
 * what comes from there is an object before it was read here.
 *
 * @param version 0 for the state before the first write, then one more with each
 * @param changedMs milliseconds since 1970, by the clock of the member that wrote it
 * @param changedBy that member; empty at version 0
 * @param rules without the mark of {@link ClusterCookie}, none twice
 */
public record DesiredRules(long version, long changedMs, String changedBy, List<FlowRule> rules) {
  /** Rules in all. */
  public static final int RULES_MAX = 10_000;

  /** Length of the text form. */
  static final int LENGTH_MAX = 4 << 20;

  /** Nobody counts so far: a higher one is a fault. */
  static final long VERSION_MAX = 1L << 53;

  static final DesiredRules NONE = new DesiredRules(0, 0, "", List.of());

  private static final String MAGIC = "iovtee-cluster-rules 1";
  private static final int HEAD_LINES = 5;

  /** Copies the rules. */
  public DesiredRules {
    rules = List.copyOf(rules);
  }

  /** What a change makes of a list of rules. */
  record Edit(List<FlowRule> rules, int count) {}

  /**
   * Carries out commands on a list of rules.
   *
   * @throws IllegalArgumentException if the result is no list of cluster rules
   */
  static Edit edit(List<FlowRule> rules, List<FlowMod> mods) {
    RuleStore<RuleRow> store = new RuleStore<>(RuleRow::new, RULES_MAX);
    var unused = store.replace(rules);
    int count = store.apply(mods).named().size();
    return new Edit(checked(store.rows().map(RuleRow::rule).toList()), count);
  }

  /**
   * Of several rules with one match and priority only the last.
   *
   * @throws IllegalArgumentException if this can be no list of cluster rules
   */
  static Edit replacement(List<FlowRule> rules) {
    RuleStore<RuleRow> store = new RuleStore<>(RuleRow::new, RULES_MAX);
    var unused = store.replace(rules);
    List<FlowRule> all = checked(store.rows().map(RuleRow::rule).toList());
    return new Edit(all, all.size());
  }

  private static List<FlowRule> checked(List<FlowRule> rules) {
    for (FlowRule rule : rules) {
      if (rule.expires()) {
        throw new IllegalArgumentException(
            "a cluster rule has no timeout, each member would put it back: "
                + FlowRuleFormatter.format(rule));
      }
      if (!ClusterCookie.hasRoom(rule)) {
        throw new IllegalArgumentException(
            "a cluster rule's cookie has 48 bits at most, the upper 16 mark it: "
                + FlowRuleFormatter.format(rule));
      }
    }
    return rules;
  }

  /**
   * The version after this one.
   *
   * @throws IllegalArgumentException if it is too long
   */
  DesiredRules next(List<FlowRule> then, long nowMs, String member) {
    DesiredRules next = new DesiredRules(version + 1, nowMs, member, then);
    if (next.bytes().length > LENGTH_MAX) {
      throw new IllegalArgumentException(
          "the cluster's rules may have at most %d bytes as text".formatted(LENGTH_MAX));
    }
    return next;
  }

  /** Tells it from all others, also from one of the same version that was written elsewhere. */
  String id() {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes());
      return version + "-" + HexFormat.of().formatHex(digest, 0, 6);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }

  byte[] bytes() {
    StringBuilder text = new StringBuilder();
    text.append(MAGIC).append('\n');
    text.append("version ").append(version).append('\n');
    text.append("changed ").append(changedMs).append('\n');
    text.append("by ").append(changedBy).append('\n');
    text.append("rules ").append(rules.size()).append('\n');
    rules.forEach(rule -> text.append(FlowRuleFormatter.format(rule)).append('\n'));
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Reads what {@link #bytes} wrote.
   *
   * @throws IllegalArgumentException if it is anything else, or was cut
   */
  static DesiredRules parse(byte[] bytes) {
    if (bytes.length > LENGTH_MAX) {
      throw new IllegalArgumentException("cluster rules of " + bytes.length + " bytes");
    }
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("cluster rules are not UTF-8", e);
    }
    String[] lines = text.split("\n", HEAD_LINES + 1);
    if (lines.length != HEAD_LINES + 1 || !lines[0].equals(MAGIC)) {
      throw new IllegalArgumentException("no cluster rules of a form that is known here");
    }
    long version = number(lines[1], "version");
    long changed = number(lines[2], "changed");
    String by = value(lines[3], "by");
    long count = number(lines[4], "rules");
    if (count > RULES_MAX || (!text.endsWith("\n"))) {
      throw new IllegalArgumentException("cluster rules are cut, or too many: rules=" + count);
    }
    List<FlowRule> rules = checked(FlowRuleParser.parseRules(lines[HEAD_LINES], HEAD_LINES + 1));
    if (rules.size() != count) {
      throw new IllegalArgumentException(
          "cluster rules are cut: %d of %d".formatted(rules.size(), count));
    }
    return new DesiredRules(version, changed, by, rules);
  }

  private static String value(String line, String key) {
    if (!line.startsWith(key + " ")) {
      throw new IllegalArgumentException("cluster rules without '" + key + "'");
    }
    return line.substring(key.length() + 1);
  }

  private static long number(String line, String key) {
    String text = value(line, key);
    long number = text.matches("\\d{1,18}") ? Long.parseLong(text) : -1;
    if (number < 0 || number > VERSION_MAX) {
      throw new IllegalArgumentException("cluster rules with a wrong number: " + key);
    }
    return number;
  }
}
