// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.pair;

import java.util.Arrays;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A switch that takes part in a comparison. */
enum Subject {
  /** DPDK's testpmd: net_null and net_vhost ports, forward mode io. The peer. */
  TESTPMD("testpmd"),
  /** Our switch without the plugin: every frame is copied. */
  COPY("copy"),
  /** Our switch with the plugin and the NIC's queue mapped to the NF. */
  WRITE_THROUGH("write-through"),
  /** The same with the mapping in mode auto, which measures both ways and takes one of them. */
  AUTO("auto"),
  /** Open vSwitch with DPDK: net_null and vhost-user ports, its own classifier and caches. */
  OVS("ovs"),
  /** DPDK's AF_XDP port alone, which gives each buffer back at once: what a switch could reach. */
  LIMIT("limit");

  private final String label;

  Subject(String label) {
    this.label = label;
  }

  String label() {
    return label;
  }

  /** The subject of this label. */
  static Subject of(String label) {
    for (Subject subject : values()) {
      if (subject.label.equals(label)) {
        return subject;
      }
    }
    throw new TypeConversionException(
        "unknown subject: "
            + label
            + "; known: "
            + Arrays.stream(values()).map(Subject::label).collect(Collectors.joining(", ")));
  }

  /** For picocli. */
  static final class Converter implements ITypeConverter<Subject> {
    @Override
    public Subject convert(String label) {
      return of(label);
    }
  }
}
