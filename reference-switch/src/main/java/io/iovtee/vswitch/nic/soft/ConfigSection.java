// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Typed reading of one mapping of the configuration. Every failure is an {@link
 * IllegalArgumentException} that names the key by its full path, the value, and what is allowed.
 */
final class ConfigSection {
  private final String path;
  private final Map<?, ?> values;

  /**
   * @param path the section's place below the port: {@code traffic}, or empty for the port itself
   */
  ConfigSection(String path, Map<?, ?> values) {
    this.path = path;
    this.values = values;
  }

  /** Refuses keys that are not in the list. */
  void allowOnly(String context, Collection<String> allowed) {
    for (Object key : values.keySet()) {
      if (!(key instanceof String) || !allowed.contains(key)) {
        throw new IllegalArgumentException(
            "%s: unknown key%s; allowed: %s"
                .formatted(at(key), context, String.join(", ", new TreeSet<>(allowed))));
      }
    }
  }

  boolean has(String key) {
    return values.get(key) != null;
  }

  long number(String key, long defaultValue, long min, long max) {
    Object value = values.get(key);
    if (value == null) {
      return defaultValue;
    }
    long number = min - 1;
    if (value instanceof Integer || value instanceof Long) {
      number = ((Number) value).longValue();
    }
    if (number < min || number > max) {
      throw wrong(key, "a whole number in %d..%d (default %d)".formatted(min, max, defaultValue));
    }
    return number;
  }

  int integer(String key, int defaultValue, int min, int max) {
    return (int) number(key, defaultValue, min, max);
  }

  boolean flag(String key, boolean defaultValue) {
    Object value = values.get(key);
    if (value == null) {
      return defaultValue;
    }
    if (value instanceof Boolean flag) {
      return flag;
    }
    throw wrong(key, "true or false (default " + defaultValue + ")");
  }

  /** Text, or a whole number written as such. */
  String text(String key, String defaultValue, String allowed) {
    Object value = values.get(key);
    if (value == null) {
      return defaultValue;
    }
    if ((value instanceof String text && !text.isBlank())
        || value instanceof Integer
        || value instanceof Long) {
      return value.toString();
    }
    throw wrong(key, allowed);
  }

  /** Text that must be there. */
  String required(String key, String allowed) {
    if (!has(key)) {
      throw new IllegalArgumentException(at(key) + ": missing; allowed: " + allowed);
    }
    return text(key, "", allowed);
  }

  /** A value that a parser understands; its complaint goes into the message. */
  <T> T parsed(String key, String defaultValue, String allowed, Function<String, T> parser) {
    String text = text(key, defaultValue, allowed);
    try {
      return parser.apply(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "%s: %s; allowed: %s (default %s)"
              .formatted(at(key), e.getMessage(), allowed, defaultValue),
          e);
    }
  }

  <E extends Enum<E>> E choice(String key, E defaultValue) {
    E[] constants = defaultValue.getDeclaringClass().getEnumConstants();
    Object value = values.get(key);
    if (value == null) {
      if (!values.containsKey(key)) {
        return defaultValue;
      }
      // YAML reads an unquoted null as no value; a person who writes "type: null" means the word.
      value = "null";
    }
    for (E constant : constants) {
      if (label(constant).equals(value)) {
        return constant;
      }
    }
    StringJoiner labels = new StringJoiner(", ");
    for (E constant : constants) {
      labels.add(label(constant));
    }
    throw wrong(key, "one of %s (default %s)".formatted(labels, label(defaultValue)));
  }

  static String label(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  ConfigSection section(String key) {
    Object value = values.get(key);
    if (value == null) {
      return new ConfigSection(at(key), Map.of());
    }
    if (value instanceof Map<?, ?> map) {
      return new ConfigSection(at(key), map);
    }
    throw wrong(key, "a mapping");
  }

  IllegalArgumentException wrong(String key, String allowed) {
    Object value = values.get(key);
    return new IllegalArgumentException(
        "%s: %s is not allowed; allowed: %s".formatted(at(key), value, allowed));
  }

  private String at(Object key) {
    return path.isEmpty() ? String.valueOf(key) : path + "." + key;
  }
}
