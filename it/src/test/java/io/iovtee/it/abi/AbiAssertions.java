// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.abi;

import io.iovtee.vswitch.linux.CConstants;
import io.iovtee.vswitch.linux.CName;
import io.iovtee.vswitch.linux.CStruct;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Writes a C file of static assertions: one for each number of an annotated class. */
final class AbiAssertions {
  private AbiAssertions() {}

  static boolean isAnnotated(Class<?> layout) {
    return layout.isAnnotationPresent(CStruct.class)
        || layout.isAnnotationPresent(CConstants.class);
  }

  /** The C source; compiling it without an error proves the class right. */
  static String source(Class<?> layout) {
    List<String> lines = new ArrayList<>(List.of("#define _GNU_SOURCE", "#include <stddef.h>"));
    CStruct struct = layout.getAnnotation(CStruct.class);
    CConstants constants = layout.getAnnotation(CConstants.class);
    for (String header : struct != null ? struct.header() : constants.header()) {
      lines.add("#include <" + header + ">");
    }
    int numbers = 0;
    for (Field field : layout.getDeclaredFields()) {
      if (isNumber(field)) {
        lines.addAll(assertion(layout, struct, field));
        numbers++;
      }
    }
    if (numbers == 0) {
      throw new IllegalStateException("no number in annotated class " + layout.getName());
    }
    return String.join("\n", lines) + "\n";
  }

  private static boolean isNumber(Field field) {
    int modifiers = field.getModifiers();
    Class<?> type = field.getType();
    return Modifier.isStatic(modifiers)
        && Modifier.isFinal(modifiers)
        && !field.isSynthetic()
        && (type == int.class || type == long.class || type == short.class);
  }

  private static List<String> assertion(Class<?> layout, CStruct struct, Field field) {
    CName name = field.getAnnotation(CName.class);
    String given = name == null ? "" : name.value();
    String expression = expression(struct, field.getName(), given);
    String line =
        "_Static_assert((long long)(%s) == %dLL, \"%s.%s = %d\");"
            .formatted(
                expression, value(field), layout.getSimpleName(), field.getName(), value(field));
    if (name != null && name.newerThanHeaders()) {
      return List.of("#ifdef " + expression, line, "#endif");
    }
    return List.of(line);
  }

  private static String expression(CStruct struct, String fieldName, String given) {
    if (struct == null) {
      return given.isEmpty() ? fieldName : given;
    }
    if (fieldName.equals("SIZEOF")) {
      return "sizeof(" + struct.value() + ")";
    }
    String member = given.isEmpty() ? fieldName.toLowerCase(Locale.ROOT) : given;
    return "offsetof(" + struct.value() + ", " + member + ")";
  }

  private static long value(Field field) {
    try {
      field.setAccessible(true);
      return ((Number) field.get(null)).longValue();
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }
}
