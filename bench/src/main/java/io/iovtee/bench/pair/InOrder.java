// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.pair;

import io.iovtee.bench.report.LabelConverter;
import java.util.List;
import java.util.Locale;

/**
 * When our switch offers the NF completion in order (VIRTIO_F_IN_ORDER). DPDK's virtio driver takes
 * a shorter way with it, above all where it sends.
 */
enum InOrder {
  /** To the NF of a mapped queue where that is possible, and the NF sends, too. */
  MAPPED,
  NEVER,
  /** Also to one that only receives, and to one that is copied to. */
  ALWAYS;

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Whether this subject's NF is offered it. A mapping needs rules that send all frames of the port
   * that get in to the NF: no rules for others above those that forward.
   */
  boolean isOffered(Subject subject, Case measured) {
    boolean proven = measured.rules() <= 2 * measured.functions() && measured.tables() == 1;
    return switch (subject) {
      case COPY -> this == ALWAYS;
      case AUTO -> this == ALWAYS && proven;
      case WRITE_THROUGH ->
          proven && (this == ALWAYS || (this == MAPPED && measured.scenario() == Scenario.PVP));
      case TESTPMD, OVS, LIMIT -> false; // not ours to configure
    };
  }

  /** For picocli. */
  static final class Converter extends LabelConverter<InOrder> {
    Converter() {
      super(List.of(values()), InOrder::label);
    }
  }
}
