// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.iovtee;

import java.util.Arrays;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Reads the constants of an enum by the names that people write. */
public final class Labels {
  private Labels() {}

  /**
   * @param what what the text is for: starts the message
   * @throws IllegalArgumentException that names the value and all that are allowed
   */
  public static <E> E parse(String what, String text, E[] values, Function<E, String> label) {
    for (E value : values) {
      if (label.apply(value).equals(text)) {
        return value;
      }
    }
    throw new IllegalArgumentException(
        what
            + " must be one of "
            + Arrays.stream(values).map(label).collect(Collectors.joining(", "))
            + ": "
            + what
            + "="
            + text);
  }
}
