// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import io.iovtee.flow.store.TableContent;
import io.iovtee.flow.store.TableMod;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/**
 * The switch's rule table. A change is compiled off the poll threads, swapped in by each loop, and
 * acknowledged; the stage completes when every loop works by it.
 */
public interface FlowTable {
  /** Grows by one with each change of a rule, and each time that all are replaced. */
  long version();

  /** Rules in the table. */
  int size();

  /**
   * All rules in table order, with their counters: as long as the table, so not for each change.
   */
  List<FlowEntry> entries();

  /**
   * Some of the rules in table order.
   *
   * @param from 0, or {@link Page#next} of the page before; rules that are added or deleted
   *     meanwhile do no harm, but a replacement that changes the order begins anew
   * @param limit rules at most, 1 or more
   */
  Page page(long from, int limit);

  /** The rule with this id. */
  Optional<FlowEntry> entry(long id);

  /**
   * All rules in table order: what the switch works by, or is about to. As long as the table. Not
   * on poll threads.
   */
  default List<FlowRule> rules() {
    return entries().stream().map(FlowEntry::rule).toList();
  }

  /**
   * The rules that have match and priority of one of these: what adding them would take the place
   * of. As {@link #rules}, but a switch need not go through the whole table for them.
   *
   * @param others of which only match and priority count
   */
  default List<FlowRule> inPlaceOf(List<FlowRule> others) {
    return rules().stream()
        .filter(rule ->
            others.stream()
                .anyMatch(other ->
                    other.priority() == rule.priority() && other.match().equals(rule.match())))
        .toList();
  }

  /**
   * Shows rules in the order in which a lookup prefers them: those that some frame may meet which
   * one of the matches is for. As {@link #rules}, but a switch need not go through the whole table
   * for them.
   *
   * @param matches each in a table and, if it names one, for an ingress port
   * @param goOn shown one rule after the other, until it answers no; perhaps on the control thread
   */
  default void overlapping(List<Match> matches, Predicate<FlowRule> goOn) {
    List<FlowRule> found =
        rules().stream()
            .filter(rule -> matches.stream().anyMatch(rule.match()::overlaps))
            .sorted(Comparator.comparingInt(FlowRule::priority).reversed())
            .toList();
    for (FlowRule rule : found) {
      if (!goOn.test(rule)) {
        return;
      }
    }
  }

  /**
   * Carries out commands to rules, groups and meters in their order, all or none of them: each loop
   * works by what there was, or by what there is with all of them. What rules and groups name must
   * be there in the end, not in between. What it costs depends on what changes, not on the table,
   * but for loose commands, which look through it.
   *
   * @param expectedVersion the version the caller worked from, or -1 for any
   * @return which rules changed; fails as {@link #replace(List, long)} and {@link
   *     GroupTable#change}
   */
  CompletionStage<Changed> change(List<? extends TableMod> mods, long expectedVersion);

  /**
   * Replaces all rules at once.
   *
   * @param expectedVersion the version the caller worked from, or -1 for any
   * @return which rules changed; fails with {@link IllegalStateException} when the version moved
   *     on, {@link IllegalArgumentException} when a rule names what can not be
   */
  default CompletionStage<Changed> replace(List<FlowRule> rules, long expectedVersion) {
    return replace(TableContent.ofRules(rules), expectedVersion);
  }

  /**
   * Replaces all rules at once, and with them all groups and meters if the content says which there
   * shall be: no loop works by the rules of one and the groups of the other. Those that are as
   * before keep their counters.
   *
   * @param expectedVersion the version the caller worked from, or -1 for any
   * @return as {@link #replace(List, long)}
   */
  CompletionStage<Changed> replace(TableContent content, long expectedVersion);

  /**
   * What the switch would do with a frame now; nothing is sent, counted or learned.
   *
   * @return fails with {@link IllegalArgumentException} when there is no such port or the frame is
   *     too long
   */
  CompletionStage<FrameVerdict> trace(String inPort, byte[] frame);

  /**
   * What a change did.
   *
   * @param version the version of the table with it
   * @param total rules in the table
   * @param count rules that were added or changed, and those deleted; also those that were added
   *     and are as before
   * @param entries these, the deleted ones as they were, in the order of the commands; of more than
   *     {@link #ENTRIES_MAX} the first
   */
  record Changed(long version, int total, int count, List<FlowEntry> entries) {
    /** A change may be of a whole table: nobody reads a million entries. */
    public static final int ENTRIES_MAX = 10_000;
  }

  /**
   * Some rules of the table.
   *
   * @param total rules in the table
   * @param next where the next page begins; empty if there is none
   */
  record Page(long version, int total, List<FlowEntry> entries, OptionalLong next) {}

  /**
   * A rule and what it did.
   *
   * @param id stable while the rule (match and priority) stays
   * @param packets frames that it decided
   * @param bytes their bytes
   * @param ageMs milliseconds since it was added
   * @param idleMs milliseconds since it last decided a frame, or since it was added; known to about
   *     a millisecond
   */
  record FlowEntry(long id, FlowRule rule, long packets, long bytes, long ageMs, long idleMs) {}

  /** Why a rule went that nobody deleted. */
  enum ExpiryReason {
    IDLE_TIMEOUT,
    HARD_TIMEOUT
  }

  /**
   * A rule that went by itself.
   *
   * @param entry what it had counted
   */
  record Expired(FlowEntry entry, ExpiryReason reason) {}
}
