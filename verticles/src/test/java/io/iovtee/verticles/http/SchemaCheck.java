// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * As much of JSON Schema (2020-12) as the contract uses; any other keyword is an error of the
 * contract. Stricter in one point: an object has no property that its schema does not name, unless
 * the schema says what others there may be. So an answer never has more than the contract tells.
 */
final class SchemaCheck {
  private static final Set<String> ANNOTATIONS =
      Set.of("description", "default", "example", "examples", "readOnly");
  private static final Set<String> KEYWORDS =
      Set.of(
          "type",
          "enum",
          "minimum",
          "maximum",
          "format",
          "oneOf",
          "items",
          "minItems",
          "maxItems",
          "properties",
          "required",
          "additionalProperties");

  private final Function<String, Object> references;
  private final List<String> faults = new ArrayList<>();

  private SchemaCheck(Function<String, Object> references) {
    this.references = references;
  }

  /**
   * What is wrong with the value; empty if nothing is.
   *
   * @param references what a {@code $ref} stands for
   */
  static List<String> faults(
      Object schema, @Nullable Object value, Function<String, Object> references) {
    SchemaCheck check = new SchemaCheck(references);
    check.check("", (Map<?, ?>) schema, value);
    return check.faults;
  }

  private void check(String at, Map<?, ?> schema, @Nullable Object value) {
    if (schema.get("$ref") instanceof String reference) {
      check(at, (Map<?, ?>) references.apply(reference), value);
      return;
    }
    for (Object keyword : schema.keySet()) {
      if (!KEYWORDS.contains(keyword) && !ANNOTATIONS.contains(keyword)) {
        faults.add(at + ": the contract has an unknown keyword: " + keyword);
      }
    }
    if (schema.get("type") != null && !list(schema.get("type")).contains(type(value))) {
      // A whole number is a number, too.
      if (!(value instanceof Number && list(schema.get("type")).contains("number"))) {
        faults.add(at + ": not of type " + schema.get("type") + ": " + value);
        return;
      }
    }
    if (schema.get("enum") != null && !list(schema.get("enum")).contains(value)) {
      faults.add(at + ": not one of " + schema.get("enum") + ": " + value);
    }
    switch (value) {
      case Number number -> checkRange(at, schema, number);
      case String text when "date-time".equals(schema.get("format")) -> checkTime(at, text);
      case List<?> items -> checkItems(at, schema, items);
      case Map<?, ?> members -> checkMembers(at, schema, members);
      case null, default -> {
        // The type said all.
      }
    }
    if (schema.get("oneOf") != null) {
      long fitting =
          list(schema.get("oneOf")).stream()
              .filter(one -> faults(one, value, references).isEmpty())
              .count();
      if (fitting != 1) {
        faults.add(at + ": fits " + fitting + " of " + schema.get("oneOf") + ": " + value);
      }
    }
  }

  private void checkRange(String at, Map<?, ?> schema, Number number) {
    boolean tooSmall =
        schema.get("minimum") instanceof Number min && number.doubleValue() < min.doubleValue();
    boolean tooBig =
        schema.get("maximum") instanceof Number max && number.doubleValue() > max.doubleValue();
    if (tooSmall || tooBig) {
      faults.add(at + ": out of range: " + number);
    }
  }

  private void checkTime(String at, String text) {
    try {
      OffsetDateTime.parse(text);
    } catch (DateTimeParseException e) {
      faults.add(at + ": not a time (RFC 3339): " + text);
    }
  }

  private void checkItems(String at, Map<?, ?> schema, List<?> items) {
    boolean tooFew = schema.get("minItems") instanceof Integer min && items.size() < min;
    boolean tooMany = schema.get("maxItems") instanceof Integer max && items.size() > max;
    if (tooFew || tooMany) {
      faults.add(at + ": has " + items.size() + " items");
    }
    for (int i = 0; schema.get("items") instanceof Map<?, ?> each && i < items.size(); i++) {
      check(at + "/" + i, each, items.get(i));
    }
  }

  private void checkMembers(String at, Map<?, ?> schema, Map<?, ?> members) {
    for (Object name : list(schema.get("required"))) {
      if (!members.containsKey(name)) {
        faults.add(at + ": lacks " + name);
      }
    }
    Map<?, ?> properties = schema.get("properties") instanceof Map<?, ?> named ? named : Map.of();
    members.forEach((name, value) -> {
      if (properties.get(name) instanceof Map<?, ?> property) {
        check(at + "/" + name, property, value);
      } else if (schema.get("additionalProperties") instanceof Map<?, ?> other) {
        check(at + "/" + name, other, value);
      } else if (!Boolean.TRUE.equals(schema.get("additionalProperties"))) {
        faults.add(at + ": the contract does not name " + name);
      }
    });
  }

  private static List<?> list(@Nullable Object one) {
    return one == null ? List.of() : one instanceof List<?> many ? many : List.of(one);
  }

  private static String type(@Nullable Object value) {
    return switch (value) {
      case null -> "null";
      case String _ -> "string";
      case Boolean _ -> "boolean";
      case Integer _ -> "integer";
      case Long _ -> "integer";
      case Number _ -> "number";
      case List<?> _ -> "array";
      case Map<?, ?> _ -> "object";
      default -> value.getClass().getName();
    };
  }
}
