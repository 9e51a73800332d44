// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** One mapping of the file, read key by key; every error names file, line, key and value. */
public final class Section {
  private final YamlFile file;
  private final String path;
  private final Map<String, Object> values;

  Section(YamlFile file, String path, Map<String, Object> values) {
    this.file = file;
    this.path = path;
    this.values = values;
  }

  /** A mapping that came by another way than a file: errors name only its place. */
  public static Section of(String path, Map<String, Object> values) {
    return new Section(YamlFile.none(), path, values);
  }

  /** Other values in the same place: errors point where this section's do. */
  public Section with(Map<String, Object> others) {
    return new Section(file, path, others);
  }

  /** The plain values. */
  public Map<String, Object> values() {
    return values;
  }

  /** Refuses every key that is not in the list. */
  public Section allow(String... keys) {
    Set<String> allowed = new TreeSet<>(List.of(keys));
    for (String key : values.keySet()) {
      if (!allowed.contains(key)) {
        throw error(key, "unknown key '%s'; allowed here: %s".formatted(key, join(allowed)));
      }
    }
    return this;
  }

  /** An error at a key of this section. */
  public ConfigException error(String key, String message) {
    String at = key.isEmpty() ? path : path.isEmpty() ? key : path + "." + key;
    return new ConfigException(file.at(at) + ": " + (at.isEmpty() ? "" : at + ": ") + message);
  }

  public boolean has(String key) {
    return values.get(key) != null;
  }

  public String text(String key, String otherwise) {
    Object value = values.get(key);
    if (value == null) {
      return otherwise;
    }
    if (value instanceof String || value instanceof Number) {
      return value.toString();
    }
    throw error(key, "must be text, not %s".formatted(value));
  }

  /** Text that must be there. */
  public String text(String key) {
    if (!has(key)) {
      throw error("", "the key '%s' is missing".formatted(key));
    }
    return text(key, "");
  }

  /** One of a few words. */
  public String choice(String key, String otherwise, String... allowed) {
    String value = text(key, otherwise);
    for (String word : allowed) {
      if (word.equals(value)) {
        return value;
      }
    }
    throw error(key, "'%s' is not one of %s".formatted(value, String.join(", ", allowed)));
  }

  public long number(String key, long otherwise, long min, long max) {
    Object value = values.get(key);
    if (value == null) {
      return otherwise;
    }
    if (value instanceof Integer || value instanceof Long) {
      long number = ((Number) value).longValue();
      if (number >= min && number <= max) {
        return number;
      }
    }
    throw error(key, "must be a whole number from %d to %d: %s".formatted(min, max, value));
  }

  public boolean flag(String key, boolean otherwise) {
    Object value = values.get(key);
    if (value == null) {
      return otherwise;
    }
    if (value instanceof Boolean flag) {
      return flag;
    }
    throw error(key, "must be true or false: %s".formatted(value));
  }

  /** A list of words, or one word alone; empty when absent. */
  public List<String> words(String key) {
    Object value = values.get(key);
    if (value == null) {
      return List.of();
    }
    List<String> words = new ArrayList<>();
    for (Object item : value instanceof List<?> list ? list : List.of(value)) {
      if (!(item instanceof String word)) {
        throw error(key, "must be a word, or a list of words: %s".formatted(item));
      }
      words.add(word);
    }
    return List.copyOf(words);
  }

  /** A mapping below this one; empty when absent. */
  public Section section(String key) {
    Object value = values.get(key);
    String child = path.isEmpty() ? key : path + "." + key;
    if (value == null) {
      return new Section(file, child, Map.of());
    }
    if (value instanceof Map<?, ?> map) {
      return new Section(file, child, YamlFile.stringKeys(map, file.at(child), child));
    }
    throw error(key, "must be a mapping, not %s".formatted(value));
  }

  /** All mappings below this one, by key, in the file's order. */
  public Map<String, Section> sections() {
    Map<String, Section> result = new LinkedHashMap<>();
    values.keySet().forEach(key -> result.put(key, section(key)));
    return result;
  }

  /** A list of mappings; empty when absent. */
  public List<Section> list(String key) {
    List<Section> result = new ArrayList<>();
    int index = 0;
    for (Object item : items(key)) {
      String child = (path.isEmpty() ? key : path + "." + key) + "[" + index++ + "]";
      if (!(item instanceof Map<?, ?> map)) {
        throw new ConfigException(
            "%s: %s: must be a mapping, not %s".formatted(file.at(child), child, item));
      }
      result.add(new Section(file, child, YamlFile.stringKeys(map, file.at(child), child)));
    }
    return result;
  }

  /** A list of whole numbers; empty when absent. */
  public List<Long> numbers(String key, long min, long max) {
    List<Long> result = new ArrayList<>();
    for (Object item : items(key)) {
      if (!(item instanceof Integer || item instanceof Long)
          || ((Number) item).longValue() < min
          || ((Number) item).longValue() > max) {
        throw error(key, "must be whole numbers from %d to %d: %s".formatted(min, max, item));
      }
      result.add(((Number) item).longValue());
    }
    return result;
  }

  /** A list of texts with the place of each; a multi-line text counts as one. */
  public List<Line> lines(String key) {
    List<Line> result = new ArrayList<>();
    int index = 0;
    for (Object item : items(key)) {
      String child = (path.isEmpty() ? key : path + "." + key) + "[" + index++ + "]";
      if (!(item instanceof String text)) {
        throw new ConfigException(
            "%s: %s: must be text, not %s".formatted(file.at(child), child, item));
      }
      result.add(new Line(text, file.at(child)));
    }
    return result;
  }

  /** A list of whatever values with the place of each. */
  List<Item> places(String key) {
    List<Item> result = new ArrayList<>();
    int index = 0;
    for (Object item : items(key)) {
      String child = (path.isEmpty() ? key : path + "." + key) + "[" + index++ + "]";
      result.add(new Item(item, file.at(child)));
    }
    return result;
  }

  /** A value and where it stands, {@code file:line}. */
  record Item(@Nullable Object value, String at) {}

  /** A text and where it stands, {@code file:line}. */
  public record Line(String text, String at) {}

  private List<?> items(String key) {
    @Nullable Object value = values.get(key);
    if (value == null) {
      return List.of();
    }
    if (value instanceof List<?> list) {
      return list;
    }
    throw error(key, "must be a list, not %s".formatted(value));
  }

  private static String join(Set<String> words) {
    return String.join(", ", words);
  }
}
