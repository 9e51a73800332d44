// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Turns what the switch says into JSON, whatever types it is made of. */
final class JsonOutput {
  private JsonOutput() {}

  /** An object with its members in alphabetical order. */
  static JsonObject of(Map<String, ?> map) {
    JsonObject json = new JsonObject();
    new TreeMap<String, Object>(map).forEach((key, value) -> json.put(key, value(value)));
    return json;
  }

  static JsonArray of(Iterable<?> items) {
    JsonArray json = new JsonArray();
    for (Object item : items) {
      json.add(value(item));
    }
    return json;
  }

  private static @Nullable Object value(@Nullable Object value) {
    if (value == null || value instanceof Boolean || value instanceof Number) {
      return value;
    }
    if (value instanceof Map<?, ?> map) {
      Map<String, Object> named = new TreeMap<>();
      map.forEach((key, one) -> named.put(String.valueOf(key), one));
      return of(named);
    }
    if (value instanceof Iterable<?> items) {
      return of(items);
    }
    return value.toString();
  }
}
