// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api;

import io.iovtee.api.FlowTable.FlowEntry;
import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.FlowMeter;
import io.iovtee.flow.text.FlowRuleFormatter;
import io.iovtee.flow.text.GroupSyntax;
import io.iovtee.flow.text.MeterSyntax;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * What a switch would do with one frame, step by step; nothing of it was done.
 *
 * @param inPort name of the port that the frame comes from
 * @param frame its bytes
 * @param key what the switch reads in it, as the match that is for it alone
 * @param unparsed whether one rule decides all frames of the port, so that nobody looks at them;
 *     the lookups are left out then
 * @param cachedBy the poll loops whose exact-match cache knows such frames; for these the lookups
 *     are left out
 * @param lookups what the classifier looks at, in order
 * @param rule the rule that decides; empty if none does
 * @param visits the tables, groups and meters that this rule, and those found there, asked for, in
 *     order
 * @param punted whether a rule hands it over to the switch's API
 * @param dropped why nothing leaves but mirrors' copies; NONE if something does
 * @param departures what leaves, sorted by port; a guest of several queue pairs gets it in the one
 *     that the first queue which it may come by leads to
 * @param arrivals by which queues it may come in, and how it would be counted there; empty for a
 *     file of rules, and for a port that receives nothing
 */
public record FrameVerdict(
    String inPort,
    byte[] frame,
    String key,
    boolean unparsed,
    List<String> cachedBy,
    List<Lookup> lookups,
    Optional<FlowEntry> rule,
    List<Visit> visits,
    boolean punted,
    DropReason dropped,
    List<Departure> departures,
    List<Arrival> arrivals) {

  /**
   * One subtable: the rules that look at the same bits.
   *
   * @param fields what they look at, by an example: the match of the best of them
   * @param ruleCount how many there are
   * @param step skipped (all of them want another port, Ethertype or protocol), missed, found,
   *     not_reached (a better rule was found before)
   * @param rule the rule that was found; empty if none was
   */
  public record Lookup(String fields, int ruleCount, String step, String rule) {}

  /** A step of the frame's way behind the first lookup. */
  public sealed interface Visit {}

  /**
   * A lookup that a rule asked for by goto_table or resubmit.
   *
   * @param table its number
   * @param rule what was found; empty if none matches
   */
  public record TableVisit(int table, Optional<FlowEntry> rule) implements Visit {}

  /**
   * A bucket of a group that got the frame.
   *
   * @param bucket empty if none is live
   */
  public record GroupVisit(FlowGroup group, Optional<FlowGroup.Bucket> bucket) implements Visit {}

  /** A meter on the way. A trace takes it for one that lets the frame pass, and does not ask it. */
  public record MeterVisit(FlowMeter meter) implements Visit {}

  /**
   * A frame that leaves.
   *
   * @param port name
   * @param queuePair of a guest with several; 0 for all others
   * @param frame its bytes, as changed by the rule's actions
   * @param copy whether it is a copy for a mirror
   */
  public record Departure(String port, int queuePair, byte[] frame, boolean copy) {

    /** The frame itself. */
    public Departure(String port, int queuePair, byte[] frame) {
      this(port, queuePair, frame, false);
    }
  }

  /** What leaves but for copies. */
  public List<Departure> outputs() {
    return departures.stream().filter(departure -> !departure.copy()).toList();
  }

  private String cache() {
    if (unparsed) {
      return "not asked: one rule decides all frames of " + inPort + ", whatever is in them";
    }
    return cachedBy.isEmpty()
        ? "not in the exact-match cache of any loop: the classifier decides"
        : "in the exact-match cache of " + String.join(", ", cachedBy);
  }

  /** For people, without an end of line at the end. */
  public String text() {
    StringBuilder text = new StringBuilder();
    line(text, "frame", frame.length + " bytes from " + inPort + ": " + hex(frame));
    line(text, "key", key);
    line(text, "cache", cache());
    for (Lookup lookup : lookups) {
      line(
          text,
          "lookup",
          "%-11s %s (%d %s)%s"
              .formatted(
                  lookup.step(),
                  lookup.fields().isEmpty() ? "any frame" : "like " + lookup.fields(),
                  lookup.ruleCount(),
                  lookup.ruleCount() == 1 ? "rule" : "rules",
                  lookup.rule().isEmpty() ? "" : " -> " + lookup.rule()));
    }
    boolean fromTap = dropped == DropReason.MIRROR_OUTPUT;
    String none = fromTap ? "none is asked: the port is a mirror's output" : "none matches";
    line(text, "rule", rule.map(FrameVerdict::describe).orElse(none));
    for (Visit visit : visits) {
      switch (visit) {
        case TableVisit(int table, Optional<FlowEntry> found) ->
            line(
                text,
                "table",
                table + ": " + found.map(FrameVerdict::describe).orElse("none matches"));
        case GroupVisit(FlowGroup group, Optional<FlowGroup.Bucket> bucket) ->
            line(text, "group", describe(group, bucket));
        case MeterVisit(FlowMeter meter) ->
            line(text, "meter", MeterSyntax.format(meter) + " (not asked: as if there was room)");
      }
    }
    for (Departure departure : departures) {
      boolean same = Arrays.equals(departure.frame(), frame);
      line(
          text,
          departure.copy() ? "mirror" : "output",
          departure.port()
              + (departure.queuePair() > 0 ? ", queue pair " + departure.queuePair() : "")
              + (same
                  ? ", unchanged"
                  : ", " + departure.frame().length + " bytes: " + hex(departure.frame())));
    }
    if (punted) {
      line(text, "punt", "to the switch's API");
    }
    if (outputs().isEmpty()) {
      line(text, "output", "none: dropped, " + dropped.label());
    }
    return text.substring(0, text.length() - 1);
  }

  private static String describe(FlowGroup group, Optional<FlowGroup.Bucket> bucket) {
    return "%d (%s), bucket %s"
        .formatted(
            group.id(),
            group.type().word(),
            bucket
                .map(one -> one.id() + ": " + GroupSyntax.format(one, group.type()))
                .orElse("none: no live one"));
  }

  private static String describe(FlowEntry entry) {
    return FlowRuleFormatter.format(entry.rule())
        + " (priority "
        + entry.rule().priority()
        + ", cookie 0x"
        + Long.toHexString(entry.rule().cookie())
        + (entry.id() == 0 ? ")" : ", id " + entry.id() + ")");
  }

  private static void line(StringBuilder text, String name, String what) {
    text.append("%-8s".formatted(name)).append(what).append('\n');
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
