// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** An object of an answer in JSON, which is YAML, too (YAML 1.2, 1.3). */
final class JsonText {
  private final Map<?, ?> members;

  private JsonText(Map<?, ?> members) {
    this.members = members;
  }

  /**
   * Reads an object.
   *
   * @throws CommandException when the text is something else
   */
  static JsonText parse(String text) {
    try {
      Object read = new Load(LoadSettings.builder().build()).loadFromString(text);
      if (read instanceof Map<?, ?> map) {
        return new JsonText(map);
      }
    } catch (YamlEngineException e) {
      throw new CommandException("the answer is not JSON: " + e.getMessage(), e);
    }
    throw new CommandException("the answer is no JSON object: " + text);
  }

  /** Empty when it is not there. */
  String text(String key) {
    Object value = members.get(key);
    return value == null ? "" : value.toString();
  }

  /** 0 when it is not there. */
  long number(String key) {
    return members.get(key) instanceof Number number ? number.longValue() : 0;
  }

  boolean flag(String key) {
    return Boolean.TRUE.equals(members.get(key));
  }

  /** Empty when it is not there. */
  JsonText object(String key) {
    return new JsonText(members.get(key) instanceof Map<?, ?> map ? map : Map.of());
  }

  /** The objects of a list; empty when it is not there. */
  List<JsonText> objects(String key) {
    List<JsonText> objects = new ArrayList<>();
    if (members.get(key) instanceof List<?> list) {
      for (Object item : list) {
        if (item instanceof Map<?, ?> map) {
          objects.add(new JsonText(map));
        }
      }
    }
    return objects;
  }

  /** All members that are numbers. */
  Map<String, Long> numbers() {
    Map<String, Long> numbers = new LinkedHashMap<>();
    members.forEach((key, value) -> {
      if (value instanceof Number number) {
        numbers.put(String.valueOf(key), number.longValue());
      }
    });
    return numbers;
  }
}
