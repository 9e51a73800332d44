// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A JSON object of a request with its place in the body; each error points there. */
final class JsonInput {
  private final JsonObject json;
  private final String pointer;

  JsonInput(JsonObject json, String pointer) {
    this.json = json;
    this.pointer = pointer;
  }

  /** JSON pointer to this object. */
  String here() {
    return pointer;
  }

  String pointer(String key) {
    return pointer + "/" + key.replace("~", "~0").replace("/", "~1");
  }

  /** Refuses members that nobody reads. */
  JsonInput allow(String... keys) {
    List<String> allowed = Arrays.asList(keys);
    for (String key : json.fieldNames()) {
      if (!allowed.contains(key)) {
        throw HttpProblem.badField(
            pointer(key), "unknown member; allowed are " + String.join(", ", keys));
      }
    }
    return this;
  }

  boolean has(String key) {
    return json.getValue(key) != null;
  }

  @Nullable Object value(String key) {
    return json.getValue(key);
  }

  String text(String key, String fallback) {
    Object value = json.getValue(key);
    if (value == null) {
      return fallback;
    }
    if (value instanceof String text) {
      return text;
    }
    throw HttpProblem.badField(pointer(key), "must be a string: " + key + "=" + value);
  }

  String requiredText(String key) {
    String value = text(key, "");
    if (value.isEmpty()) {
      throw HttpProblem.badField(pointer(key), "is missing or empty");
    }
    return value;
  }

  int integer(String key, int fallback, int min, int max) {
    Object value = json.getValue(key);
    if (value == null) {
      return fallback;
    }
    if (value instanceof Integer || value instanceof Long) {
      long number = ((Number) value).longValue();
      if (number >= min && number <= max) {
        return (int) number;
      }
    }
    throw HttpProblem.badField(
        pointer(key), "must be a whole number from " + min + " to " + max + ": " + value);
  }

  /** Reads a string by a parser that says what is wrong. */
  <T> T parsed(String key, String fallback, Function<String, T> parser) {
    try {
      return parser.apply(text(key, fallback));
    } catch (IllegalArgumentException e) {
      throw HttpProblem.badField(pointer(key), String.valueOf(e.getMessage()));
    }
  }

  JsonInput object(String key) {
    Object value = json.getValue(key);
    if (value == null) {
      return new JsonInput(new JsonObject(), pointer(key));
    }
    if (value instanceof JsonObject object) {
      return new JsonInput(object, pointer(key));
    }
    throw HttpProblem.badField(pointer(key), "must be an object");
  }

  JsonArray array(String key) {
    Object value = json.getValue(key);
    if (value instanceof JsonArray array) {
      return array;
    }
    throw HttpProblem.badField(pointer(key), "must be an array");
  }

  Iterable<String> keys() {
    return json.fieldNames();
  }

  /** Plain maps, lists, texts and numbers, as plugin-api wants them. */
  Map<String, Object> plain() {
    return plain(json);
  }

  private static Map<String, Object> plain(JsonObject object) {
    Map<String, Object> map = new TreeMap<>();
    for (String key : object.fieldNames()) {
      Object value = object.getValue(key);
      if (value != null) {
        map.put(key, plainValue(value));
      }
    }
    return map;
  }

  private static Object plainValue(Object value) {
    if (value instanceof JsonObject object) {
      return plain(object);
    }
    if (value instanceof JsonArray array) {
      return array.stream().filter(one -> one != null).map(JsonInput::plainValue).toList();
    }
    return value;
  }
}
