// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import java.util.Arrays;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A switch between two vhost-user ports. */
enum LoadSubject {
  /** DPDK's testpmd: two net_vhost ports, forward mode io. The peer. */
  TESTPMD("testpmd"),
  /** Our switch without the plugin. */
  COPY("copy");

  private final String label;

  LoadSubject(String label) {
    this.label = label;
  }

  String label() {
    return label;
  }

  /** Reads labels of the command line. */
  static final class Converter implements ITypeConverter<LoadSubject> {
    @Override
    public LoadSubject convert(String text) {
      return Arrays.stream(values())
          .filter(subject -> subject.label.equals(text))
          .findFirst()
          .orElseThrow(() -> new TypeConversionException(text + " is none of " + labels()));
    }

    private static String labels() {
      return Arrays.stream(values()).map(LoadSubject::label).collect(Collectors.joining(", "));
    }
  }
}
