// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.api.PluginException;
import io.iovtee.verticles.iovtee.Labels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A map of the configuration with its place in the file; each error names place and value. */
final class ConfigSection {
  private final String path;
  private final Map<String, Object> values;

  ConfigSection(String path, Map<String, Object> values) {
    this.path = path;
    this.values = values;
  }

  String path() {
    return path;
  }

  boolean isEmpty() {
    return values.isEmpty();
  }

  /** Refuses keys that nobody reads. */
  void allow(String... keys) throws PluginException {
    List<String> allowed = Arrays.asList(keys);
    for (String key : new TreeSet<>(values.keySet())) {
      if (!allowed.contains(key)) {
        throw new PluginException(
            "unknown key " + path + "." + key + "; allowed are " + String.join(", ", keys));
      }
    }
  }

  String text(String key, String fallback) throws PluginException {
    Object value = values.get(key);
    if (value == null) {
      return fallback;
    }
    if (value instanceof String text) {
      return text;
    }
    throw wrong(key, value, "must be text");
  }

  String requiredText(String key) throws PluginException {
    String value = text(key, "");
    if (value.isEmpty()) {
      throw new PluginException(path + " needs the key " + key);
    }
    return value;
  }

  int integer(String key, int fallback, int min, int max) throws PluginException {
    Object value = values.get(key);
    if (value == null) {
      return fallback;
    }
    boolean whole = value instanceof Integer || value instanceof Long;
    if (whole) {
      long number = ((Number) value).longValue();
      if (number >= min && number <= max) {
        return (int) number;
      }
    }
    throw wrong(key, value, "must be a whole number from " + min + " to " + max);
  }

  boolean flag(String key, boolean fallback) throws PluginException {
    Object value = values.get(key);
    if (value == null) {
      return fallback;
    }
    if (value instanceof Boolean flag) {
      return flag;
    }
    throw wrong(key, value, "must be true or false");
  }

  <E> E choice(String key, E fallback, E[] allowed, Function<E, String> label)
      throws PluginException {
    Object value = values.get(key);
    if (value == null) {
      return fallback;
    }
    // YAML 1.1 readers turn the words on and off into booleans; both are meant as words here.
    Object word = value instanceof Boolean flag ? (flag ? "on" : "off") : value;
    try {
      return Labels.parse(path + "." + key, word.toString(), allowed, label);
    } catch (IllegalArgumentException e) {
      throw new PluginException(String.valueOf(e.getMessage()), e);
    }
  }

  boolean has(String key) {
    return values.containsKey(key);
  }

  /** A list of texts; empty when it is not there. */
  List<String> texts(String key, int countMax) throws PluginException {
    Object value = values.get(key);
    if (value == null) {
      return List.of();
    }
    if (!(value instanceof List<?> list)
        || list.size() > countMax
        || !list.stream().allMatch(String.class::isInstance)) {
      throw wrong(key, value, "must be a list of at most " + countMax + " texts");
    }
    return list.stream().map(String.class::cast).toList();
  }

  /** A map below this one; empty when it is not there. */
  ConfigSection section(String key) throws PluginException {
    Object value = values.get(key);
    if (value == null) {
      return new ConfigSection(path + "." + key, Map.of());
    }
    return new ConfigSection(path + "." + key, map(key, value));
  }

  /** A list of maps; empty when it is not there. */
  List<ConfigSection> sections(String key, int countMax) throws PluginException {
    Object value = values.get(key);
    List<ConfigSection> sections = new ArrayList<>();
    if (value == null) {
      return sections;
    }
    if (!(value instanceof List<?> list) || list.size() > countMax) {
      throw wrong(key, value, "must be a list of at most " + countMax + " entries");
    }
    for (int i = 0; i < list.size(); i++) {
      String name = key + "[" + i + "]";
      sections.add(new ConfigSection(path + "." + name, map(name, list.get(i))));
    }
    return sections;
  }

  private Map<String, Object> map(String key, @Nullable Object value) throws PluginException {
    if (!(value instanceof Map<?, ?> map)) {
      throw wrong(key, value, "must be a map");
    }
    Map<String, Object> typed = new TreeMap<>();
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      Object entryValue = entry.getValue();
      if (entryValue != null) {
        typed.put(String.valueOf(entry.getKey()), entryValue);
      }
    }
    return typed;
  }

  private PluginException wrong(String key, @Nullable Object value, String rule) {
    return new PluginException(path + "." + key + " " + rule + ": " + key + "=" + value);
  }
}
