// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.report;

import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** For picocli: one of some values, each called by its label. */
public abstract class LabelConverter<T> implements ITypeConverter<T> {
  private final List<T> values;
  private final Function<T, String> label;

  /**
   * Prepares.
   *
   * @param values that the command line may name
   */
  protected LabelConverter(List<T> values, Function<T, String> label) {
    this.values = values;
    this.label = label;
  }

  @Override
  public final T convert(String text) {
    return values.stream()
        .filter(value -> label.apply(value).equals(text))
        .findFirst()
        .orElseThrow(() -> new TypeConversionException(text + " is none of " + labels()));
  }

  private String labels() {
    return values.stream().map(label).collect(Collectors.joining(", "));
  }
}
