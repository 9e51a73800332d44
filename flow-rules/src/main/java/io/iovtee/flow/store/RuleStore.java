// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.store;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.RandomAccess;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The rules of a table in their order, found by id and by match. A command that names a rule costs
 * the same however many there are; one that looks for narrower matches goes through those that look
 * at all of its bits and at more.
 *
 * <p>One thread.
 *
 * @param <R> what is kept of each rule
 */
public final class RuleStore<R extends RuleRow> {
  private final RowMaker<R> maker;
  private final int rulesMax;

  private final OrderedRows<R> ordered = new OrderedRows<>();

  private final RowIndex<R> byId = new RowIndex<>(row -> Long.hashCode(row.id()));

  /** Of the rows with one match the first; the others hang on it. */
  private final RowIndex<R> byMatch = new RowIndex<>(row -> row.rule.match().hashCode());

  private final RowsByShape<R> byShape = new RowsByShape<>();
  private long nextId = 1;
  private long nextOrder;

  /** Makes the row of a new rule. */
  @FunctionalInterface
  public interface RowMaker<R> {
    R make(long id, FlowRule rule);
  }

  /**
   * What became of one row.
   *
   * @param before its rule, or null if it is new
   * @param after its rule now, or null if it is gone
   */
  public record Change<R>(R row, @Nullable FlowRule before, @Nullable FlowRule after) {}

  /**
   * Which rows changed.
   *
   * @param rows in the order in which they were touched
   * @param named rows of rules that were added, changed, deleted, or added as they were already
   * @param reordered whether other rows than the new ones have another order than before
   * @param deltas what may make frames meet another rule: the changes of rows, and if the order is
   *     another, all other rules, too, with the same before and after
   */
  public record Changes<R>(
      List<Change<R>> rows, List<R> named, boolean reordered, List<RuleDelta> deltas) {}

  /** An empty table. */
  public RuleStore(RowMaker<R> maker, int rulesMax) {
    this.maker = maker;
    this.rulesMax = rulesMax;
  }

  public int size() {
    return byId.size();
  }

  /** All rows in table order. */
  public Stream<R> rows() {
    return ordered.present();
  }

  /** The rows from this order on, in table order: without going through those before. */
  public Stream<R> rowsFrom(long order) {
    return ordered.from(order);
  }

  public Optional<R> byId(long id) {
    return Optional.ofNullable(withId(id));
  }

  private @Nullable R withId(long id) {
    return byId.find(Long.hashCode(id), row -> row.id() == id);
  }

  /** The first of the rows with this match. */
  private @Nullable R firstWith(Match match) {
    return byMatch.find(match.hashCode(), row -> row.rule.match().equals(match));
  }

  /** The row with the rule's match and priority. */
  public Optional<R> byRule(FlowRule rule) {
    return Optional.ofNullable(find(rule));
  }

  /**
   * Shows the rows whose rules overlap any of the matches, highest priority first, of equal ones in
   * table order, until {@code goOn} says no.
   *
   * @return how many rows were looked at, shown or not: what it cost
   */
  public int overlapping(List<Match> matches, Predicate<R> goOn) {
    return byShape.overlapping(matches, this::withMatch).show(goOn);
  }

  private List<R> withMatch(Match match) {
    List<R> same = new ArrayList<>();
    addSame(match, _ -> true, same);
    return same;
  }

  /**
   * Carries out all commands, one after the other, or none.
   *
   * @throws IllegalArgumentException if there would be too many rules
   */
  public Changes<R> apply(List<FlowMod> mods) {
    return apply(mods, changes -> {});
  }

  /**
   * As above, if the caller agrees to what has changed.
   *
   * @param check throws {@link IllegalArgumentException} if not; it sees the table as it would be
   */
  public Changes<R> apply(List<FlowMod> mods, Consumer<Changes<R>> check) {
    TouchedRows<R> touched = new TouchedRows<>();
    Changes<R> changes;
    try {
      for (FlowMod mod : mods) {
        apply(mod, touched);
      }
      changes = changes(touched, false);
      check.accept(changes);
    } catch (IllegalArgumentException e) {
      undo(touched);
      throw e;
    }
    ordered.forget(byId.size(), OrderedRows.FORGET_ROWS * touched.size());
    return changes;
  }

  private Changes<R> changes(TouchedRows<R> touched, boolean reordered) {
    List<Change<R>> changes = new ArrayList<>();
    List<R> named = new ArrayList<>(touched.size());
    touched.forEach((row, before) -> {
      FlowRule after = row.present ? row.rule : null;
      if (before == null ? after != null : !before.equals(after)) {
        changes.add(new Change<>(row, before, after));
      }
      if (before != null || after != null) {
        named.add(row);
      }
    });
    List<RuleDelta> deltas = new Deltas<>(changes);
    if (reordered) {
      deltas = new ArrayList<>(deltas);
      rows()
          .filter(row -> !touched.has(row) || row.rule.equals(touched.before(row)))
          .map(row -> new RuleDelta(row.rule, row.rule))
          .forEach(deltas::add);
    }
    return new Changes<>(changes, named, reordered, deltas);
  }

  /** Changes without their rows; made when they are asked for, as there may be a million. */
  private static final class Deltas<R> extends AbstractList<RuleDelta> implements RandomAccess {
    private final List<Change<R>> changes;

    Deltas(List<Change<R>> changes) {
      this.changes = changes;
    }

    @Override
    public RuleDelta get(int index) {
      return new RuleDelta(changes.get(index).before(), changes.get(index).after());
    }

    @Override
    public int size() {
      return changes.size();
    }
  }

  private void apply(FlowMod mod, TouchedRows<R> touched) {
    switch (mod) {
      case FlowMod.Add(FlowRule rule) -> {
        put(rule, touched);
        if (byId.size() > rulesMax) {
          throw new IllegalArgumentException(
              "the table takes at most %d rules: rules=%d".formatted(rulesMax, byId.size()));
        }
      }
      case FlowMod.Modify(FlowRule like, boolean strict, RuleFilter filter) -> {
        for (R row : strict ? same(like, filter) : covered(like.match(), filter)) {
          touched.add(row);
          row.rule = row.rule.withActions(like.actions());
        }
      }
      case FlowMod.Delete delete -> {
        for (R row : meant(delete)) {
          touched.add(row);
          take(row);
        }
      }
      case FlowMod.DeleteId(long id) -> {
        R row = withId(id);
        if (row != null) {
          touched.add(row);
          take(row);
        }
      }
    }
  }

  private void put(FlowRule rule, TouchedRows<R> touched) {
    R same = find(rule);
    R row = same == null ? maker.make(nextId++, rule) : same;
    touched.add(row);
    row.rule = rule;
    if (same == null) {
      row.order = nextOrder++;
      ordered.add(row);
      insert(row);
    }
  }

  private List<R> same(FlowRule rule, RuleFilter filter) {
    R exact = find(rule);
    return exact == null || !filter.test(exact.rule) ? List.of() : List.of(exact);
  }

  private List<R> meant(FlowMod.Delete delete) {
    Predicate<FlowRule> wanted =
        delete
            .filter()
            .and(rule ->
                delete.priority().isEmpty() || delete.priority().getAsInt() == rule.priority());
    if (delete.loose()) {
      return covered(delete.match(), wanted);
    }
    List<R> meant = new ArrayList<>();
    addSame(delete.match(), wanted, meant);
    return meant;
  }

  private void addSame(Match match, Predicate<FlowRule> wanted, List<R> meant) {
    for (R row = firstWith(match); row != null; row = next(row)) {
      if (wanted.test(row.rule)) {
        meant.add(row);
      }
    }
  }

  /** The rows with this match or a narrower one, in table order. */
  private List<R> covered(Match match, Predicate<FlowRule> wanted) {
    List<R> meant = byShape.narrower(match, row -> wanted.test(row.rule));
    for (int table : byShape.tablesWithShape(match)) {
      addSame(match.inTable(table), wanted, meant);
    }
    meant.sort(Comparator.comparingLong(row -> row.order));
    return meant;
  }

  private @Nullable R find(FlowRule rule) {
    R row = firstWith(rule.match());
    while (row != null && row.rule.priority() != rule.priority()) {
      row = next(row);
    }
    return row;
  }

  @SuppressWarnings("unchecked") // only rows of this store are linked
  private @Nullable R next(R row) {
    return (R) row.sameMatch;
  }

  private void insert(R row) {
    row.present = true;
    byId.put(row, _ -> false);
    byShape.add(row);
    row.sameMatch = byMatch.put(row, hasMatchOf(row));
  }

  private Predicate<R> hasMatchOf(R row) {
    return other -> other.rule.match().equals(row.rule.match());
  }

  @SuppressWarnings("ReferenceEquality") // a row is itself only
  private void take(R row) {
    byId.remove(Long.hashCode(row.id()), other -> other.id() == row.id());
    byShape.remove(row);
    row.present = false;
    R first = firstWith(row.rule.match());
    R next = next(row);
    if (first != row) {
      RuleRow before = first;
      while (before != null && before.sameMatch != row) {
        before = before.sameMatch;
      }
      if (before != null) {
        before.sameMatch = next;
      }
    } else if (next != null) {
      R unused = byMatch.put(next, hasMatchOf(next));
    } else {
      byMatch.remove(row.rule.match().hashCode(), hasMatchOf(row));
    }
    row.sameMatch = null;
  }

  private void undo(TouchedRows<R> touched) {
    touched.forEach((row, before) -> {
      if (row.present && before == null) {
        take(row);
      } else if (before != null) {
        row.rule = before;
        if (!row.present) {
          insert(row); // at its place in the order it still is
        }
      }
    });
  }

  /**
   * Makes the table equal to a list, of which the last of several with one match and priority
   * counts, in the place of the first. Rules that stay keep their rows.
   *
   * @throws IllegalArgumentException if there are too many rules; nothing is changed then
   */
  public Changes<R> replace(List<FlowRule> rules) {
    if (rules.size() > rulesMax) {
      throw new IllegalArgumentException(
          "the table takes at most %d rules: rules=%d".formatted(rulesMax, rules.size()));
    }
    TouchedRows<R> touched = new TouchedRows<>();
    for (FlowRule rule : rules) {
      put(rule, touched);
    }
    List<R> next = touched.rows();
    for (R row : rows().filter(row -> !touched.has(row)).toList()) {
      touched.add(row);
      take(row);
    }
    Changes<R> changes = changes(touched, arrange(next));
    ordered.forget(byId.size(), ordered.size());
    return changes;
  }

  /** Brings the rows into this order; whether they had another one. */
  private boolean arrange(Collection<R> rows) {
    long last = -1;
    boolean isOrdered = true;
    for (R row : rows) {
      isOrdered &= row.order > last;
      last = row.order;
    }
    if (isOrdered) {
      return false;
    }
    ordered.set(rows);
    for (R row : rows) {
      row.order = nextOrder++;
    }
    return true;
  }
}
