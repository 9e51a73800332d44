// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.pair;

import io.iovtee.bench.report.LabelConverter;
import java.util.List;

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

  /** For picocli. */
  static final class Converter extends LabelConverter<Subject> {
    Converter() {
      super(List.of(values()), Subject::label);
    }
  }
}
