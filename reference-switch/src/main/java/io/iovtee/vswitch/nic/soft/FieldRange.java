// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import java.util.function.ToLongFunction;

/**
 * Values of one header field over the flows of a generator: flow {@code f} has {@code first + f
 * modulo the range's length}. Written {@code value} or {@code first-last}.
 *
 * @param first lowest value
 * @param last highest value, {@code first} or more
 */
public record FieldRange(long first, long last) {
  static FieldRange parse(String text, ToLongFunction<String> value) {
    int dash = text.indexOf('-');
    if (dash < 0) {
      long only = value.applyAsLong(text.strip());
      return new FieldRange(only, only);
    }
    FieldRange range =
        new FieldRange(
            value.applyAsLong(text.substring(0, dash).strip()),
            value.applyAsLong(text.substring(dash + 1).strip()));
    if (range.last < range.first) {
      throw new IllegalArgumentException("\"" + text + "\" ends before it starts");
    }
    return range;
  }

  long of(int flow) {
    return first + flow % (last - first + 1);
  }
}
