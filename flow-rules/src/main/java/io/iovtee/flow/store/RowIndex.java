// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.store;

import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Rows by something that each of them has itself: open hash tables, in which a row costs a
 * reference and a half. A map would cost an object and a key for each, and a collector that copies
 * a million of these stops the poll loops meanwhile.
 *
 * <p>Many small tables, by the upper bits of the hash, each of which grows by itself: with a single
 * one a change of one rule among a million would take half a second when it grows. One thread.
 */
final class RowIndex<R extends RuleRow> {
  /** Two million rows in so many tables are 500 in each. */
  private static final int TABLE_BITS = 12;

  private final ToIntFunction<R> hash;

  @SuppressWarnings({"unchecked", "rawtypes"})
  private final @Nullable Table<R>[] tables = new Table[1 << TABLE_BITS];

  private int count;

  /**
   * @param hash of what rows are found by
   */
  RowIndex(ToIntFunction<R> hash) {
    this.hash = hash;
  }

  int size() {
    return count;
  }

  /**
   * The row that is meant.
   *
   * @param hashCode its hash
   */
  @Nullable R find(int hashCode, Predicate<R> isMeant) {
    int mixed = mix(hashCode);
    Table<R> table = tables[number(mixed)];
    return table == null ? null : table.at(table.slotOf(mixed, isMeant));
  }

  /** Puts a row in the place of the one that is meant by the same, if there is one. */
  @Nullable R put(R row, Predicate<R> isMeant) {
    int mixed = mix(hash.applyAsInt(row));
    Table<R> table = tables[number(mixed)];
    if (table == null) {
      table = new Table<>();
      tables[number(mixed)] = table;
    }
    R before = table.put(row, mixed, isMeant, hash);
    count += before == null ? 1 : 0;
    return before;
  }

  /** Takes the row that is meant out. */
  void remove(int hashCode, Predicate<R> isMeant) {
    int mixed = mix(hashCode);
    Table<R> table = tables[number(mixed)];
    if (table != null && table.remove(mixed, isMeant, hash)) {
      count--;
    }
  }

  private static int number(int mixed) {
    return mixed >>> (Integer.SIZE - TABLE_BITS);
  }

  /** Each bit depends on all bits of the hash (the finalizer of MurmurHash3). */
  private static int mix(int hashCode) {
    int mixed = (hashCode ^ (hashCode >>> 16)) * 0x85eb_ca6b;
    mixed = (mixed ^ (mixed >>> 13)) * 0xc2b2_ae35;
    return mixed ^ (mixed >>> 16);
  }

  /** Rows whose hashes have the same upper bits, by the lower ones. */
  private static final class Table<R extends RuleRow> {
    private static final int SLOTS_MIN = 4;

    private @Nullable RuleRow[] slots = new RuleRow[SLOTS_MIN];
    private int count;

    @Nullable R put(R row, int mixed, Predicate<R> isMeant, ToIntFunction<R> hash) {
      int slot = slotOf(mixed, isMeant);
      R before = at(slot);
      slots[slot] = row;
      if (before == null && 3 * ++count > 2 * slots.length) {
        grow(hash);
      }
      return before;
    }

    /** Those behind the row close the gap, or they were not found. */
    boolean remove(int mixed, Predicate<R> isMeant, ToIntFunction<R> hash) {
      int gap = slotOf(mixed, isMeant);
      if (slots[gap] == null) {
        return false;
      }
      count--;
      int mask = slots.length - 1;
      R row = at((gap + 1) & mask);
      for (int slot = (gap + 1) & mask; row != null; slot = (slot + 1) & mask, row = at(slot)) {
        int wanted = mix(hash.applyAsInt(row)) & mask;
        if (((slot - wanted) & mask) >= ((slot - gap) & mask)) {
          slots[gap] = row;
          gap = slot;
        }
      }
      slots[gap] = null;
      return true;
    }

    /** Where the row is, or would be put. */
    int slotOf(int mixed, Predicate<R> isMeant) {
      int mask = slots.length - 1;
      int slot = mixed & mask;
      for (R row = at(slot); row != null && !isMeant.test(row); row = at(slot)) {
        slot = (slot + 1) & mask;
      }
      return slot;
    }

    @SuppressWarnings("unchecked") // only such rows are put in
    @Nullable R at(int slot) {
      return (R) slots[slot];
    }

    private void grow(ToIntFunction<R> hash) {
      @Nullable RuleRow[] old = slots;
      slots = new RuleRow[2 * old.length];
      for (RuleRow each : old) {
        @SuppressWarnings("unchecked") // only such rows are put in
        R row = (R) each;
        if (row != null) {
          slots[slotOf(mix(hash.applyAsInt(row)), _ -> false)] = row;
        }
      }
    }
  }
}
