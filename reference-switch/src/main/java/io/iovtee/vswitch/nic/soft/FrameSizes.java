// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Lengths of generated frames, without FCS: one length, the simple IMIX (7 frames of 60, 4 of 590,
 * 1 of 1514 bytes: 64, 594 and 1518 with FCS), or evenly spread over a range. The order is fixed by
 * the seed. Immutable.
 */
final class FrameSizes {
  static final String IMIX = "imix";

  private static final int TABLE_SIZE = 4096;
  private static final int[] IMIX_LENGTHS = {60, 60, 60, 60, 60, 60, 60, 590, 590, 590, 590, 1514};

  private final String text;
  private final int[] table;

  private FrameSizes(String text, int[] table) {
    this.text = text;
    this.table = table;
  }

  /**
   * Reads {@code 1514}, {@code imix} or {@code 60-1514}.
   *
   * @throws IllegalArgumentException for anything else or lengths outside of {@code 60..lengthMax}
   */
  static FrameSizes parse(String text, long seed, int lengthMax) {
    if (text.equals(IMIX)) {
      check(IMIX_LENGTHS[IMIX_LENGTHS.length - 1], lengthMax);
      return new FrameSizes(text, imix(seed));
    }
    FieldRange range = FieldRange.parse(text, part -> TextValues.number(part, 65_535));
    check(range.first(), lengthMax);
    check(range.last(), lengthMax);
    if (range.first() == range.last()) {
      return new FrameSizes(text, new int[] {(int) range.first()});
    }
    SplittableRandom random = new SplittableRandom(seed);
    int[] table = new int[TABLE_SIZE];
    Arrays.setAll(table, i -> random.nextInt((int) range.first(), (int) range.last() + 1));
    return new FrameSizes(text, table);
  }

  private static void check(long length, int lengthMax) {
    if (length < FlowSet.FRAME_LENGTH_MIN || length > lengthMax) {
      throw new IllegalArgumentException(
          "frames of %d bytes are not in %d..%d (without FCS)"
              .formatted(length, FlowSet.FRAME_LENGTH_MIN, lengthMax));
    }
  }

  private static int[] imix(long seed) {
    int[] table = new int[TABLE_SIZE];
    Arrays.setAll(table, i -> IMIX_LENGTHS[i % IMIX_LENGTHS.length]);
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = TABLE_SIZE - 1; i > 0; i--) {
      int other = random.nextInt(i + 1);
      int swapped = table[i];
      table[i] = table[other];
      table[other] = swapped;
    }
    return table;
  }

  /** Length of a flow's frame by its sequence number. */
  int of(int flow, long sequence) {
    return table[(int) (flow * 1021L + sequence) & (table.length - 1)];
  }

  int min() {
    int min = table[0];
    for (int length : table) {
      min = Math.min(min, length);
    }
    return min;
  }

  int max() {
    int max = table[0];
    for (int length : table) {
      max = Math.max(max, length);
    }
    return max;
  }

  @Override
  public String toString() {
    return text;
  }
}
