// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What a request is answered with, in both forms; each is made only when somebody asks for it.
 *
 * @param text the same for people
 * @param headers besides those that every answer has
 */
record Answer(
    int status, Supplier<JsonObject> json, Supplier<String> text, Map<String, String> headers) {

  static Answer ok(JsonObject json, Supplier<String> text) {
    return ok(() -> json, text);
  }

  /** Where one form costs much, as of ten thousand rules. */
  static Answer ok(Supplier<JsonObject> json, Supplier<String> text) {
    return new Answer(200, json, text, Map.of());
  }

  static Answer created(Supplier<JsonObject> json, Supplier<String> text, String location) {
    return new Answer(201, json, text, Map.of("Location", location));
  }

  static Answer created(JsonObject json, Supplier<String> text, String location) {
    return created(() -> json, text, location);
  }

  Answer with(String header, String value) {
    Map<String, String> more = new HashMap<>(headers);
    more.put(header, value);
    return new Answer(status, json, text, Map.copyOf(more));
  }
}
