// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import java.util.Arrays;

/** Small arrays that a loop iterates per duty cycle and a command replaces now and then. */
final class Rows {
  private Rows() {}

  static <T> T[] append(T[] rows, T row) {
    T[] longer = Arrays.copyOf(rows, rows.length + 1);
    longer[rows.length] = row;
    return longer;
  }

  @SuppressWarnings("ReferenceEquality") // a row is itself only
  static <T> T[] without(T[] rows, T row) {
    for (int i = 0; i < rows.length; i++) {
      if (rows[i] == row) {
        T[] shorter = Arrays.copyOf(rows, rows.length - 1);
        System.arraycopy(rows, i + 1, shorter, i, rows.length - 1 - i);
        return shorter;
      }
    }
    return rows;
  }
}
