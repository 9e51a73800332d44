// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What a request is answered with, in both forms.
 *
 * @param text the same for people; made only when somebody asks for it
 * @param headers besides those that every answer has
 */
record Answer(int status, JsonObject json, Supplier<String> text, Map<String, String> headers) {

  static Answer ok(JsonObject json, Supplier<String> text) {
    return new Answer(200, json, text, Map.of());
  }

  static Answer created(JsonObject json, Supplier<String> text, String location) {
    return new Answer(201, json, text, Map.of("Location", location));
  }

  Answer with(String header, String value) {
    Map<String, String> more = new HashMap<>(headers);
    more.put(header, value);
    return new Answer(status, json, text, Map.copyOf(more));
  }
}
