// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import java.math.BigInteger;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads maps, lists, texts and numbers as JSON and YAML hold them. What is wrong is a {@link
 * FlowTreeException} with a JSON pointer to it.
 */
final class Trees {
  private Trees() {}

  static String pointer(String parent, @Nullable Object member) {
    return parent + "/" + String.valueOf(member).replace("~", "~0").replace("/", "~1");
  }

  static Map<?, ?> map(@Nullable Object tree, String pointer, String otherwise) {
    if (tree instanceof Map<?, ?> map) {
      return map;
    }
    throw new FlowTreeException(pointer, otherwise);
  }

  /** Refuses members that nobody reads. */
  static void allow(Map<?, ?> map, String parent, Collection<String> members) {
    for (Object member : map.keySet()) {
      if (!members.contains(member)) {
        throw new FlowTreeException(
            pointer(parent, member), "unknown member; allowed are " + String.join(", ", members));
      }
    }
  }

  /**
   * A member that is a list.
   *
   * @param max elements at most
   */
  static List<?> list(Map<?, ?> map, String member, String parent, int max) {
    if (!(map.get(member) instanceof List<?> list)) {
      throw new FlowTreeException(pointer(parent, member), "must be an array");
    }
    if (list.size() > max) {
      throw new FlowTreeException(
          pointer(parent, member), "at most %d are allowed: %d".formatted(max, list.size()));
    }
    return list;
  }

  /**
   * @param max unsigned
   */
  static long number(Map<?, ?> map, String member, String parent, long fallback, long max) {
    Object value = map.get(member);
    if (value == null) {
      return fallback;
    }
    try {
      return NumberSyntax.parse(scalar(value), max);
    } catch (IllegalArgumentException e) {
      throw new FlowTreeException(pointer(parent, member), e.getMessage() + ": " + value);
    }
  }

  /**
   * A number that must be there.
   *
   * @param max unsigned
   */
  static long required(Map<?, ?> map, String member, String parent, long max) {
    if (map.get(member) == null) {
      throw new FlowTreeException(pointer(parent, member), "is missing");
    }
    return number(map, member, parent, 0, max);
  }

  /** A text that must be there, read by a parser that says what is wrong. */
  static <T> T parsed(Map<?, ?> map, String member, String parent, Function<String, T> parser) {
    Object value = map.get(member);
    if (value == null) {
      throw new FlowTreeException(pointer(parent, member), "is missing");
    }
    try {
      return parser.apply(scalar(value));
    } catch (IllegalArgumentException e) {
      throw new FlowTreeException(pointer(parent, member), e.getMessage() + ": " + value);
    }
  }

  static String scalar(@Nullable Object value) {
    if (value instanceof String
        || value instanceof Integer
        || value instanceof Long
        || value instanceof BigInteger) {
      return value.toString();
    }
    throw new IllegalArgumentException("must be a string or a whole number");
  }
}
