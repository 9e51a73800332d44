// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.peer;

import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.StringJoiner;

/**
 * A record of {@code long} numbers as one line of text, the way our processes tell each other what
 * they have counted: {@code stats receivedFrames=5 busyNs=7 …}.
 */
public final class CountersLine {
  private CountersLine() {}

  /**
   * The line, without its end.
   *
   * @param word its first one
   */
  public static String format(String word, Record counters) {
    StringJoiner line = new StringJoiner(" ");
    line.add(word);
    for (RecordComponent component : counters.getClass().getRecordComponents()) {
      line.add(component.getName() + "=" + value(component, counters));
    }
    return line.toString();
  }

  private static Object value(RecordComponent component, Record counters) {
    try {
      return component.getAccessor().invoke(counters);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot read " + component, e);
    }
  }

  /**
   * Reads {@link #format}; numbers that the record does not have are left out.
   *
   * @throws IllegalArgumentException if one that it has is missing
   */
  public static <T extends Record> T parse(Class<T> type, String line) {
    Map<String, Long> values = new HashMap<>();
    for (String word : line.strip().split(" ")) {
      int equals = word.indexOf('=');
      if (equals > 0) {
        values.put(word.substring(0, equals), Long.valueOf(word.substring(equals + 1)));
      }
    }
    RecordComponent[] components = type.getRecordComponents();
    Object[] arguments = new Object[components.length];
    Class<?>[] types = new Class<?>[components.length];
    for (int i = 0; i < components.length; i++) {
      Long value = values.get(components[i].getName());
      if (value == null) {
        throw new IllegalArgumentException("no " + components[i].getName() + " in: " + line);
      }
      arguments[i] = value;
      types[i] = long.class;
    }
    try {
      return type.getDeclaredConstructor(types).newInstance(arguments);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot make it of: " + Arrays.toString(arguments), e);
    }
  }
}
