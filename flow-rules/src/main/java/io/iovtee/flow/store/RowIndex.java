// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.store;

import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Rows by something that each of them has itself: an open hash table, in which a row costs a
 * reference and a half. A map would cost an object and a key for each, and a collector that copies
 * a million of these stops the poll loops meanwhile. One thread.
 */
final class RowIndex<R extends RuleRow> {
  private static final int SLOTS_MIN = 16;

  /** Fibonacci hashing (Knuth, TAOCP 3, 6.4): neighbours fall far apart, upper bits are good. */
  private static final int MULTIPLIER = 0x9e37_79b9;

  private final ToIntFunction<R> hash;
  private @Nullable RuleRow[] slots = new RuleRow[SLOTS_MIN];
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
    return at(slotOf(hashCode, isMeant));
  }

  /** Puts a row in the place of the one that is meant by the same, if there is one. */
  @Nullable R put(R row, Predicate<R> isMeant) {
    int slot = slotOf(hash.applyAsInt(row), isMeant);
    R before = at(slot);
    slots[slot] = row;
    if (before == null && 3 * ++count > 2 * slots.length) {
      grow();
    }
    return before;
  }

  /** Takes the row that is meant out. Those behind it close the gap, or they were not found. */
  void remove(int hashCode, Predicate<R> isMeant) {
    int gap = slotOf(hashCode, isMeant);
    if (slots[gap] == null) {
      return;
    }
    count--;
    int mask = slots.length - 1;
    R row = at((gap + 1) & mask);
    for (int slot = (gap + 1) & mask; row != null; slot = (slot + 1) & mask, row = at(slot)) {
      int wanted = first(hash.applyAsInt(row));
      if (((slot - wanted) & mask) >= ((slot - gap) & mask)) {
        slots[gap] = row;
        gap = slot;
      }
    }
    slots[gap] = null;
  }

  /** Where the row is, or would be put. */
  private int slotOf(int hashCode, Predicate<R> isMeant) {
    int slot = first(hashCode);
    for (R row = at(slot); row != null && !isMeant.test(row); row = at(slot)) {
      slot = (slot + 1) & (slots.length - 1);
    }
    return slot;
  }

  private int first(int hashCode) {
    return (hashCode * MULTIPLIER) >>> (Integer.numberOfLeadingZeros(slots.length) + 1);
  }

  @SuppressWarnings("unchecked") // only such rows are put in
  private @Nullable R at(int slot) {
    return (R) slots[slot];
  }

  private void grow() {
    @Nullable RuleRow[] old = slots;
    slots = new RuleRow[2 * old.length];
    for (int i = 0; i < old.length; i++) {
      @SuppressWarnings("unchecked") // only such rows are put in
      R row = (R) old[i];
      if (row != null) {
        slots[slotOf(hash.applyAsInt(row), _ -> false)] = row;
      }
    }
  }
}
